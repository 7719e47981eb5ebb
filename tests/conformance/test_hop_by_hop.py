"""Fields of one connection, row by row (RFC 9110 section 7.6.1)."""

import pytest

from bfe_py.model import Headers, ResponseHead
from bfe_py.protocol import ONE_HOP, connection_options, one_hop_names, strip_hop_by_hop
from tests.kit.codec import asking, feed_three_ways, head_of
from tests.kit.messages import NEXT, ok

# fields as lines, fields that stay
ROWS = [
    (["Host: a", "X: 1"], ["Host: a", "X: 1"]),
    ([], []),
    (["Connection: close", "X: 1"], ["X: 1"]),
    (["Connection: X-Foo", "X-Foo: 1", "x-foo: 2", "Y: 1"], ["Y: 1"]),
    (["Connection: keep-alive, X-Foo ,\tY", "X-Foo: 1", "Y: 1", "Z: 1"], ["Z: 1"]),
    (["Connection: X-A", "Connection: X-B", "X-A: 1", "X-B: 1"], []),
    (["Connection: ,,", "X: 1"], ["X: 1"]),
    (["Connection: ", "X: 1"], ["X: 1"]),
    (["Connection: close, close", "Close: 1", "X: 1"], ["Close: 1", "X: 1"]),
    (["Keep-Alive: timeout=5", "X: 1"], ["X: 1"]),
    (["Proxy-Connection: keep-alive", "X: 1"], ["X: 1"]),
    (["Proxy-Authenticate: Basic", "Proxy-Authorization: Basic eA==", "X: 1"], ["X: 1"]),
    (["Transfer-Encoding: chunked", "Trailer: X-T", "X: 1"], ["X: 1"]),
    (["Upgrade: h2c", "HTTP2-Settings: AAMA", "Connection: Upgrade, HTTP2-Settings"], []),
    # an upgrade is for one hop, whoever lists it
    (["Connection: keep-alive, Upgrade", "Upgrade: websocket", "X: 1"], ["X: 1"]),
    (["Upgrade: websocket", "X: 1"], ["X: 1"]),
    (["Connection: Upgrade", "X: 1"], ["X: 1"]),
    (["Connection: Upgrade, X-Foo", "X-Foo: 1", "Upgrade: ws", "Keep-Alive: 1"], []),
    # nobody may make a backend miss these
    (["Connection: Host", "Host: a"], ["Host: a"]),
    (["Connection: Content-Length", "Content-Length: 5"], ["Content-Length: 5"]),
    (["Connection: Content-Type", "Content-Type: a/b"], ["Content-Type: a/b"]),
    (["Connection: Cookie, Authorization", "Cookie: a", "Authorization: b"], ["Cookie: a", "Authorization: b"]),
    (["Connection: X-Forwarded-For", "X-Forwarded-For: 1.1.1.1"], ["X-Forwarded-For: 1.1.1.1"]),
    (["Connection: x-real-ip", "X-Real-Ip: 1.1.1.1"], ["X-Real-Ip: 1.1.1.1"]),
    (["Connection: X-Bfe-Ip", "X-Bfe-Ip: 1.1.1.1"], ["X-Bfe-Ip: 1.1.1.1"]),
    (["Connection: Cache-Control", "Cache-Control: no-store"], ["Cache-Control: no-store"]),
    # these are not of one hop
    (["Via: 1.1 x", "Expect: 100-continue", "Content-Length: 5"], ["Via: 1.1 x", "Expect: 100-continue", "Content-Length: 5"]),
]  # fmt: skip

# TE asks for trailers alone, or it goes; whether it was nominated does not matter
WISHES = [
    (["TE: trailers"], ["TE: trailers"]),
    (["TE: trailers", "Connection: TE"], ["TE: trailers"]),
    (["TE: Trailers", "Connection: TE, close"], ["TE: Trailers"]),
    (["TE: trailers", "Connection: close"], ["TE: trailers"]),
    (["TE: trailers, deflate"], []),
    (["TE: trailers, deflate", "Connection: TE"], []),
    (["TE: gzip"], []),
    (["TE: gzip", "Connection: TE"], []),
    (["TE: trailers", "TE: gzip"], []),
    (["TE: "], []),
    (["TE: trailers", "Connection: TE, X-Foo", "X-Foo: 1"], ["TE: trailers"]),
]


def headers_of(lines: list[str]) -> Headers:
    fields = [line.encode().partition(b": ") for line in lines]
    return Headers([(name, value) for name, _, value in fields])


@pytest.mark.parametrize(("before", "after"), ROWS + WISHES)
def test_of_a_request_only_what_is_meant_for_everybody_is_passed_on(before, after):
    headers = headers_of(before)
    names = one_hop_names(connection_options(headers), headers.get_all(b"te"), ONE_HOP)
    assert [field for field in headers if field[0].lower() not in names] == list(headers_of(after))


@pytest.mark.parametrize(("before", "after"), ROWS)
def test_of_a_response_only_what_is_meant_for_everybody_is_passed_on(before, after):
    headers = headers_of(before)
    options = connection_options(headers)
    response = ResponseHead(200, headers, options=options)
    strip_hop_by_hop(response)
    assert list(response.headers) == list(headers_of(after))
    assert response.options == options


@pytest.mark.parametrize(("before", "after"), ROWS)
def test_a_response_is_given_without_what_is_meant_for_this_connection(before, after):
    wire = ok(*[line.encode() for line in before], start=b"HTTP/1.1 304 Not Modified")
    response = head_of(feed_three_ways(asking(), wire, trailing=NEXT))
    assert list(response.headers) == list(headers_of(after))
    assert response.options == frozenset()


@pytest.mark.parametrize("value", ["trailers", "gzip"])
def test_no_response_asks_for_trailers(value):
    for lines in (["TE: " + value], ["TE: " + value, "Connection: TE"]):
        headers = headers_of(lines)
        response = ResponseHead(200, headers, options=connection_options(headers))
        strip_hop_by_hop(response)
        assert len(response.headers) == 0


def test_connection_options_are_a_set_in_lower_case():
    headers = headers_of(["Connection: Close, ,X-A", "connection: close"])
    assert connection_options(headers) == {b"close", b"x-a"}
    assert connection_options(Headers()) == frozenset()
