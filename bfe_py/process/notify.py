"""What systemd is told: sd_notify(3) in plain Python, and what is to be said when.

Without NOTIFY_SOCKET nothing is said.
"""

import os
import socket
from collections.abc import Callable, MutableMapping
from contextlib import suppress

_MICROSECONDS = 1_000_000
_MOST_TEXT = 200


class Notifier:
    """Sends datagrams to the socket that the service manager listens on.

    Args:
        address: of NOTIFY_SOCKET, a path or ``@`` and a name; empty: nobody listens.
    """

    def __init__(self, address: str) -> None:
        self._address = f"\0{address[1:]}" if address.startswith("@") else address

    def send(self, text: str) -> None:
        """Send lines of ``NAME=value``; a service manager that does not listen is no matter."""
        if not self._address:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sending:
            sending.setblocking(False)
            sending.sendto(text.encode(), self._address)


def watchdog_seconds(environment: MutableMapping[str, str], pid: int) -> float | None:
    """How often the service manager of process `pid` wants to hear of it; None: it does not."""
    text = environment.get("WATCHDOG_USEC", "")
    whose = environment.get("WATCHDOG_PID", str(pid))
    if not text.isdigit() or not int(text) or whose != str(pid):
        return None
    return int(text) / _MICROSECONDS


class ServiceState:
    """The state of this service as systemd knows it.

    Args:
        send: takes one datagram of ``NAME=value`` lines.
        watchdog: seconds in which a sign of life is wanted, None for never.
    """

    def __init__(self, send: Callable[[str], None], watchdog: float | None = None) -> None:
        self._send = send
        self._pause = None if watchdog is None else watchdog / 2
        self._beaten = float("-inf")
        self._is_ready = False
        self._is_ending = False
        self._has_left = False

    def tick(self, now: float) -> None:
        """Give a sign of life if one is due; nobody waits for one before `ready`."""
        if self._pause is None or not self._is_ready or self._has_left:
            return
        if now - self._beaten >= self._pause:
            self._beaten = now
            self._send("WATCHDOG=1")

    @property
    def pause(self) -> float:
        """The longest that one may wait between two ticks."""
        return float("inf") if self._pause is None else self._pause

    def ready(self, status: str) -> None:
        """It serves."""
        if not self._is_ending:
            self._is_ready = True
            self._tell("READY=1", status)

    def reloading(self, now: float) -> None:
        """It reads its configuration again; `ready` says when that is over."""
        if self._is_ready and not self._is_ending:
            self._tell(f"RELOADING=1\nMONOTONIC_USEC={int(now * _MICROSECONDS)}", "reloading")

    def stopping(self) -> None:
        """It ends."""
        self._is_ending = True
        self._tell("STOPPING=1", "draining connections")

    def handed_to(self, pid: int) -> None:
        """Process `pid` is the service from now on, and speaks for it.

        To be said before that process may speak: systemd listens to the main process alone. It is
        ready, whatever this one was in the midst of.
        """
        self._tell(f"MAINPID={pid}\nREADY=1", f"process {pid} takes over")
        self._has_left = True

    def taken_back(self, pid: int) -> None:
        """Process `pid`, this one, is the service all the same: who was handed it is gone."""
        self._has_left = False
        self._tell(f"MAINPID={pid}\nREADY=1", "serving")

    def _tell(self, state: str, status: str) -> None:
        if self._has_left:
            return
        line = " ".join(status.split())[:_MOST_TEXT]
        self._send(f"{state}\nSTATUS={line}")


def open_state(environment: MutableMapping[str, str]) -> ServiceState:
    """The service state of this process as its environment has it."""
    notifier = Notifier(environment.get("NOTIFY_SOCKET", ""))
    return ServiceState(notifier.send, watchdog_seconds(environment, os.getpid()))
