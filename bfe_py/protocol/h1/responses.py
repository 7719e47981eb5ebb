"""ResponseOpener: responses out of their heads, the quick way or through h11."""

from bfe_py.model import Fault, Headers, Kind, ResponseHead
from bfe_py.protocol.codec import Dialect, Limits
from bfe_py.protocol.events import HeadReceived, InterimReceived
from bfe_py.protocol.framing import strip_hop_by_hop
from bfe_py.protocol.h1.body import BodyReader, ChunkedBody, CountedBody, UnboundedBody
from bfe_py.protocol.h1.head import parse_response
from bfe_py.protocol.h1.opening import MOST_KEPT, Opening, Phase, is_persistent
from bfe_py.protocol.h1.quick import UNSAID, Block, KnownLines, Unrecognised, read_block

_MOST_INTERIMS = 100  # a backend that sends more before its answer will hardly ever send one
_AS_THEY_ARE = frozenset({Kind.READ_RESPONSE, Kind.CONNECTION_BROKEN, Kind.RESPONSE_BODY})
_BODILESS = (204, 304)
_UNUSUAL = (b"HEAD", b"CONNECT")
_NO_OPTIONS: frozenset[bytes] = frozenset()
_WHOLE = Phase.WHOLE


class ResponseOpener:
    """Opens responses to one request after the other; what is for this hop only is taken out.

    `method`, `offers_switch` and `is_request_sent` are set by who sends the requests;
    `has_answered` says that some head came, `interims` how many of them were interim,
    `keeps_connection` that the backend means to go on.
    """

    __slots__ = (
        "_block",
        "_dialect",
        "_known",
        "_limits",
        "has_answered",
        "interims",
        "is_request_sent",
        "keeps_connection",
        "method",
        "offers_switch",
    )

    def __init__(self, limits: Limits, dialect: Dialect, known: KnownLines) -> None:
        self._limits = limits
        self._dialect = dialect
        self._known = known
        self._block: Block | None = None
        self.keeps_connection = True
        self.restart(b"", offers_switch=False)

    def restart(self, method: bytes, *, offers_switch: bool) -> None:
        """Expect the response to a request of `method`, which may ask for another protocol."""
        self.method = method
        self.offers_switch = offers_switch
        self.is_request_sent = False
        self.has_answered = False
        self.interims = 0

    def recognise(self, piece: bytes, stream: int) -> tuple[Opening, int] | None:
        """What the head at the beginning of `piece` opens, and the end of it; None: `open` it."""
        found = self.read(piece)
        if found is None:
            return None
        response, is_chunked, stop = found
        return self._open(response, stream, is_chunked=is_chunked), stop

    def read(self, piece: bytes) -> tuple[ResponseHead, bool, int] | None:
        """The final response whose head is at the beginning of `piece`; None: not recognised.

        With it whether its body is chunked, and the end of the head.
        """
        stop = piece.find(b"\r\n\r\n")
        if stop < 0:
            return None
        start = piece.find(b"\r\n")
        if start > self._limits.header:
            return None
        raw = piece[start + 2 : stop]
        block = self._block
        if block is None or block.tail != piece[start + 2 : stop + 4]:
            block = read_block(raw, self._known, self._limits)
            if block is None:
                return None
            self._block = block if stop <= MOST_KEPT else None
        try:
            version, status, reason = self._known.statuses[piece[:start]]
        except Unrecognised:
            return None
        length = block.length
        is_chunked = length is None
        if is_chunked and version == b"1.0":
            return None
        if status in _BODILESS or self.method == b"HEAD":
            length, is_chunked = 0, False
        elif length == UNSAID:
            length = None
        headers = block.passed().headers()
        response = ResponseHead(status, headers, reason, version, length, block.options)
        self.has_answered = True
        return response, is_chunked, stop + 4

    def take(self, piece: bytes) -> tuple[ResponseHead, bytes] | None:
        """The response that `piece` is all of, with its body; None: not recognised."""
        start, block = piece.find(b"\r\n"), self._block
        if block is None or not piece.startswith(block.tail, start + 2):
            return self._take(piece)
        line = self._known.statuses.get(piece[:start])
        stop = start + 2 + len(block.tail)
        length = len(piece) - stop
        if line is None or block.counted != length or self.method in _UNUSUAL:
            return self._take(piece)
        version, status, reason = line
        if status in _BODILESS or version == b"1.0":
            return self._take(piece)
        self.has_answered = self.keeps_connection = True
        headers = (block.kept or block.passed()).headers()
        return ResponseHead(status, headers, reason, version, length), piece[stop:]

    def _take(self, piece: bytes) -> tuple[ResponseHead, bytes] | None:
        found = self.read(piece)
        if found is None:
            return None
        response, is_chunked, stop = found
        length = response.body_length
        if length != len(piece) - stop:
            return None
        self._settle(response, is_chunked=is_chunked)
        return response, piece[stop:] if length else b""

    def open(self, head: bytes, stream: int) -> Opening:
        """The response of `head`."""
        response, is_chunked = parse_response(head, self._limits, self.method, self._dialect)
        self.has_answered = True
        if response.status < 200:
            return self._open_interim(response, stream)
        is_odd = self._dialect.accepts_odd_responses and _drop_length(response.headers)
        strip_hop_by_hop(response)
        opening = self._open(response, stream, is_chunked=is_chunked)
        if is_odd:
            self.keeps_connection = False
        return opening

    def _open(self, response: ResponseHead, stream: int, *, is_chunked: bool) -> Opening:
        self._settle(response, is_chunked=is_chunked)
        length = response.body_length
        if length == 0:
            return HeadReceived(stream, response, True), _WHOLE, None
        body: BodyReader
        if is_chunked:
            # An alias that a backend sends deceives nobody behind us.
            body = ChunkedBody(self._limits, forwards_underscores=True)
        else:
            body = UnboundedBody() if length is None else CountedBody(length)
        return HeadReceived(stream, response, False), Phase.BODY, body

    def blame(self, fault: Fault) -> Fault:
        """`fault` as the backend's, with whether it may have seen the request."""
        kind = fault.kind
        if kind is Kind.BAD_BODY:
            kind = Kind.RESPONSE_BODY
        elif kind not in _AS_THEY_ARE:
            kind = Kind.BAD_RESPONSE
        return Fault(kind, fault.detail, request_sent=self.is_request_sent)

    def _open_interim(self, response: ResponseHead, stream: int) -> Opening:
        if response.status == 101:
            if not self.offers_switch:
                raise Fault(Kind.BAD_RESPONSE, "switch-unasked")
            self.keeps_connection = False
            return HeadReceived(stream, response, True), Phase.SWITCHED, None
        strip_hop_by_hop(response)
        response.options = _NO_OPTIONS
        self.interims += 1
        if self.interims > _MOST_INTERIMS:
            raise Fault(Kind.BAD_RESPONSE, "too-many-interims")
        return InterimReceived(stream, response), Phase.HEAD, None

    def _settle(self, response: ResponseHead, *, is_chunked: bool) -> None:
        """Note whether the backend keeps the connection; who gets the head need not care."""
        options, response.options = response.options, _NO_OPTIONS
        if response.body_length is None and not is_chunked:
            self.keeps_connection = False
        elif self.method == b"CONNECT" and response.status < 300:
            # A 2xx to CONNECT makes a tunnel of the connection for a peer that knows the method.
            self.keeps_connection = False
        else:
            self.keeps_connection = is_persistent(response.version, options)


def _drop_length(headers: Headers) -> bool:
    """Take out a length beside chunks; whether there was one, so that nobody knows what follows."""
    return b"transfer-encoding" in headers and headers.remove(b"content-length")
