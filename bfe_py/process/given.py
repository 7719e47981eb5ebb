"""Listening sockets that this process was started with: by the service manager, or by the version
before.

systemd passes descriptors from 3 on (``LISTEN_FDS``), meant for one process (``LISTEN_PID``), each
with a name (``LISTEN_FDNAMES``, FileDescriptorName= of the socket unit): sd_listen_fds(3). A socket
belongs to the listener that its name says, http, https or management; one of another name to the
listener whose port or path it has.
"""

import os
import socket
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass

from bfe_py.process.messages import HandedSocket
from bfe_py.process.sockets import BindError, ListenAddress

LISTENERS = ("http", "https", "management")
_FIRST = 3
_VARIABLES = ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES")


@dataclass(frozen=True, slots=True)
class Given:
    """Sockets of one address that listen, or may.

    `is_named`: the address is that of the sockets, whatever the configuration says.
    """

    address: ListenAddress
    sockets: list[socket.socket]
    is_named: bool = False

    def describe(self) -> HandedSocket:
        """As another version is told of it."""
        address, numbers = self.address, [one.fileno() for one in self.sockets]
        return HandedSocket(address.name, address.host, address.port, numbers, self.is_named)


def open_handed(handed: Sequence[HandedSocket]) -> list[Given]:
    """What the version before handed over.

    Raises:
        OSError: a descriptor is no socket.
    """
    return [
        Given(
            ListenAddress(one.name, one.host, one.port),
            [_adopt(number) for number in one.descriptors],
            one.is_named,
        )
        for one in handed
    ]


def take_activated(
    environment: MutableMapping[str, str], configured: Sequence[ListenAddress]
) -> list[Given]:
    """What the service manager passed, for the `configured` listeners; forgets the variables.

    Raises:
        BindError: a socket is not for any of them, or is none that listens.
    """
    numbers = _find_numbers(environment)
    names = environment.get("LISTEN_FDNAMES", "").split(":")
    for variable in _VARIABLES:
        environment.pop(variable, None)
    found: dict[tuple[str, str, int], Given] = {}
    for index, number in enumerate(numbers):
        name = names[index] if index < len(names) else ""
        one = _open_activated(number, name)
        own = _own_address(one)
        listener = _find_listener(name, own, configured)
        if listener is None:
            wanted = ", ".join(one.name for one in configured)
            raise BindError(
                f'socket {number} that was passed (name "{name}", {own}) is for no listener: '
                f"name it one of {wanted} (FileDescriptorName= of the socket unit)"
            )
        address = ListenAddress(listener, own.host, own.port)
        key = (listener, own.host, own.port)
        found.setdefault(key, Given(address, [], is_named=True)).sockets.append(one)
    return list(found.values())


def _find_numbers(environment: MutableMapping[str, str]) -> range:
    count, whose = environment.get("LISTEN_FDS", ""), environment.get("LISTEN_PID", "")
    if not count.isdigit() or whose != str(os.getpid()):
        return range(0)
    return range(_FIRST, _FIRST + int(count))


def _open_activated(number: int, name: str) -> socket.socket:
    try:
        one = _adopt(number)
    except OSError as error:
        message = f'descriptor {number} that was passed (name "{name}") is no socket'
        raise BindError(f"{message}: {error.strerror}") from error
    if one.type != socket.SOCK_STREAM or not one.getsockopt(
        socket.SOL_SOCKET, socket.SO_ACCEPTCONN
    ):
        raise BindError(
            f'socket {number} that was passed (name "{name}") does not listen for connections: '
            "expected ListenStream= with Accept=no"
        )
    return one


def _adopt(number: int) -> socket.socket:
    one = socket.socket(fileno=number)
    one.set_inheritable(False)
    return one


def _own_address(one: socket.socket) -> ListenAddress:
    own = one.getsockname()
    if one.family is socket.AF_UNIX:
        return ListenAddress("", str(own), 0)
    return ListenAddress("", str(own[0]), int(own[1]))


def _find_listener(
    name: str, own: ListenAddress, configured: Sequence[ListenAddress]
) -> str | None:
    names = {one.name for one in configured}
    if name in names:
        return name
    if name in LISTENERS:
        return None  # that listener is switched off
    for one in configured:
        is_path = one.host.startswith("/")
        if own.host == one.host if is_path else own.port == one.port:
            return one.name
    return None
