"""What the codecs make of a case, in a form in which equal verdicts are equal."""

from collections.abc import Iterable, Iterator

from bfe_py.model import Headers, RequestHead, ResponseHead
from bfe_py.protocol import (
    BodyReceived,
    Dialect,
    Event,
    Faulted,
    H1Client,
    H1Server,
    HeadReceived,
    InterimReceived,
    MessageEnded,
)

Verdict = list[object]
"""Messages with their fields, contents and trailers, then the fault if there is one."""

DIALECTS = {
    "default": Dialect(),
    "compat": Dialect(
        forwards_underscores=True, accepts_authority_conflict=True, accepts_empty_host=True
    ),
}

_LONG = 1500
_NEAR = 30
_HUGE = 100_000


def splits(wire: bytes) -> Iterator[list[bytes]]:
    """`wire` in two at every place, and byte by byte; a long one near its ends and here and there."""
    size = len(wire)
    places: Iterable[int] = range(1, size)
    if size <= _LONG:
        yield [wire[place : place + 1] for place in range(size)]
    else:
        near = _NEAR if size <= _HUGE else 2
        ends = {*range(1, near), *range(size - near, size)}
        places = sorted(ends | set(range(near, size, size // near)))
    for place in places:
        yield [wire[:place], wire[place:]]


def judge_requests(pieces: list[bytes], mode: str) -> Verdict:
    """What a server makes of a connection whose every request is answered once it is whole."""
    codec = H1Server(dialect=DIALECTS[mode])
    verdict: Verdict = []
    is_open = True
    for piece in pieces:
        if is_open:
            is_open = _serve(codec, codec.receive_data(piece), verdict)
    if is_open:
        _serve(codec, codec.receive_eof(), verdict)
    return verdict


def _serve(codec: H1Server, events: list[Event], verdict: Verdict) -> bool:
    """Whether the connection goes on."""
    pending = list(events)
    while pending:
        event = pending.pop(0)
        _note(event, verdict)
        if isinstance(event, Faulted):
            return False
        is_whole = isinstance(event, MessageEnded) or (
            isinstance(event, HeadReceived) and event.end
        )
        if is_whole:
            codec.send_head(codec.stream, ResponseHead(200, body_length=0), end=True)
            codec.data_to_send()
            if not codec.can_reuse:
                verdict.append("closed")
                return False
            pending += codec.next_exchange()
    return True


def judge_response(pieces: list[bytes], method: bytes, *, is_closed: bool) -> Verdict:
    """What a client makes of the answer to a request of `method`."""
    codec = H1Client()
    head = RequestHead(method, b"/", Headers([(b"Host", b"shop.test")]))
    codec.send_head(codec.stream, head, end=True)
    codec.data_to_send()
    verdict: Verdict = []
    for piece in pieces:
        for event in codec.receive_data(piece):
            _note(event, verdict)
    verdict.append(codec.can_reuse)
    if is_closed:
        for event in codec.receive_eof():
            _note(event, verdict)
    return verdict


def _note(event: Event, verdict: Verdict) -> None:
    match event:
        case HeadReceived(_, head, end, content):
            is_bare = end and head.body_length == 0
            verdict.append((_start(head), list(head.headers), head.body_length, is_bare))
            if end and not is_bare:  # all of it came at once: as if it had come in pieces
                _note(BodyReceived(1, content), verdict)
                _note(MessageEnded(1), verdict)
        case InterimReceived(_, head):
            verdict.append((head.status, list(head.headers)))
        case BodyReceived(_, b"", _):
            pass
        case BodyReceived(_, piece, _):
            if verdict and isinstance(verdict[-1], bytes):
                verdict[-1] += piece
            else:
                verdict.append(piece)
        case MessageEnded(_, trailers):
            verdict.append(("end", list(trailers) if trailers is not None else None))
        case Faulted(fault, _):
            verdict.append((fault.kind, fault.detail))
        case _:
            verdict.append(event)


def _start(head: RequestHead | ResponseHead) -> object:
    if isinstance(head, RequestHead):
        return head.method, head.target, head.version, head.authority, head.expects_continue
    return head.status, head.reason, head.version
