"""Heads that are read in three ways: the quick one, the long one, and by h11 alone."""

import h11
from msgspec.structs import replace

from bfe_py.model import Headers, RequestHead, ResponseHead, canonical_target
from bfe_py.protocol import (
    ONE_HOP,
    Dialect,
    KnownLines,
    Limits,
    one_hop_names,
    reason_phrase,
    strip_hop_by_hop,
)
from bfe_py.protocol.codec import LINE_ROOM
from bfe_py.protocol.h1.head import parse_request, parse_response
from bfe_py.protocol.h1.opening import Opening
from bfe_py.protocol.h1.requests import RequestOpener
from bfe_py.protocol.h1.responses import ResponseOpener
from bfe_py.protocol.h1.scan import HeadScanner

LIMITS = Limits()
"""Those of a codec that was given none."""
_DIALECT = Dialect()
_BEHIND = b"GET /behind HTTP/1.1\r\nHost: b\r\n\r\n"
_MOST_CONTENT = 64
_LOOKED_AT = frozenset({b"content-length", b"expect", b"te", b"transfer-encoding", b"upgrade"})


def request_opener(dialect: Dialect = _DIALECT, limits: Limits = LIMITS) -> RequestOpener:
    """Opens requests, and knows no line yet."""
    known = KnownLines(forwards_underscores=dialect.forwards_underscores)
    return RequestOpener(limits, dialect, known)


def response_opener(method: bytes = b"GET", limits: Limits = LIMITS) -> ResponseOpener:
    """Opens the response to a request of `method`, and knows no line yet."""
    opener = ResponseOpener(limits, _DIALECT, KnownLines(forwards_underscores=True))
    opener.restart(method, offers_switch=False)
    return opener


def is_request_recognised(
    piece: bytes,
    dialect: Dialect = _DIALECT,
    limits: Limits = LIMITS,
    opener: RequestOpener | None = None,
) -> bool:
    """Whether the quick way recognises a request in `piece`; it must be the one of both others.

    It is taken if it is whole and if nothing but it is there, whatever `opener` has read before.
    """
    opener = opener or request_opener(dialect, limits)
    taken = opener.take(piece)
    noted = _request_notes(opener)
    found = opener.read(piece)
    if found is None:
        assert taken is None
        return False
    head, stop = found
    _check_plain(head)
    assert (taken is not None) is (stop == len(piece) and head.body_length == 0)
    scanned = _scan(piece, HeadScanner(limits.target + LINE_ROOM, limits.header))
    assert scanned == piece[:stop]
    if taken is not None:
        again = opener.take(piece)
        assert again is not None
        assert _facts(taken) == _facts(again) == _facts(head)
        assert noted == _request_notes(opener)
    heard = parse_request(scanned, limits, dialect)
    assert _facts(replace(head, is_plain=False)) == _facts(heard)
    _compare_with_h11(head, piece, stop)
    quick = opener.recognise(piece, 1)
    assert quick is not None
    assert quick[1] == stop
    assert taken is None or noted == _request_notes(opener)
    noted = _request_notes(opener)
    assert _opening_facts(quick[0]) == _opening_facts(opener.open(scanned, 1))
    assert noted == _request_notes(opener)
    return True


def is_response_recognised(
    piece: bytes,
    method: bytes = b"GET",
    limits: Limits = LIMITS,
    opener: ResponseOpener | None = None,
) -> bool:
    """The same of a response to a request of `method`."""
    opener = opener or response_opener(method, limits)
    taken = opener.take(piece)
    kept = opener.keeps_connection
    found = opener.read(piece)
    if found is None:
        assert taken is None
        return False
    head, is_chunked, stop = found
    assert (taken is not None) is (head.body_length == len(piece) - stop)
    if taken is not None:
        said = _facts(replace(head, options=frozenset()))
        again = opener.take(piece)
        assert again is not None
        assert _facts(taken[0]) == _facts(again[0]) == said
        assert taken[1] == again[1] == piece[stop:]
        assert kept is opener.keeps_connection
    scanned = _scan(piece, HeadScanner(limits.header, limits.header))
    assert scanned == piece[:stop]
    slow, is_slow_chunked = parse_response(scanned, limits, method, _DIALECT)
    strip_hop_by_hop(slow)
    assert (_facts(head), is_chunked) == (_facts(slow), is_slow_chunked)
    if method != b"CONNECT":  # h11 makes a tunnel of every answer to it
        _compare_response_with_h11(head, piece, stop, method)
    quick = opener.recognise(piece, 1)
    assert quick is not None
    assert quick[1] == stop
    keeps = opener.keeps_connection
    assert taken is None or keeps is kept
    assert _opening_facts(quick[0]) == _opening_facts(opener.open(scanned, 1))
    assert (opener.keeps_connection, opener.has_answered) == (keeps, True)
    return True


def _scan(piece: bytes, scanner: HeadScanner) -> bytes:
    head = scanner.take(piece, skips_line=False)
    assert head is not None
    assert scanner.stop == len(head)
    return head


def _check_plain(head: RequestHead) -> None:
    """What one relies on who asks a backend at once for a request that `is_plain`."""
    if head.is_plain:
        assert head.method in (b"GET", b"HEAD")
        assert head.target[:1] == b"/"
        assert canonical_target(head.target) is head.target
        assert (head.body_length, head.authority, head.expects_continue) == (0, None, False)
        assert head.options <= {b"close", b"keep-alive"}
        assert len(head.headers.get_all(b"host")) == 1
        assert not head.headers.has_any(_LOOKED_AT)


def _facts(head: RequestHead | ResponseHead) -> tuple[object, ...]:
    """Everything that a head says, with its names in the case that they came in."""
    return head, list(head.headers), head.headers.lines()


def _opening_facts(opening: Opening) -> tuple[object, ...]:
    event, phase, body = opening
    ends_with_connection = body is not None and body.ends_with_connection
    head = event.head
    if isinstance(head, RequestHead):
        head = replace(head, is_plain=False)
    said = _facts(head), event.stream, getattr(event, "end", None), getattr(event, "content", None)
    return type(event), said, phase, type(body), ends_with_connection


def _request_notes(opener: RequestOpener) -> tuple[object, ...]:
    return opener.method, opener.version, opener.expects_continue, opener.keeps_connection


def _compare_with_h11(head: RequestHead, piece: bytes, stop: int) -> None:
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(piece)
    event = connection.next_event()
    assert isinstance(event, h11.Request)
    assert connection.trailing_data[0] == piece[stop:]
    heard = (event.method, event.target, event.http_version, event.headers.raw_items())
    assert (head.method, head.target, head.version, list(head.headers)) == heard
    assert connection.they_are_waiting_for_100_continue is head.expects_continue
    connection = h11.Connection(h11.SERVER)
    _compare_framing(
        connection, piece[:stop], head.body_length, is_chunked=head.body_length is None
    )


def _compare_response_with_h11(head: ResponseHead, piece: bytes, stop: int, method: bytes) -> None:
    connection = _asked(method)
    connection.receive_data(piece)
    event = connection.next_event()
    assert isinstance(event, h11.Response)
    assert connection.trailing_data[0] == piece[stop:]
    assert (head.status, head.version) == (event.status_code, event.http_version)
    assert event.reason in (head.reason, b"" if head.reason else reason_phrase(head.status))
    heard = Headers(event.headers.raw_items())
    names = one_hop_names(head.options, [], ONE_HOP)
    assert list(head.headers) == [field for field in heard if field[0].lower() not in names]
    is_chunked = head.body_length is None and b"transfer-encoding" in heard
    _compare_framing(_asked(method), piece[:stop], head.body_length, is_chunked=is_chunked)


def _asked(method: bytes) -> h11.Connection:
    connection = h11.Connection(h11.CLIENT)
    request = h11.Request(method=method, target="/", headers=[("Host", "a")])
    connection.send(request)
    connection.send(h11.EndOfMessage())
    return connection


def _compare_framing(
    connection: h11.Connection, head: bytes, length: int | None, *, is_chunked: bool
) -> None:
    """The body that follows `head` must be for h11 what it is for us."""
    content = b"x" * min(_MOST_CONTENT, 5 if length is None else length)
    body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(content), content) if is_chunked else content
    is_whole = is_chunked or length == len(content)
    ends_with_connection = length is None and not is_chunked
    connection.receive_data(head + body + (_BEHIND if is_whole else b""))
    connection.next_event()
    heard = b""
    event = connection.next_event()
    while isinstance(event, h11.Data):
        heard += event.data
        event = connection.next_event()
    assert heard == content
    if is_whole:
        assert isinstance(event, h11.EndOfMessage)
        assert connection.trailing_data[0] == _BEHIND
    else:
        assert event is h11.NEED_DATA
    if ends_with_connection:
        connection.receive_data(b"")
        assert isinstance(connection.next_event(), h11.EndOfMessage)
