"""BodyQueue: a body between the connection that receives it and the one who reads it.

The connection feeds pieces; above the high-water mark it is told to pause reading, and to go on
once the reader has taken what there is. So a slow reader holds back a fast sender, end to end.
"""

import asyncio
from collections import deque
from collections.abc import Callable

from bfe_py.model import Body, Fault, Headers
from bfe_py.transport.eager import Signal

HIGH_WATER = 128 * 1024
"""Bytes that wait in a queue before its sender is paused."""

DRAIN_LIMIT = 256 * 1024
"""Bytes of an unwanted body that are read and dropped to keep a connection."""

DRAIN_SECONDS = 5.0


class BodyQueue:
    """A `model.Body` that is fed by callbacks and read by one coroutine.

    Behind `feed` and `end` the connection calls `wake`, once it has handed on all that came.
    """

    __slots__ = (
        "_before_read",
        "_credit",
        "_ended",
        "_fault",
        "_loop",
        "_pause",
        "_paused",
        "_pieces",
        "_resume",
        "_signal",
        "_size",
        "_trailers",
        "taken",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        pause: Callable[[], None],
        resume: Callable[[], None],
        *,
        credit: Callable[[int], None] | None = None,
    ) -> None:
        self._loop = loop
        self._pause = pause
        self._resume = resume
        self._credit = credit
        self._pieces: deque[bytes] = deque()
        self._size = 0
        self._paused = False
        self._ended = False
        self._fault: Fault | None = None
        self._trailers: Headers | None = None
        self._signal: Signal | None = None
        self._before_read: Callable[[], None] | None = None
        self.taken = 0
        """Bytes that were read so far."""

    # --- the connection's side

    def feed(self, piece: bytes) -> None:
        """One piece arrived."""
        if not piece:
            return  # to the reader it would be the end
        self._before_read = None
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size > HIGH_WATER and not self._paused:
            self._paused = True
            self._pause()

    def end(self, trailers: Headers | None = None) -> None:
        """The body is whole; has no effect on one that failed."""
        if self._fault is None:
            self._ended = True
            self._trailers = trailers

    def fail(self, fault: Fault) -> None:
        """The body will not be whole; has no effect on one that is."""
        if not self._ended and self._fault is None:
            self._fault = fault
            if self._signal is not None:
                self._signal.give()

    def before_read(self, act: Callable[[], None] | None) -> None:
        """Call `act` when a piece is asked for before the first one came (100-continue)."""
        self._before_read = act

    @property
    def is_ended(self) -> bool:
        """All of it has arrived, read or not."""
        return self._ended

    def wake(self) -> None:
        """Let the reader go on, before this returns; the last thing that a callback does."""
        if self._signal is not None:
            self._signal.give_now()

    # --- the reader's side

    def read_ready(self) -> bytes | None:
        """The next piece, b"" at the end, None if it has not come yet."""
        if self._pieces:
            piece = self._pieces.popleft()
            size = len(piece)
            self._size -= size
            self.taken += size
            if self._credit is not None:
                self._credit(size)
            if self._paused and self._size <= HIGH_WATER // 4:
                self._paused = False
                self._resume()
            return piece
        if self._ended:
            return b""
        if self._fault is not None:
            raise self._fault
        return None

    async def read(self) -> bytes:
        """The next piece, or nothing at the end."""
        while True:
            piece = self.read_ready()
            if piece is not None:
                return piece
            act, self._before_read = self._before_read, None
            if act is not None:
                act()
                continue
            if self._signal is None:
                self._signal = Signal(self._loop)
            await self._signal

    def trailers(self) -> Headers | None:
        """Trailer fields, once the end was read."""
        return self._trailers

    async def drain(self) -> bool:
        """Read and drop what is left, within `DRAIN_LIMIT` and `DRAIN_SECONDS`."""
        if self._ended:
            while self.read_ready():
                pass
            return True
        if self._fault is not None or self._before_read is not None:
            return False
        limit = self.taken + DRAIN_LIMIT
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                while await self.read():
                    if self.taken > limit:
                        return False
        except (Fault, TimeoutError):
            return False
        return True


class PrefixedBody:
    """A body whose first pieces were read already; they are read again, then the rest."""

    __slots__ = ("_pieces", "_rest", "_unread")

    def __init__(self, pieces: list[bytes], rest: Body) -> None:
        self._pieces = deque(pieces)
        self._rest = rest
        self._unread = sum(map(len, pieces))

    def read_ready(self) -> bytes | None:
        """The next piece of the prefix, then of the rest."""
        return self._pop() if self._pieces else self._rest.read_ready()

    async def read(self) -> bytes:
        """The next piece of the prefix, then of the rest."""
        return self._pop() if self._pieces else await self._rest.read()

    def _pop(self) -> bytes:
        piece = self._pieces.popleft()
        self._unread -= len(piece)
        return piece

    def trailers(self) -> Headers | None:
        """Those of the rest."""
        return self._rest.trailers()

    async def drain(self) -> bool:
        """Drop the prefix and drain the rest."""
        self._pieces.clear()
        self._unread = 0
        return await self._rest.drain()

    @property
    def taken(self) -> int:
        """Bytes that were read so far, this time."""
        return self._rest.taken - self._unread


async def read_prefix(body: Body, limit: int) -> tuple[bytes, Body]:
    """The first `limit` bytes of `body` (more by the rest of a piece), and the body as if unread.

    Raises:
        Fault: the body is malformed, or its sender went away.
    """
    pieces: list[bytes] = []
    size = 0
    while size < limit:
        piece = await body.read()
        if not piece:
            break
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces)[:limit], PrefixedBody(pieces, body)
