"""What the head of a message opens: an event, and the way to read what follows it."""

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from bfe_py.model import Fault, Kind, ResponseHead
from bfe_py.protocol.codec import Dialect, Limits
from bfe_py.protocol.events import HeadReceived, InterimReceived
from bfe_py.protocol.framing import connection_options
from bfe_py.protocol.h1.body import BodyReader, ChunkedBody, CountedBody, UnboundedBody
from bfe_py.protocol.h1.head import parse_request, parse_response

_MOST_INTERIMS = 100  # a backend that sends more before its answer will hardly ever send one

_AS_THEY_ARE = frozenset({Kind.READ_RESPONSE, Kind.CONNECTION_BROKEN, Kind.RESPONSE_BODY})


class Phase(Enum):
    """What the next byte of the peer is part of."""

    HEAD = "head"
    BODY = "body"
    WHOLE = "whole"
    BROKEN = "broken"
    SWITCHED = "switched"


@dataclass(slots=True)
class Opening:
    """What a head opens: its event, the phase that follows, and the reader of the body if any."""

    event: HeadReceived | InterimReceived
    phase: Phase
    body: BodyReader | None = None


class Opener(Protocol):
    """Reads heads in the way of one role."""

    def open(self, head: bytes, stream: int) -> Opening:
        """What `head`, already scanned, opens; raises `Fault`."""

    def blame(self, fault: Fault) -> Fault:
        """The fault as this role reports it."""


class RequestOpener:
    """Opens requests.

    What the answer depends on is noted here, because the head belongs to others once it was given:
    `method` (empty before a head came), `version`, `expects_continue`, `keeps_connection`.
    """

    __slots__ = (
        "_dialect",
        "_limits",
        "expects_continue",
        "keeps_connection",
        "method",
        "version",
    )

    def __init__(self, limits: Limits, dialect: Dialect) -> None:
        self._limits = limits
        self._dialect = dialect
        self.restart()

    def restart(self) -> None:
        """Expect the next request."""
        self.method = b""
        self.version = b"1.1"
        self.expects_continue = False
        self.keeps_connection = False

    def open(self, head: bytes, stream: int) -> Opening:
        """The request of `head`."""
        request = parse_request(head, self._limits, self._dialect)
        self.method = request.method
        self.version = request.version
        self.expects_continue = request.expects_continue
        options = connection_options(request.headers)
        # A 2xx to CONNECT makes a tunnel of the connection for a peer that knows the method.
        self.keeps_connection = request.method != b"CONNECT" and is_persistent(
            request.version, options
        )
        length = request.body_length
        if length == 0:
            return Opening(HeadReceived(stream, request, end=True), Phase.WHOLE)
        body: BodyReader
        if length is None:
            keeps = self._dialect.forwards_underscores
            body = ChunkedBody(self._limits, forwards_underscores=keeps)
        else:
            body = CountedBody(length)
        return Opening(HeadReceived(stream, request, end=False), Phase.BODY, body)

    def blame(self, fault: Fault) -> Fault:
        """`fault` itself."""
        return fault


class ResponseOpener:
    """Opens responses to one request after the other.

    `method`, `offers_switch` and `is_request_sent` are set by who sends the requests;
    `has_answered` says that some head came, `keeps_connection` that the backend means to go on.
    """

    __slots__ = (
        "_interims",
        "_limits",
        "has_answered",
        "is_request_sent",
        "keeps_connection",
        "method",
        "offers_switch",
    )

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.keeps_connection = True
        self.restart(b"", offers_switch=False)

    def restart(self, method: bytes, *, offers_switch: bool) -> None:
        """Expect the response to a request of `method`, which may ask for another protocol."""
        self.method = method
        self.offers_switch = offers_switch
        self.is_request_sent = False
        self.has_answered = False
        self._interims = 0

    def open(self, head: bytes, stream: int) -> Opening:
        """The response of `head`."""
        response, is_chunked = parse_response(head, self._limits, self.method)
        self.has_answered = True
        if response.status < 200:
            return self._open_interim(response, stream)
        self.keeps_connection = self._is_kept(response, is_chunked=is_chunked)
        length = response.body_length
        if length == 0:
            return Opening(HeadReceived(stream, response, end=True), Phase.WHOLE)
        body: BodyReader
        if is_chunked:
            # An alias that a backend sends deceives nobody behind us.
            body = ChunkedBody(self._limits, forwards_underscores=True)
        else:
            body = UnboundedBody() if length is None else CountedBody(length)
        return Opening(HeadReceived(stream, response, end=False), Phase.BODY, body)

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
            return Opening(HeadReceived(stream, response, end=True), Phase.SWITCHED)
        self._interims += 1
        if self._interims > _MOST_INTERIMS:
            raise Fault(Kind.BAD_RESPONSE, "too-many-interims")
        return Opening(InterimReceived(stream, response), Phase.HEAD)

    def _is_kept(self, response: ResponseHead, *, is_chunked: bool) -> bool:
        if response.body_length is None and not is_chunked:
            return False
        # A 2xx to CONNECT makes a tunnel of the connection for a peer that knows the method.
        if self.method == b"CONNECT" and response.status < 300:
            return False
        return is_persistent(response.version, connection_options(response.headers))


def is_persistent(version: bytes, options: frozenset[bytes]) -> bool:
    """Whether the sender of a message means to keep the connection (RFC 9112 section 9.3)."""
    if b"close" in options:
        return False
    return version == b"1.1" or b"keep-alive" in options
