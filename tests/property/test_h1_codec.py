"""HTTP/1.1 codecs: cutting changes nothing, h11 agrees, and one role receives what the other sends."""

from itertools import pairwise

import h11
from hypothesis import given, settings
from hypothesis import strategies as st

from bfe_py.model import Headers, RequestHead, ResponseHead
from bfe_py.protocol import H1Client, H1Server, HeadReceived, Limits, MessageEnded
from tests.kit.codec import Seen, asking, content_of, feed, head_of, is_whole

TOKEN = st.text("abcXYZ09-!#$%&'*+.^`|~", min_size=1, max_size=8).map(str.encode)
VALUE = st.binary(max_size=12).map(
    lambda raw: bytes([byte for byte in raw if byte >= 0x20 and byte != 0x7F]).strip(b" ")
)
NAME = TOKEN.map(lambda token: b"X-" + token)
FIELDS = st.lists(st.tuples(NAME, VALUE), max_size=6)
CONTENT = st.lists(st.binary(min_size=1, max_size=40), max_size=5)
CUTS = st.lists(st.integers(0, 400), max_size=8)

FRAGMENTS = [
    b"GET", b"POST", b"HEAD", b" ", b"/", b"*", b"http://a", b"HTTP/1.1", b"HTTP/1.0", b"\r\n", b"\r\n\r\n",
    b"\n", b"\r", b"\x00", b"\t", b":", b"Host: a\r\n", b"Host: a\r\nContent-Length: 3\r\n", b"Content-Length: 3\r\n",
    b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: gzip, chunked\r\n", b"Expect: 100-continue\r\n", b"X: 1\r\n",
    b"X_Y: 1\r\n", b"Connection: close\r\n", b"3", b"3\r\nabc\r\n", b"0\r\n", b"0\r\n\r\n", b"abc", b";x", b"a" * 30,
    b"GET / HTTP/1.1\r\nHost: a\r\n", b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 100 x\r\n\r\n",
]  # fmt: skip
SOUP = st.lists(st.sampled_from(FRAGMENTS), max_size=10).map(b"".join)
TIGHT = Limits(target=40, header=90, fields=4, trailer=20, trailer_fields=2, chunk_extensions=3)


def cut(wire: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place for place in places if place < len(wire)), len(wire)]
    return [wire[start:stop] for start, stop in pairwise(edges)]


@given(SOUP, CUTS, st.booleans(), st.booleans())
@settings(max_examples=600)
def test_how_a_request_is_cut_changes_nothing(wire, places, has_eof, is_tight):
    limits = TIGHT if is_tight else Limits()
    whole = feed(H1Server(limits), [wire], has_eof=has_eof)
    assert feed(H1Server(limits), cut(wire, places), has_eof=has_eof) == whole


@given(SOUP, CUTS, st.booleans(), st.booleans(), st.sampled_from([b"GET", b"HEAD"]))
@settings(max_examples=600)
def test_how_a_response_is_cut_changes_nothing(soup, places, has_eof, is_tight, method):
    make = asking(method, limits=TIGHT if is_tight else Limits())
    wire = b"HTTP/1.1 200 OK\r\n" + soup
    whole = feed(make(), [wire], has_eof=has_eof)
    assert feed(make(), cut(wire, places), has_eof=has_eof) == whole


def heard_by_h11(wire: bytes, *, has_body: bool = True) -> tuple[h11.Request, bytes]:
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(wire)
    request = connection.next_event()
    assert isinstance(request, h11.Request)
    content = b""
    while has_body and isinstance(event := connection.next_event(), h11.Data):
        content += event.data
    return request, content


@given(SOUP)
@settings(max_examples=1000)
def test_what_the_server_accepts_h11_accepts_alike(soup):
    wire = b"POST / HTTP/1.1\r\nHost: a\r\n" + soup
    seen = feed(H1Server(), [wire])
    if not seen or not isinstance(seen[0], HeadReceived):
        return
    head = head_of(seen)
    assert isinstance(head, RequestHead)
    request, content = heard_by_h11(wire, has_body=is_whole(seen))
    heard = (request.method, request.target, request.http_version)
    assert (head.method, head.target, head.version) == heard
    kept = [(name, value) for name, value in request.headers.raw_items() if b"_" not in name]
    assert list(head.headers) == kept
    if is_whole(seen):
        assert content_of(seen) == content


def carried(seen: Seen) -> tuple[list[tuple[bytes, bytes]], bytes, Headers | None]:
    """Fields of our own making, content and trailers of a whole message."""
    assert is_whole(seen)
    fields = [field for field in head_of(seen).headers if field[0].startswith(b"X-")]
    end = seen[-1]
    return fields, content_of(seen), end.trailers if isinstance(end, MessageEnded) else None


@given(TOKEN, FIELDS, CONTENT, st.booleans(), FIELDS, CUTS)
def test_what_the_client_sends_the_server_receives(
    method, fields, content, is_counted, trailers, places
):
    length = sum(map(len, content)) if is_counted else None
    client = H1Client()
    headers = Headers([(b"Host", b"a.t"), *fields])
    client.send_head(1, RequestHead(method, b"/p?q", headers, body_length=length))
    for piece in content:
        client.send_body(1, piece)
    client.send_end(1, Headers(trailers))
    wire = client.data_to_send()
    seen = feed(H1Server(), cut(wire, places))
    head = head_of(seen)
    assert isinstance(head, RequestHead)
    assert (head.method, head.target) == (method, b"/p?q")
    assert head.body_length == (length or 0 if is_counted else None)
    expected = Headers(trailers) if trailers and not is_counted else None
    assert carried(seen) == (fields, b"".join(content), expected)
    request, heard = heard_by_h11(wire)
    assert (request.method, heard) == (method, b"".join(content))


@given(
    st.integers(200, 599),
    FIELDS,
    CONTENT,
    st.booleans(),
    st.tuples(st.sampled_from([b"GET", b"HEAD"]), st.sampled_from([b"1.1", b"1.0"])),
    CUTS,
)
def test_what_the_server_sends_the_client_receives(
    status, fields, content, is_counted, asked, places
):
    method, version = asked
    length = sum(map(len, content)) if is_counted else None
    server = H1Server()
    server.receive_data(method + b" / HTTP/" + version + b"\r\nHost: a.t\r\n\r\n")
    server.send_head(1, ResponseHead(status, Headers(fields), body_length=length))
    for piece in content:
        server.send_body(1, piece)
    server.send_end(1)
    client = asking(method)()
    seen = feed(client, cut(server.data_to_send(), places), has_eof=not server.can_reuse)
    assert head_of(seen).status == status
    has_content = method != b"HEAD" and status not in (204, 304)
    assert carried(seen)[:2] == (fields, b"".join(content) if has_content else b"")
    if server.can_reuse:
        assert client.can_reuse
