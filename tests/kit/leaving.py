"""Peers that leave in the middle: with a reset, or with a plain close."""

import asyncio
import socket
import struct
from collections.abc import Callable

from bfe_py.model import Exchange, Fault
from bfe_py.pipeline import Phase


def reset(writer: asyncio.StreamWriter) -> None:
    """Leave with RST."""
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def close(writer: asyncio.StreamWriter) -> None:
    """Leave with FIN."""
    writer.close()


Leave = Callable[[asyncio.StreamWriter], None]
LEAVES = (reset, close)


class Faults:
    """The fault of every exchange that is over, None for those that went well."""

    def __init__(self) -> None:
        self.seen: list[Fault | None] = []

    def _take(self, exchange: Exchange) -> None:
        self.seen.append(exchange.fault)

    @property
    def handlers(self):
        """For the plane that is to be watched."""
        return {Phase.FINISH: (self._take,)}
