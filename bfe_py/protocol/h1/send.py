"""The sending half of a connection: heads and bodies in, bytes out.

Written with one join a head; a body that differs from its length is refused.
"""

from enum import Enum

from bfe_py.model import Headers
from bfe_py.protocol.framing import FORBIDDEN_IN_TRAILERS


class Delimiter(Enum):
    """How the peer finds the end of a body."""

    NOTHING = "nothing"
    """The message has no content, whatever is sent: RFC 9110 section 6.4.1."""
    LENGTH = "length"
    CHUNKS = "chunks"
    CLOSE = "close"


_LENGTH = Delimiter.LENGTH


def build_head(
    start_line: bytes, headers: Headers, left_out: frozenset[bytes], added: list[bytes]
) -> bytes:
    """A head on the wire: `headers` in their order but for the names `left_out`, then `added`."""
    return b"%b\r\n%b%b\r\n" % (
        start_line,
        headers.wire(left_out),
        b"\r\n".join([*added, b""]) if added else b"",
    )


class Sender:
    """One message after the other, on their way out."""

    __slots__ = ("_delimiter", "_left", "_out", "has_begun", "has_ended")

    def __init__(self) -> None:
        self.has_begun = False
        self.has_ended = False
        self._delimiter = Delimiter.NOTHING
        self._left = 0
        self._out: list[bytes] = []

    def restart(self) -> None:
        """Make ready for the next message."""
        self.has_begun = self.has_ended = False

    def interim(self, head: bytes) -> None:
        """Send a head that is not the message's own.

        Raises:
            AssertionError: the head of the message is sent.
        """
        if self.has_begun:
            raise AssertionError("an interim head behind the final one")
        self._out.append(head)

    def begin(self, head: bytes, delimiter: Delimiter, length: int) -> None:
        """Send a head, which announces `length` bytes of content where LENGTH delimits it.

        Raises:
            AssertionError: the head is sent already.
        """
        if self.has_begun:
            raise AssertionError("a second head")
        self.has_begun = True
        self._delimiter = delimiter
        self._left = length
        self._out.append(head)

    def whole(self, head: bytes, delimiter: Delimiter, length: int, content: bytes) -> None:
        """Send a message in one go.

        Raises:
            AssertionError: the head is sent already, or `content` is not `length` bytes.
        """
        self.begin(head, delimiter, length)
        if delimiter is _LENGTH and len(content) == length:
            self.has_ended = True
            if content:
                self._out.append(content)
            return
        if content:
            self.body(content)
        self.end(None)

    def body(self, piece: bytes) -> None:
        """Send content; of a message without content it is left out.

        Raises:
            AssertionError: before the head, behind the end, or more than the length.
        """
        if not self.has_begun or self.has_ended:
            raise AssertionError("content outside of a message")
        delimiter = self._delimiter
        if delimiter is Delimiter.LENGTH:
            if len(piece) > self._left:
                raise AssertionError("more content than the length announced")
            self._left -= len(piece)
            self._out.append(piece)
        elif delimiter is Delimiter.CHUNKS:
            # A chunk without bytes would be the last one.
            if piece:
                self._out += [b"%x\r\n" % len(piece), piece, b"\r\n"]
        elif delimiter is Delimiter.CLOSE:
            self._out.append(piece)

    def end(self, trailers: Headers | None) -> None:
        """End the message; `trailers` are sent where it is chunked and left out elsewhere.

        Raises:
            AssertionError: there is no message to end, or its content is shorter than its length.
        """
        if not self.has_begun or self.has_ended:
            raise AssertionError("the end of no message")
        if self._delimiter is Delimiter.LENGTH and self._left:
            raise AssertionError("less content than the length announced")
        self.has_ended = True
        if self._delimiter is Delimiter.CHUNKS:
            fields = Headers() if trailers is None else trailers
            last = build_head(b"0", fields, FORBIDDEN_IN_TRAILERS, [])
            self._out.append(last)

    def take(self) -> bytes:
        """Bytes since the last call; a single piece comes out as the object that went in."""
        out = self._out
        if not out:
            return b""
        self._out = []
        return out[0] if len(out) == 1 else b"".join(out)
