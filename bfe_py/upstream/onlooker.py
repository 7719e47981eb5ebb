"""Onlooker: stands for a client that is not watched."""

from collections.abc import Callable

from bfe_py.model import Reply, ResponseHead


class Onlooker:
    """Passes interim responses on, and does not care whether the client stays."""

    __slots__ = ("_reply",)

    def __init__(self, reply: Reply) -> None:
        self._reply = reply

    def send_interim(self, head: ResponseHead) -> None:
        """Take a 1xx response."""
        self._reply.send_interim(head)

    def when_gone(self, act: Callable[[], None] | None, *, counts_half_close: bool = False) -> None:
        """Nobody is told."""
