"""The codec kit: one case fed whole, byte by byte, and with the bytes of another message behind it.

Every codec, of either role, must give the same events each time.
"""

from collections.abc import Callable, Iterable, Iterator

from msgspec.structs import replace

from bfe_py.model import Headers, RequestHead, ResponseHead
from bfe_py.protocol import (
    BodyReceived,
    Codec,
    Dialect,
    Event,
    Faulted,
    H1Client,
    H1Server,
    HeadReceived,
    Limits,
    MessageEnded,
    connection_options,
)

Seen = list[object]
"""Events in the form that `settle` gives them."""


def settle(events: Iterable[Event]) -> Seen:
    """Events in a form in which equal messages are equal, however they were cut.

    The pieces of a body are joined, a body that came with its head stands behind it, and a fault is
    (kind, detail, stream, request_sent). Whether a request was found to be plain is left out.
    """
    seen: Seen = []
    for event in _apart(events):
        last = seen[-1] if seen else None
        if isinstance(event, BodyReceived):
            if isinstance(last, BodyReceived) and last.stream == event.stream:
                last.piece += event.piece
            else:
                seen.append(BodyReceived(event.stream, event.piece))
        elif isinstance(event, Faulted):
            fault = event.fault
            seen.append((fault.kind, fault.detail, event.stream, fault.request_sent))
        else:
            seen.append(event)
    return seen


def _apart(events: Iterable[Event]) -> Iterator[Event]:
    """Events as if no body, were it empty, had come with its head."""
    for event in events:
        if isinstance(event, HeadReceived) and isinstance(event.head, RequestHead):
            head = replace(event.head, is_plain=False)
            event = HeadReceived(event.stream, head, event.end, event.content)
        if isinstance(event, HeadReceived) and event.head.body_length != 0 and event.end:
            yield HeadReceived(event.stream, event.head, False)
            if event.content:
                yield BodyReceived(event.stream, event.content)
            yield MessageEnded(event.stream)
        else:
            yield event


def feed(codec: Codec, pieces: Iterable[bytes], *, has_eof: bool = False) -> Seen:
    """What `codec` makes of `pieces`, and of the end of the input behind them."""
    events: list[Event] = []
    for piece in pieces:
        events += codec.receive_data(piece)
    if has_eof:
        events += codec.receive_eof()
    return settle(events)


def feed_three_ways(
    make: Callable[[], Codec], wire: bytes, *, trailing: bytes = b"", has_eof: bool = False
) -> Seen:
    """Events of `wire`, which are the same whole, byte by byte and with `trailing` bytes behind.

    Args:
        make: a fresh codec, ready to receive a message.
        trailing: left out where the end of the input is part of the case.
    """
    whole = feed(make(), [wire], has_eof=has_eof)
    single = [wire[index : index + 1] for index in range(len(wire))]
    assert feed(make(), single, has_eof=has_eof) == whole
    if not has_eof:
        assert feed(make(), [wire + trailing]) == whole
        assert feed(make(), [wire, trailing]) == whole
    return whole


def asking(
    method: bytes = b"GET",
    *fields: tuple[bytes, bytes],
    limits: Limits = Limits(),  # noqa: B008 - frozen
    dialect: Dialect = Dialect(),  # noqa: B008 - frozen
) -> Callable[[], H1Client]:
    """Makes clients that have sent a whole request of `method`."""

    def make() -> H1Client:
        codec = H1Client(limits, dialect)
        headers = Headers([(b"Host", b"a.t"), *fields])
        head = RequestHead(method, b"/", headers, options=connection_options(headers))
        codec.send_head(codec.stream, head, end=True)
        codec.data_to_send()
        return codec

    return make


def content_of(seen: Seen) -> bytes:
    """The joined body of `seen`."""
    return b"".join([event.piece for event in seen if isinstance(event, BodyReceived)])


def head_of(seen: Seen) -> RequestHead | ResponseHead:
    """The head with which `seen` begins."""
    first = seen[0]
    assert isinstance(first, HeadReceived), first
    return first.head


def is_whole(seen: Seen) -> bool:
    """Whether `seen` ends with the end of its message."""
    last = seen[-1] if seen else None
    return isinstance(last, MessageEnded) or (isinstance(last, HeadReceived) and last.end)


def answer(codec: H1Server, status: int = 200, content: bytes = b"") -> bytes:
    """The bytes of a whole response to the exchange at hand."""
    codec.send_head(codec.stream, ResponseHead(status, body_length=len(content)))
    codec.send_body(codec.stream, content)
    codec.send_end(codec.stream)
    return codec.data_to_send()
