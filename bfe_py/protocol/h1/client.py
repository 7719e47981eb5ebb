"""The side of HTTP/1 that sends requests, without I/O; one object a connection (RFC 9112)."""

from bfe_py.model import Fault, Headers, Kind, RequestHead, ResponseHead
from bfe_py.protocol.codec import Dialect, Limits
from bfe_py.protocol.events import Codec, Event
from bfe_py.protocol.h1.lax import LaxHeadScanner
from bfe_py.protocol.h1.opening import Phase
from bfe_py.protocol.h1.quick import KnownLines
from bfe_py.protocol.h1.receive import Receiver
from bfe_py.protocol.h1.responses import ResponseOpener
from bfe_py.protocol.h1.scan import HeadScanner
from bfe_py.protocol.h1.send import Sender
from bfe_py.protocol.h1.write import build_request, frame_request, whole_request

_LIMITS = Limits()
_DIALECT = Dialect()
_HEAD, _WHOLE = Phase.HEAD, Phase.WHOLE
_PLAIN = frozenset({b"GET", b"HEAD"})  # of others a length of 0 may be said
_NO_WINDOW = 1 << 30


class H1Client(Codec):
    """HTTP/1.1 with a backend, which may answer in HTTP/1.0.

    The response may be whole before the request is; the connection is of no further use then unless
    the request is ended. Bytes that come while no request is under way make it unfit for another.
    """

    __slots__ = ("_has_eof", "_is_last", "_opener", "_receiver", "_sender", "is_ready")

    def __init__(
        self,
        limits: Limits = _LIMITS,
        dialect: Dialect = _DIALECT,
        known: KnownLines | None = None,
    ) -> None:
        known = known or KnownLines(forwards_underscores=True)
        self._opener = ResponseOpener(limits, dialect, known)
        make_scanner = LaxHeadScanner if dialect.accepts_odd_responses else HeadScanner
        scanner = make_scanner(limits.header, limits.header)
        self._receiver = Receiver(scanner, self._opener, Phase.WHOLE)
        self._sender = Sender()
        self._is_last = False
        self._has_eof = False
        self.is_ready = True

    @property
    def stream(self) -> int:
        """Number of the exchange at hand, from 1."""
        return self._receiver.stream

    def receive_data(self, piece: bytes) -> list[Event]:
        """Events that follow from these bytes; none if no request is under way."""
        self.is_ready = False  # nobody asked for them, or what they answer is not over
        return self._receiver.receive(piece)

    def ask(
        self, head: RequestHead, target: bytes, authority: bytes, left_out: frozenset[bytes]
    ) -> bytes:
        """What to send for a request without a body, whose connection is kept; it counts as sent.

        `head` is that of the client, `target` and `authority` are the backend's, the fields
        `left_out` are not sent, and Connection lists nothing. Nothing is answered, and nothing has
        changed, where it is another thing: `send_head` it.
        """
        method = head.method
        if not self.is_ready or method not in _PLAIN:
            return b""
        out = whole_request(head, target, authority, left_out)
        self.is_ready = False
        sender, opener = self._sender, self._opener
        sender.has_begun = sender.has_ended = True
        opener.method = method
        opener.offers_switch = opener.has_answered = False
        opener.is_request_sent = True
        opener.interims = 0
        self._receiver.phase = _HEAD
        return out

    def take_response(self, piece: bytes) -> tuple[ResponseHead, bytes] | None:
        """The response that `piece` is all of, with its body; None: `receive_data` it.

        Whatever is taken here `receive_data` would give with `end` and content. If another request
        may follow, that has begun when this returns.
        """
        receiver = self._receiver
        if receiver.phase is not _HEAD or receiver.waiting:
            return None
        opener = self._opener
        taken = opener.take(piece)
        if taken is not None:
            receiver.phase = _WHOLE
            sender = self._sender
            if opener.keeps_connection and sender.has_ended and not self._is_last:
                sender.has_begun = sender.has_ended = False
                receiver.stream += 1
                self.is_ready = True
        return taken

    def receive_eof(self) -> list[Event]:
        """The end of a body that ends with the connection, or the fault of a cut-off response."""
        self._has_eof = True
        self.is_ready = False
        receiver = self._receiver
        if receiver.phase is Phase.HEAD:
            if self._opener.has_answered or receiver.has_waiting:
                return [receiver.fail(Fault(Kind.READ_RESPONSE, "head-unfinished"))]
            return [receiver.fail(Fault(Kind.CONNECTION_BROKEN, "no-response"))]
        if receiver.phase is not Phase.BODY:
            return []
        if receiver.ends_with_connection:
            return [receiver.end()]
        return [receiver.fail(Fault(Kind.RESPONSE_BODY, "body-unfinished"))]

    def acknowledge(self, stream: int, credit: int) -> None:
        """Nothing to do: the transport has the only window."""

    def send_head(
        self,
        stream: int,
        head: RequestHead | ResponseHead,
        *,
        end: bool = False,
        content: bytes = b"",
    ) -> None:
        """Send a request head as HTTP/1.1; framing fields of `head` are left out for `body_length`.

        A protocol switch is asked for by an Upgrade field that the options of `head` list.

        Raises:
            AssertionError: another request is under way, or the connection is not fit for one.
        """
        self._check(stream)
        sender = self._sender
        if not isinstance(head, RequestHead):
            raise AssertionError("a client sends requests")
        if sender.has_begun or not self.can_reuse:
            raise AssertionError("the connection takes no request")
        self.is_ready = False
        delimiter, length, framing = frame_request(head, is_empty=end and not content)
        if b"close" in head.options:
            self._is_last = True
        built = build_request(head, framing, is_kept=not self._is_last)
        if end:
            sender.whole(built, delimiter, length, content)
        else:
            sender.begin(built, delimiter, length)
        offers_switch = b"upgrade" in head.options and b"upgrade" in head.headers
        self._opener.restart(head.method, offers_switch=offers_switch)
        self._receiver.restart()

    def send_body(self, stream: int, piece: bytes) -> None:
        """Send one piece of a body."""
        self._check(stream)
        self._sender.body(piece)

    def send_end(self, stream: int, trailers: Headers | None = None) -> None:
        """End the request; trailers are left out unless it is chunked."""
        self._check(stream)
        self._sender.end(trailers)

    def reset(self, stream: int, code: int = 0) -> bool:  # noqa: ARG002 - the protocol's signature
        """False: only closing the connection gives up an exchange."""
        return False

    def data_to_send(self) -> bytes:
        """Bytes for the backend since the last call; once taken, they count as sent."""
        out = self._sender.take()
        if out:
            self._opener.is_request_sent = True
        return out

    def sendable(self, stream: int) -> int:  # noqa: ARG002
        """As much as one likes: there is no window."""
        return _NO_WINDOW

    @property
    def can_reuse(self) -> bool:
        """Whether no exchange is under way and another one may follow."""
        sender, receiver = self._sender, self._receiver
        return (
            (sender.has_ended or not sender.has_begun)
            and receiver.phase is _WHOLE
            and self._opener.keeps_connection
            and not self._has_eof
            and not receiver.waiting
            and not (self._is_last and sender.has_begun)
        )

    @property
    def has_waiting(self) -> bool:
        """Bytes came that are no events yet: of a head, or of the next exchange."""
        return bool(self._receiver.waiting)

    def next_exchange(self) -> list[Event] | None:
        """Make ready for the next request; no events, for none can wait. None: none may follow."""
        if not self.can_reuse:
            return None
        if self._sender.has_begun:
            self._sender.restart()
            self._receiver.stream += 1
        self.is_ready = not self._is_last
        return []

    def announce_close(self) -> None:
        """The exchange at hand is the last one; its request says so if it was not sent yet."""
        self._is_last = True
        self.is_ready = False

    def _check(self, stream: int) -> None:
        if stream != self._receiver.stream:
            raise AssertionError("not the exchange at hand")
