"""Telling: a worker's numbers in pieces, between which requests get their turn."""

import asyncio
from collections.abc import Iterator
from itertools import islice
from typing import Protocol

from bfe_py.control import NOTHING, BackendReading, Channel, ReadingTaken
from bfe_py.observe import Registry
from bfe_py.server import BackendRow

_BACKENDS_A_TURN = 1000


class Counting(Protocol):
    """What has numbers to tell."""

    registry: Registry

    def backends(self) -> Iterator[BackendRow]:
        """Every backend with its state here."""


class Telling:
    """Sends the numbers of `plane`, which is `worker`."""

    def __init__(self, loop: asyncio.AbstractEventLoop, plane: Counting, worker: int) -> None:
        self._loop = loop
        self._plane = plane
        self._worker = worker

    def tell(self, channel: Channel, request: int) -> None:
        """Answer a request: the first piece at once, one more in each turn of the loop."""
        self._go_on(channel, self._pieces(request))

    def _go_on(self, channel: Channel, pieces: Iterator[ReadingTaken]) -> None:
        piece = next(pieces)
        channel.send(piece)
        if not piece.is_last:
            self._loop.call_soon(self._go_on, channel, pieces)

    def _pieces(self, request: int) -> Iterator[ReadingTaken]:
        worker, reading = self._worker, NOTHING
        for piece, is_last in self._plane.registry.pieces():
            if is_last:
                reading = piece
            else:
                yield ReadingTaken(worker, request, piece, [], is_last=False)
        rows = self._plane.backends()
        while backends := [BackendReading(*row) for row in islice(rows, _BACKENDS_A_TURN)]:
            is_last = len(backends) < _BACKENDS_A_TURN
            yield ReadingTaken(worker, request, reading, backends, is_last=is_last)
            reading = NOTHING
            if is_last:
                return
        yield ReadingTaken(worker, request, reading, [], is_last=True)
