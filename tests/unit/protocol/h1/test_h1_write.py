"""Heads on their way out."""

import pytest

from bfe_py.model import Headers, RequestHead, ResponseHead
from bfe_py.protocol import ONE_HOP
from bfe_py.protocol.h1 import write
from bfe_py.protocol.h1.send import Delimiter
from bfe_py.protocol.h1.write import (
    build_interim,
    build_request,
    build_response,
    frame_request,
    frame_response,
    whole_request,
    whole_response,
)

LENGTH_7 = Headers([(b"content-length", b"7")])


def response(
    status: int = 200, length: int | None = 7, headers: Headers | None = None
) -> ResponseHead:
    return ResponseHead(status, headers or Headers(), body_length=length)


# response, method, version, whether it is empty, framing
RESPONSES = [
    (response(), b"GET", b"1.1", False, (Delimiter.LENGTH, 7, [b"Content-Length: 7"])),
    (response(length=0), b"GET", b"1.0", True, (Delimiter.LENGTH, 0, [b"Content-Length: 0"])),
    (response(length=None), b"GET", b"1.1", True, (Delimiter.LENGTH, 0, [b"Content-Length: 0"])),
    (response(length=None), b"GET", b"1.1", False, (Delimiter.CHUNKS, 0, [b"Transfer-Encoding: chunked"])),
    (response(length=None), b"GET", b"1.0", False, (Delimiter.CLOSE, 0, [])),
    (response(204), b"GET", b"1.1", False, (Delimiter.NOTHING, 0, [])),
    (response(304), b"GET", b"1.1", False, (Delimiter.NOTHING, 0, [])),
    (response(), b"HEAD", b"1.1", False, (Delimiter.NOTHING, 0, [b"Content-Length: 7"])),
    (response(length=0), b"HEAD", b"1.1", True, (Delimiter.NOTHING, 0, [])),
    (response(headers=LENGTH_7), b"HEAD", b"1.1", True, (Delimiter.NOTHING, 0, [])),
]  # fmt: skip


@pytest.mark.parametrize(("head", "method", "version", "is_empty", "framed"), RESPONSES)
def test_the_body_of_a_response_is_delimited_by_what_was_asked(
    head, method, version, is_empty, framed
):
    assert frame_response(head, method, version, is_empty=is_empty) == framed


# request, whether it is empty, framing
REQUESTS = [
    (RequestHead(b"PUT", b"/", Headers(), body_length=7), False, (Delimiter.LENGTH, 7, [b"Content-Length: 7"])),
    (RequestHead(b"PUT", b"/", Headers(), body_length=None), False, (Delimiter.CHUNKS, 0, [b"Transfer-Encoding: chunked"])),
    (RequestHead(b"PUT", b"/", Headers(), body_length=None), True, (Delimiter.LENGTH, 0, [])),
    (RequestHead(b"PUT", b"/", LENGTH_7), True, (Delimiter.LENGTH, 0, [b"Content-Length: 0"])),
    (RequestHead(b"GET", b"/", LENGTH_7), True, (Delimiter.LENGTH, 0, [])),
    (RequestHead(b"HEAD", b"/", LENGTH_7), True, (Delimiter.LENGTH, 0, [])),
]  # fmt: skip


@pytest.mark.parametrize(("head", "is_empty", "framed"), REQUESTS)
def test_the_body_of_a_request_is_delimited(head, is_empty, framed):
    assert frame_request(head, is_empty=is_empty) == framed


@pytest.mark.parametrize(
    ("version", "is_kept", "expected"),
    [
        (b"1.1", True, b"HTTP/1.1 200 OK\r\nX: 1\r\n\r\n"),
        (b"1.1", False, b"HTTP/1.1 200 OK\r\nX: 1\r\nConnection: close\r\n\r\n"),
        (b"1.0", True, b"HTTP/1.0 200 OK\r\nX: 1\r\nConnection: keep-alive\r\n\r\n"),
        (b"1.0", False, b"HTTP/1.0 200 OK\r\nX: 1\r\n\r\n"),
    ],
)
def test_a_response_says_what_becomes_of_the_connection(version, is_kept, expected):
    fields = [(b"connection", b"x"), (b"Content-Length", b"9"), (b"X", b"1")]
    head = response(headers=Headers(fields))
    assert build_response(head, b"GET", version, [], is_kept=is_kept) == expected


@pytest.mark.parametrize(
    ("head", "line"),
    [
        (ResponseHead(404), b"HTTP/1.1 404 Not Found"),
        (ResponseHead(404, reason=b"Gone fishing"), b"HTTP/1.1 404 Gone fishing"),
        (ResponseHead(700), b"HTTP/1.1 700 status code 700"),
    ],
)
def test_a_status_line_has_the_reason_given_or_the_usual_one(head, line):
    assert build_response(head, b"GET", b"1.1", [], is_kept=True) == line + b"\r\n\r\n"


def test_the_length_that_a_representation_would_have_is_kept():
    for head, method in (
        (response(headers=LENGTH_7), b"HEAD"),
        (response(304, headers=LENGTH_7), b"GET"),
    ):
        built = build_response(head, method, b"1.1", [], is_kept=True)
        assert built.endswith(b"\r\ncontent-length: 7\r\n\r\n")


@pytest.mark.parametrize("reason", [b"a\r\nX: b", b"a\nb", b"a\rb", b"a\x00b"])
@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
def test_a_reason_is_one_line(version, reason):
    with pytest.raises(AssertionError):
        build_response(ResponseHead(200, reason=reason), b"GET", version, [], is_kept=True)


def test_an_interim_head_frames_nothing():
    headers = Headers([(b"Link", b"x"), (b"Content-Length", b"7"), (b"Connection", b"Upgrade")])
    expected = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    assert build_interim(ResponseHead(103, headers)) == expected


def test_a_switch_says_so_in_connection():
    headers = Headers([(b"Upgrade", b"ws"), (b"connection", b"x")])
    expected = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: ws\r\nConnection: Upgrade\r\n\r\n"
    assert build_interim(ResponseHead(101, headers)) == expected


@pytest.mark.parametrize(
    ("options", "kept", "closed"),
    [
        ((), b"", b"Connection: close\r\n"),
        ((b"upgrade",), b"Connection: Upgrade\r\n", b"Connection: close\r\n"),
        ((b"upgrade", b"te"), b"Connection: TE, Upgrade\r\n", b"Connection: close\r\n"),
        ((b"x-a",), b"Connection: x-a\r\n", b"Connection: close\r\n"),
    ],
)
def test_connection_is_written_from_the_options_and_never_copied(options, kept, closed):
    headers = Headers([(b"Host", b"a"), (b"Connection", b"X-Z"), (b"X", b"1")])
    head = RequestHead(b"GET", b"/", headers, options=frozenset(options))
    start = b"GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n"
    assert build_request(head, [], is_kept=True) == start + kept + b"\r\n"
    assert build_request(head, [], is_kept=False) == start + closed + b"\r\n"


def test_a_request_always_has_a_host():
    bare = RequestHead(b"GET", b"/", Headers())
    assert build_request(bare, [], is_kept=True) == b"GET / HTTP/1.1\r\nHost:\r\n\r\n"
    addressed = RequestHead(b"GET", b"/", Headers(), authority=b"a:1")
    assert build_request(addressed, [], is_kept=True) == b"GET / HTTP/1.1\r\nHost: a:1\r\n\r\n"


def test_names_that_a_request_leaves_out_are_not_written():
    headers = Headers([(b"Host", b"a"), (b"X", b"1"), (b"Content-Length", b"0"), (b"Y", b"2")])
    for names in (frozenset({b"host", b"x"}), ONE_HOP | {b"host", b"x", b"content-length"}):
        head = RequestHead(b"GET", b"/", headers, authority=b"b", left_out=names)
        expected = b"GET / HTTP/1.1\r\nHost: b\r\nY: 2\r\n\r\n"
        assert build_request(head, [], is_kept=True) == expected
        assert whole_request(head, b"/", b"b", names | {b"content-length"}) == expected


# method, target, authority
NO_WORDS = [
    (b"", b"/", None),
    (b"GET", b"", None),
    (b"GET", b"/ x", None),
    (b"G T", b"/", None),
    (b"GET", b"/\r\nX: 1", None),
    (b"GET", b"/\x00", None),
    (b"GET", b"/", b"a b"),
    (b"GET", b"/", b"a\r\nX: 1"),
]


@pytest.mark.parametrize(("method", "target", "authority"), NO_WORDS)
def test_a_request_line_has_three_words_and_an_authority_is_one(method, target, authority):
    head = RequestHead(method, target, Headers(), authority=authority)
    with pytest.raises(AssertionError):
        build_request(head, [], is_kept=True)


@pytest.mark.parametrize(("method", "target", "authority"), NO_WORDS)
def test_so_it_is_with_a_whole_request(method, target, authority):
    head, host = RequestHead(method, target, Headers()), authority or b"a"
    for _ in range(2):
        with pytest.raises(AssertionError):
            whole_request(head, target, host, frozenset())


@pytest.mark.parametrize(
    ("target", "authority"), [words[1:] for words in NO_WORDS if words[1] != b"/" or words[2]]
)
def test_what_a_plain_request_did_not_come_with_is_checked(target, authority):
    head = plain()
    whole_request(head, head.target, b"a", frozenset())
    with pytest.raises(AssertionError):
        whole_request(head, target, authority or b"a", frozenset())


def plain(target: bytes = b"/x") -> RequestHead:
    return RequestHead(b"GET", target, Headers([(b"X", b"1")]), is_plain=True)


def test_a_whole_request_goes_to_the_target_and_the_authority_given():
    head = plain()
    for target in (head.target, b"/other"):
        for _ in range(2):
            assert whole_request(head, target, b"b:1", frozenset()) == (
                b"GET " + target + b" HTTP/1.1\r\nHost: b:1\r\nX: 1\r\n\r\n"
            )
    assert whole_request(head, head.target, b"", frozenset({b"x"})) == (
        b"GET /x HTTP/1.1\r\nHost: \r\n\r\n"
    )


def test_an_authority_of_a_plain_request_is_checked_once(monkeypatch):
    checked: list[bytes] = []
    monkeypatch.setattr(write, "_HOSTS", set())
    monkeypatch.setattr(write, "check_request_line", checked.append)
    head = plain()
    for authority in (b"a", b"b", b"a", b"b"):
        whole_request(head, head.target, authority, frozenset())
    assert checked == [b"GET /x HTTP/1.1\r\nHost: a", b"GET /x HTTP/1.1\r\nHost: b"]


def test_there_is_an_end_to_the_authorities_that_are_known(monkeypatch):
    known: set[bytes] = set()
    monkeypatch.setattr(write, "_HOSTS", known)
    head = plain()
    for number in range(4096):
        whole_request(head, head.target, b"h%d" % number, frozenset())
    assert len(known) == 4096
    whole_request(head, head.target, b"h7", frozenset())
    assert len(known) == 4096
    whole_request(head, head.target, b"a", frozenset())
    assert known == {b"a"}


WHOLE = [
    (ResponseHead(200), b""),
    (ResponseHead(200, Headers([(b"X", b"1")]), body_length=2), b"hi"),
    (ResponseHead(404, Headers([(b"Connection", b"x"), (b"Content-Length", b"9")]), b"Gone fishing"), b""),
    (ResponseHead(599, body_length=1), b"x"),
    (ResponseHead(999, body_length=1), b"x"),
    (ResponseHead(999, reason=b"Odd"), b""),
]  # fmt: skip


@pytest.mark.parametrize(("head", "content"), WHOLE)
def test_a_whole_response_reads_as_its_parts_do(head, content):
    _, _, framing = frame_response(head, b"GET", b"1.1", is_empty=False)
    parts = build_response(head, b"GET", b"1.1", framing, is_kept=True) + content
    assert whole_response(head, content) == parts


def test_a_whole_response_has_one_line_for_its_reason():
    with pytest.raises(AssertionError):
        whole_response(ResponseHead(200, reason=b"a\r\nX: b"), b"")
