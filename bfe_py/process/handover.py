"""Handover: the other version is started here, or found to have started us.

It is a new process with the command line of this one, and so runs the code that is installed by
then. It inherits the listening sockets, and one end of a socket pair over which both talk; an
environment variable names that end.
"""

import os
import signal
import socket
import sys
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass

import msgspec

from bfe_py.process.messages import FromSuccessor, Heritage, encode_line

VARIABLE = "BFE_PY_HANDOVER"
_NOT_INHERITED = ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "WATCHDOG_PID")
"""They name this process, or descriptors of its start."""
_MOST_BYTES = 1 << 20
_SECONDS = 10.0


def same_command() -> tuple[str, ...]:
    """The command line of this process."""
    return (sys.executable, *sys.orig_argv[1:])


def spawn(
    command: Sequence[str], heritage: Heritage, environment: MutableMapping[str, str]
) -> tuple[int, socket.socket]:
    """A new process that finds `heritage`, and the connection to it.

    Raises:
        OSError: it cannot be started.
    """
    ours, theirs = socket.socketpair()
    try:
        with theirs:
            ours.sendall(encode_line(heritage))
            numbers = [number for one in heritage.sockets for number in one.descriptors]
            kept = {
                name: value for name, value in environment.items() if name not in _NOT_INHERITED
            }
            kept[VARIABLE] = str(theirs.fileno())
            pid = _start(command, kept, [*numbers, theirs.fileno()])
    except OSError:
        ours.close()
        raise
    ours.setblocking(False)
    return pid, ours


def _start(command: Sequence[str], environment: dict[str, str], numbers: list[int]) -> int:
    """Start a process that has these descriptors besides the standard ones."""
    for number in numbers:
        os.set_inheritable(number, True)
    try:
        return os.posix_spawn(
            command[0],
            list(command),
            environment,
            setsigmask=[],
            setsigdef=[signal.SIGPIPE, signal.SIGXFSZ],
        )
    finally:
        for number in numbers:
            os.set_inheritable(number, False)


@dataclass(frozen=True, slots=True)
class Predecessor:
    """The version that started this one: what it leaves, and the connection to it."""

    heritage: Heritage
    link: socket.socket

    def tell(self, message: FromSuccessor) -> None:
        """Tell it something.

        Raises:
            OSError: it is gone.
        """
        self.link.sendall(encode_line(message))


def find_predecessor(environment: MutableMapping[str, str]) -> Predecessor | None:
    """Who started this process in its place, if somebody did; forgets the variable.

    Raises:
        OSError: the variable does not name such a connection.
    """
    text = environment.pop(VARIABLE, "")
    if not text:
        return None
    try:
        link = socket.socket(fileno=int(text))
        try:
            heritage = _read_heritage(link)
        except BaseException:
            link.close()
            raise
    except (OSError, ValueError, msgspec.DecodeError) as error:
        raise OSError(f"{VARIABLE} is set, but no version before hands over: {error}") from error
    return Predecessor(heritage, link)


def _read_heritage(link: socket.socket) -> Heritage:
    link.set_inheritable(False)
    link.settimeout(_SECONDS)
    line = link.recv(_MOST_BYTES, socket.MSG_PEEK)
    heritage = msgspec.json.decode(_read(link, line.index(b"\n") + 1), type=Heritage)
    link.setblocking(False)
    return heritage


def _read(link: socket.socket, size: int) -> bytes:
    pieces = bytearray()
    while len(pieces) < size:
        pieces += link.recv(size - len(pieces))
    return bytes(pieces)
