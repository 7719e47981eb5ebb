"""How bodies flow, without saying who does the I/O."""

from collections.abc import Callable
from typing import Protocol

from bfe_py.model.headers import Headers
from bfe_py.model.message import ResponseHead
from bfe_py.model.tunnel import TunnelSide


class Body(Protocol):
    """A body that is read piece by piece; reading it is what lets the peer send more."""

    async def read(self) -> bytes:
        """The next piece, or nothing at the end.

        Raises:
            Fault: the body is malformed, or its sender went away.
        """

    def read_ready(self) -> bytes | None:
        """What `read` would return at once; None if it would have to wait.

        Raises:
            Fault: as `read`.
        """

    def trailers(self) -> Headers | None:
        """Trailer fields, once the end was read."""

    async def drain(self) -> bool:
        """Read and drop what is left, within bounds; whether the end was reached."""

    @property
    def taken(self) -> int:
        """Bytes that were read so far."""


class Reply(Protocol):
    """The answer to one request, on its way to the client. Head, then body, then the end."""

    @property
    def has_begun(self) -> bool:
        """A byte of the final head may be on the wire."""

    def send_interim(self, head: ResponseHead) -> None:
        """Send a 1xx response."""

    def send_head(self, head: ResponseHead) -> None:
        """Send the final head; a body follows."""

    def send_whole(self, head: ResponseHead, content: bytes) -> None:
        """Send head, body and end at once."""

    def switch(self, head: ResponseHead) -> TunnelSide:
        """Send a 101 and end; the connection speaks the other protocol from here on.

        Raises:
            Fault: the client went away.
        """

    def send_body(self, piece: bytes) -> None:
        """Send one piece of the body; `wait_writable` before the next if `is_blocked`."""

    def flush(self) -> None:
        """Hand what was sent to the connection; call it before waiting for something else."""

    def send_end(self, trailers: Headers | None = None) -> None:
        """End the body."""

    @property
    def is_blocked(self) -> bool:
        """The connection holds more than its high-water mark; wait before sending more."""

    async def wait_writable(self) -> None:
        """Wait until more can be sent.

        Raises:
            Fault: the client went away.
        """

    def abort(self) -> None:
        """Cut the answer off so that the client sees it is not whole."""

    def announce_close(self) -> None:
        """The connection ends after this answer: say so in its head."""

    def when_gone(self, act: Callable[[], None] | None, *, counts_half_close: bool = False) -> None:
        """Call `act` if the client goes away, at once if it has; None: no longer.

        `counts_half_close`: a client that sends no more counts as gone, though it may still read.
        """

    @property
    def bytes_sent(self) -> int:
        """Bytes of this answer, head and framing included."""


class BytesBody:
    """A body that is there already."""

    __slots__ = ("_rest", "_size")

    def __init__(self, content: bytes = b"") -> None:
        self._rest = content
        self._size = len(content)

    async def read(self) -> bytes:
        """The whole content, then nothing."""
        content, self._rest = self._rest, b""
        return content

    def read_ready(self) -> bytes:
        """The same as `read`: it never waits."""
        content, self._rest = self._rest, b""
        return content

    def trailers(self) -> Headers | None:
        """None: it has no trailers."""
        return None

    async def drain(self) -> bool:
        """Drop the rest; always reaches the end."""
        self._rest = b""
        return True

    @property
    def taken(self) -> int:
        """Bytes that were read so far."""
        return self._size - len(self._rest)


class Transform(Protocol):
    """Changes a body as it streams."""

    def feed(self, piece: bytes) -> bytes:
        """What to send for one piece; may be empty."""

    def finish(self) -> bytes:
        """What to send at the end."""
