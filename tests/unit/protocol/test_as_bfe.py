"""What messages look like for a client that is used to BFE."""

import pytest

from bfe_py.model import Headers, ResponseHead
from bfe_py.protocol import bare_refusal, finish_response, repeat_pragma


@pytest.mark.parametrize(
    ("status", "wire"),
    [
        (400, b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        (413, b"HTTP/1.1 413 Request Entity Too Large\r\n\r\n"),
        (414, b"HTTP/1.1 414 Request-URI Too Long\r\n\r\n"),
    ],
)
def test_a_bare_refusal_is_a_status_line(status, wire):
    assert bare_refusal(status) == wire


NO_CACHE = (b"Pragma", b"no-cache")


@pytest.mark.parametrize(
    ("fields", "value"),
    [
        ([NO_CACHE], b"no-cache"),
        ([NO_CACHE, (b"Cache-Control", b"max-age=1")], b"max-age=1"),
        ([NO_CACHE, (b"Cache-Control", b"")], b""),
        ([(b"Pragma", b"No-Cache")], None),
        ([(b"Pragma", b"x"), NO_CACHE], None),
        ([], None),
    ],
)
def test_pragma_is_repeated_where_nothing_is_said_of_caches(fields, value):
    headers = Headers(fields)
    repeat_pragma(headers)
    assert headers.get(b"cache-control") == value
    assert len(headers.get_all(b"cache-control")) <= 1


@pytest.mark.parametrize(("status", "kept"), [(200, 3), (304, 1)])
def test_a_304_has_neither_type_nor_length(status, kept):
    fields = [(b"Content-Type", b"a/b"), (b"Location", b"/l"), (b"Content-Length", b"1")]
    head = ResponseHead(status, Headers(fields), b"Own Words")
    finish_response(head)
    assert len(head.headers) == kept
    assert head.headers.get(b"location") == b"/l"
    assert head.reason == {200: b"OK", 304: b"Not Modified"}[status]


def test_a_phrase_is_bfes_own():
    head = ResponseHead(308)
    finish_response(head)
    assert head.reason == b"status code 308"
