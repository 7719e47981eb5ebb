"""The side of HTTP/1 that receives requests, without I/O; one object a connection (RFC 9112).

An exchange is whole when both of its messages are; only then, and only if both peers mean to keep
the connection, does the next one begin. Whatever breaks the protocol ends the use of the
connection, so every `Faulted` is about the connection and none about a stream. It can still be
answered: the exchange at hand has the number `stream` even if its head never became one.
"""

from bfe_py.model import Fault, Headers, Kind, RequestHead, ResponseHead
from bfe_py.protocol.codec import LINE_ROOM, Dialect, Limits
from bfe_py.protocol.events import Codec, Event
from bfe_py.protocol.h1.opening import Phase
from bfe_py.protocol.h1.quick import KnownLines
from bfe_py.protocol.h1.receive import Receiver
from bfe_py.protocol.h1.requests import RequestOpener
from bfe_py.protocol.h1.scan import HeadScanner
from bfe_py.protocol.h1.send import Delimiter, Sender
from bfe_py.protocol.h1.write import build_interim, build_response, frame_response, whole_response

_LIMITS = Limits()
_DIALECT = Dialect()
_HEAD, _WHOLE = Phase.HEAD, Phase.WHOLE
_ODD = frozenset([*range(200), 204, 304])
_NO_WINDOW = 1 << 30


class H1Server(Codec):
    """HTTP/1.1 and HTTP/1.0 with a client.

    ``Expect: 100-continue`` is reported and not judged: a request without a body may carry it too,
    and whether that is refused is the caller's matter.

    `send_head` with 101 gives the connection to another protocol: `next_exchange` then answers
    `Switched` with what waited, or `receive_data` does with what comes next.
    """

    __slots__ = (
        "_has_continued",
        "_has_eof",
        "_is_last",
        "_is_taken",
        "_keeps",
        "_opener",
        "_receiver",
        "_sender",
    )

    def __init__(
        self,
        limits: Limits = _LIMITS,
        dialect: Dialect = _DIALECT,
        known: KnownLines | None = None,
    ) -> None:
        scanner = HeadScanner(limits.target + LINE_ROOM, limits.header)
        known = known or KnownLines(forwards_underscores=dialect.forwards_underscores)
        self._opener = RequestOpener(limits, dialect, known)
        self._receiver = Receiver(scanner, self._opener, Phase.HEAD)
        self._sender = Sender()
        self._keeps = False
        self._is_last = False
        self._has_eof = False
        self._has_continued = False
        self._is_taken = False

    @property
    def stream(self) -> int:
        """Number of the exchange at hand, from 1."""
        return self._receiver.stream

    def receive_data(self, piece: bytes) -> list[Event]:
        """Events that follow from these bytes; those of a later request wait."""
        return self._receiver.receive(piece)

    def take_request(self, piece: bytes) -> RequestHead | None:
        """The request that `piece` is all of, as nearly every one comes; None: `receive_data` it.

        Whatever is taken here `receive_data` would give with `end` and without content.
        """
        receiver = self._receiver
        if receiver.phase is not _HEAD or receiver.waiting:
            return None
        request = self._opener.take(piece)
        if request is not None:
            receiver.phase = _WHOLE
            self._is_taken = (
                request.method != b"HEAD"
                and request.version == b"1.1"
                and self._opener.keeps_connection
                and not self._is_last
                and not self._has_eof
            )
        return request

    def answer(self, stream: int, head: ResponseHead, content: bytes) -> bytes:
        """What to send for a whole response to a request that was taken whole.

        The next exchange has begun when this returns. Nothing is answered, and nothing has changed,
        where the response is another thing: then `send_head` it.
        """
        opener, receiver = self._opener, self._receiver
        if (
            not self._is_taken
            or head.body_length != len(content)
            or head.options
            or head.status in _ODD
            or receiver.waiting
        ):
            return b""
        if stream != receiver.stream:
            raise AssertionError("not the exchange at hand")
        out = whole_response(head, content)
        self._is_taken = False
        opener.method = b""
        opener.expects_continue = False
        self._has_continued = False
        receiver.stream += 1
        receiver.skips_line = True
        receiver.phase = _HEAD
        return out

    def receive_eof(self) -> list[Event]:
        """Nothing between requests; else the fault of a request that stays unfinished."""
        self._has_eof = True
        self._is_taken = False
        return self._end_input()

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
        """Send a response head; an interim one is kept from a client that speaks HTTP/1.0.

        Version and framing follow from the request; framing fields of `head` are left out.
        """
        self._check(stream)
        self._is_taken = False
        if not isinstance(head, ResponseHead):
            raise AssertionError("a server sends responses")
        if head.status >= 200:
            built, delimiter, length = self._build_final(head, is_empty=end and not content)
            if end:
                self._sender.whole(built, delimiter, length, content)
            else:
                self._sender.begin(built, delimiter, length)
        elif head.status == 101:
            self._send_switch(head)
        else:
            self._send_interim(head)

    def send_body(self, stream: int, piece: bytes) -> None:
        """Send one piece of a body; left out if the response can have none."""
        self._check(stream)
        self._sender.body(piece)

    def send_end(self, stream: int, trailers: Headers | None = None) -> None:
        """End the response; trailers are left out unless it is chunked."""
        self._check(stream)
        self._sender.end(trailers)

    def reset(self, stream: int, code: int = 0) -> bool:  # noqa: ARG002 - the protocol's signature
        """False: only closing the connection gives up an exchange."""
        return False

    def data_to_send(self) -> bytes:
        """Bytes for the client since the last call."""
        return self._sender.take()

    def sendable(self, stream: int) -> int:  # noqa: ARG002
        """As much as one likes: there is no window."""
        return _NO_WINDOW

    @property
    def can_reuse(self) -> bool:
        """Whether the exchange is over and another one may follow."""
        return (
            self._keeps
            and not self._is_last
            and self._sender.has_ended
            and self._receiver.phase is _WHOLE
            and (not self._has_eof or bool(self._receiver.waiting))
        )

    @property
    def has_waiting(self) -> bool:
        """Bytes came that are no events yet: of a head, or of the next exchange."""
        return bool(self._receiver.waiting)

    def next_exchange(self) -> list[Event] | None:
        """Begin the next exchange, or the other protocol; events of bytes that waited.

        None: none may follow.
        """
        receiver = self._receiver
        if receiver.phase is Phase.SWITCHED:
            return receiver.receive(b"")
        if not self.can_reuse:
            return None
        self._sender.restart()
        self._opener.restart()
        self._keeps = False
        self._has_continued = False
        receiver.stream += 1
        receiver.skips_line = True
        events = receiver.restart()
        if self._has_eof:
            events += self._end_input()
        return events

    def forget(self) -> None:
        """Let go of the fields of the last request."""
        self._opener.forget()

    def announce_close(self) -> None:
        """The exchange at hand is the last one; the next head says so."""
        self._is_last = True
        self._is_taken = False

    def _check(self, stream: int) -> None:
        if stream != self._receiver.stream:
            raise AssertionError("not the exchange at hand")

    def _end_input(self) -> list[Event]:
        receiver = self._receiver
        if receiver.phase is Phase.BODY:
            return [receiver.fail(Fault(Kind.BAD_BODY, "body-unfinished"))]
        if receiver.phase is Phase.HEAD and receiver.has_waiting:
            return [receiver.fail(Fault(Kind.CLIENT_CLOSED, "head-unfinished"))]
        return []

    def _send_switch(self, head: ResponseHead) -> None:
        if self._receiver.phase is not Phase.WHOLE:
            raise AssertionError("a switch of protocols needs a whole request")
        self._sender.whole(build_interim(head), Delimiter.NOTHING, 0, b"")
        self._receiver.phase = Phase.SWITCHED

    def _send_interim(self, head: ResponseHead) -> None:
        if not self._opener.method:
            raise AssertionError("an interim response to no request")
        # RFC 9110 15.2: "a server MUST NOT send a 1xx response to an HTTP/1.0 client"
        if self._opener.version == b"1.1":
            self._sender.interim(build_interim(head))
        self._has_continued = True

    def _build_final(self, head: ResponseHead, *, is_empty: bool) -> tuple[bytes, Delimiter, int]:
        opener = self._opener
        if self._receiver.phase is Phase.HEAD:
            # The answer to a request that did not come in time: what comes now is too late.
            self._receiver.stop()
        delimiter, length, framing = frame_response(
            head, opener.method, opener.version, is_empty=is_empty
        )
        is_kept = (
            opener.keeps_connection
            and not self._is_last
            and delimiter is not Delimiter.CLOSE
            and self._receiver.phase is not Phase.BROKEN
            and not (opener.expects_continue and self._leaves_body_in_doubt())
            and b"close" not in head.options
        )
        self._keeps = is_kept
        built = build_response(head, opener.method, opener.version, framing, is_kept=is_kept)
        return built, delimiter, length

    def _leaves_body_in_doubt(self) -> bool:
        # RFC 9110 10.1.1: a client that got its answer instead of 100 may send the body or not.
        return not self._has_continued and self._receiver.phase is Phase.BODY
