"""RequestOpener: requests out of their heads, the quick way or through h11."""

from bfe_py.model import Fault, RequestHead
from bfe_py.protocol.codec import LINE_ROOM, Dialect, Limits
from bfe_py.protocol.events import HeadReceived
from bfe_py.protocol.h1.body import BodyReader, ChunkedBody, CountedBody
from bfe_py.protocol.h1.head import parse_request
from bfe_py.protocol.h1.opening import MOST_KEPT, Opening, Phase, is_persistent
from bfe_py.protocol.h1.quick import UNSAID, Block, KnownLines, Unrecognised, read_block
from bfe_py.protocol.h1.target import check_escapes

_WHOLE = Phase.WHOLE
_NOTHING: frozenset[bytes] = frozenset()


class RequestOpener:
    """Opens requests.

    What the answer depends on is noted here, because the head belongs to others once it was given:
    `method` (empty before a head came), `version`, `expects_continue`, `keeps_connection`.
    """

    __slots__ = (
        "_block",
        "_dialect",
        "_known",
        "_limits",
        "expects_continue",
        "keeps_connection",
        "method",
        "version",
    )

    def __init__(self, limits: Limits, dialect: Dialect, known: KnownLines) -> None:
        self._limits = limits
        self._dialect = dialect
        self._known = known
        self._block: Block | None = None
        self.restart()

    def restart(self) -> None:
        """Expect the next request."""
        self.method = b""
        self.version = b"1.1"
        self.expects_continue = False
        self.keeps_connection = False

    def forget(self) -> None:
        """Let go of the fields of the last request."""
        self._block = None

    def recognise(self, piece: bytes, stream: int) -> tuple[Opening, int] | None:
        """What the head at the beginning of `piece` opens, and the end of it; None: `open` it."""
        found = self.read(piece)
        return None if found is None else (self._open(found[0], stream), found[1])

    def read(self, piece: bytes) -> tuple[RequestHead, int] | None:
        """The request whose head is at the beginning of `piece`, and the end of it; or None."""
        stop = piece.find(b"\r\n\r\n")
        if stop < 0:
            return None
        start = piece.find(b"\r\n")
        if start > self._limits.target + LINE_ROOM:
            return None
        raw = piece[start + 2 : stop]
        block = self._block
        # A client that keeps its connection repeats most of its fields, often all of them.
        if block is None or block.tail != piece[start + 2 : stop + 4]:
            block = read_block(raw, self._known, self._limits)
            if block is None or block.hosts != 1:
                return None
            is_last = b"close" in block.options
            self._block = block if stop <= MOST_KEPT and not is_last else None
        try:
            method, target, version, is_plain = self._known.requests[piece[:start]]
        except Unrecognised:
            return None
        length, expects = block.length, block.expects_continue
        if version == b"1.0" and (length is None or expects):
            return None
        if len(target) > self._limits.target or method == b"CONNECT":
            return None
        if self._dialect.refuses_bad_escapes and b"%" in target:
            return None
        request = RequestHead(
            method,
            target,
            block.headers(),
            version,
            0 if length == UNSAID else length,
            None,
            expects,
            block.options,
            0.0,
            _NOTHING,
            is_plain and block.is_plain,
        )
        return request, stop + 4

    def take(self, piece: bytes) -> RequestHead | None:
        """The request that `piece` is all of; None: it is another thing, or no request."""
        block = self._block
        start = piece.find(b"\r\n")
        # A client that keeps its connection repeats its fields, so this tells where they end.
        if block is None or not block.is_plain or piece[start + 2 :] != block.tail:
            return self._take(piece)
        try:
            method, target, version, is_plain = self._known.requests[piece[:start]]
        except Unrecognised:
            return None
        if not is_plain or version == b"1.0" or len(target) > self._limits.target:
            return self._take(piece)
        self.method, self.version = method, version
        self.expects_continue = False
        self.keeps_connection = True
        headers = block.headers()
        return RequestHead(
            method, target, headers, version, 0, None, False, block.options, 0.0, _NOTHING, True
        )

    def _take(self, piece: bytes) -> RequestHead | None:
        found = self.read(piece)
        if found is None or found[1] != len(piece):
            return None
        request = found[0]
        if request.body_length != 0:
            return None
        self._note(request)
        return request

    def open(self, head: bytes, stream: int) -> Opening:
        """The request of `head`."""
        request = parse_request(head, self._limits, self._dialect)
        if self._dialect.refuses_bad_escapes:
            check_escapes(request.target)
        return self._open(request, stream)

    def _note(self, request: RequestHead) -> None:
        """Note what the answer depends on."""
        self.method, self.version = request.method, request.version
        self.expects_continue = request.expects_continue
        # A 2xx to CONNECT makes a tunnel of the connection for a peer that knows the method.
        self.keeps_connection = request.method != b"CONNECT" and is_persistent(
            request.version, request.options
        )

    def _open(self, request: RequestHead, stream: int) -> Opening:
        self._note(request)
        length = request.body_length
        if length == 0:
            return HeadReceived(stream, request, True), _WHOLE, None
        body: BodyReader
        if length is None:
            keeps = self._dialect.forwards_underscores
            body = ChunkedBody(self._limits, forwards_underscores=keeps)
        else:
            body = CountedBody(length)
        return HeadReceived(stream, request, False), Phase.BODY, body

    def blame(self, fault: Fault) -> Fault:
        """`fault` itself."""
        return fault
