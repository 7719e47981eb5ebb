"""The events that every codec speaks, and the calls that it answers."""

from dataclasses import dataclass
from typing import Protocol

from bfe_py.model.fault import Fault
from bfe_py.model.headers import Headers
from bfe_py.model.message import RequestHead, ResponseHead


@dataclass(slots=True)
class HeadReceived:
    """A head is complete. `end`: so is the message, whose body is `content`."""

    stream: int
    head: RequestHead | ResponseHead
    end: bool
    content: bytes = b""


@dataclass(slots=True)
class InterimReceived:
    """A 1xx response other than 101."""

    stream: int
    head: ResponseHead


@dataclass(slots=True)
class BodyReceived:
    """One piece of a body; `credit` bytes of window come back with `acknowledge`."""

    stream: int
    piece: bytes
    credit: int = 0


@dataclass(slots=True)
class MessageEnded:
    """The message is whole."""

    stream: int
    trailers: Headers | None = None


@dataclass(slots=True)
class StreamReset:
    """The peer gave up one stream (HTTP/2)."""

    stream: int
    code: int


@dataclass(slots=True)
class Faulted:
    """The peer broke the protocol. `stream` None: the whole connection is of no more use."""

    fault: Fault
    stream: int | None = None


@dataclass(slots=True)
class Switched:
    """The connection speaks another protocol from here on; `rest` are its first bytes."""

    rest: bytes


Event = (
    HeadReceived | InterimReceived | BodyReceived | MessageEnded | StreamReset | Faulted | Switched
)


class Codec(Protocol):
    """One connection's protocol without its I/O: bytes in, events out; messages in, bytes out.

    Neither the clock nor a socket is read. Remote input never raises: it yields `Faulted`. Calls
    that break the protocol from our side raise `AssertionError`.
    """

    def receive_data(self, piece: bytes) -> list[Event]:
        """Events that follow from these bytes."""

    def take_request(self, piece: bytes) -> RequestHead | None:  # noqa: ARG002
        """The request without a body that `piece` is all of; None: `receive_data` it."""
        return None

    def answer(self, stream: int, head: ResponseHead, content: bytes) -> bytes:  # noqa: ARG002
        """What to send for a whole response, the next exchange being begun; empty: `send_head`."""
        return b""

    is_ready: bool = False
    """The next request may be sent, and nothing needs to be done before."""

    def ask(
        self,
        head: RequestHead,  # noqa: ARG002
        target: bytes,  # noqa: ARG002
        authority: bytes,  # noqa: ARG002
        left_out: frozenset[bytes],  # noqa: ARG002
    ) -> bytes:
        """What to send for a request without a body; empty: `send_head` it."""
        return b""

    def take_response(self, piece: bytes) -> tuple[ResponseHead, bytes] | None:  # noqa: ARG002
        """The response with its body that `piece` is all of; None: `receive_data` it."""
        return None

    def receive_eof(self) -> list[Event]:
        """Events that follow from the peer's half-close."""

    def acknowledge(self, stream: int, credit: int) -> None:
        """Bytes of a body were consumed; gives window back to the peer."""

    def send_head(
        self,
        stream: int,
        head: RequestHead | ResponseHead,
        *,
        end: bool = False,
        content: bytes = b"",
    ) -> None:
        """Send a head (also an interim one). `end`: the message is whole, `content` its body."""

    def send_body(self, stream: int, piece: bytes) -> None:
        """Send one piece of a body."""

    def send_end(self, stream: int, trailers: Headers | None = None) -> None:
        """End the message."""

    def reset(self, stream: int, code: int = 0) -> bool:
        """Give up one stream; False if only closing the connection can say so."""

    def data_to_send(self) -> bytes:
        """Bytes for the peer since the last call."""

    def sendable(self, stream: int) -> int:
        """How many bytes of body the peer's window takes now."""

    @property
    def can_reuse(self) -> bool:
        """Both messages are whole and another exchange may follow on this connection."""

    @property
    def has_waiting(self) -> bool:
        """Bytes came that are no events yet: of a head, or of the next exchange."""

    def next_exchange(self) -> list[Event] | None:
        """Begin the next exchange; events of bytes that waited. None: the connection is spent."""

    def forget(self) -> None:
        """Let go of what is only kept to read the next message quickly."""
        return

    def announce_close(self) -> None:
        """The exchange at hand is the last one: say so in the next head, or by GOAWAY."""
