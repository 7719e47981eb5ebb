"""Fields of one connection, row by row (RFC 9110 section 7.6.1)."""

import pytest

from bfe_py.model import Headers
from bfe_py.protocol import connection_options, strip_hop_by_hop

# fields as lines, fields that stay
ROWS = [
    (["Host: a", "X: 1"], ["Host: a", "X: 1"]),
    ([], []),
    (["Connection: close", "X: 1"], ["X: 1"]),
    (["Connection: X-Foo", "X-Foo: 1", "x-foo: 2", "Y: 1"], ["Y: 1"]),
    (["Connection: keep-alive, X-Foo ,\tY", "X-Foo: 1", "Y: 1", "Z: 1"], ["Z: 1"]),
    (["Connection: X-A", "Connection: X-B", "X-A: 1", "X-B: 1"], []),
    (["Connection: ,,", "X: 1"], ["X: 1"]),
    (["Keep-Alive: timeout=5", "X: 1"], ["X: 1"]),
    (["Proxy-Connection: keep-alive", "X: 1"], ["X: 1"]),
    (["Proxy-Authenticate: Basic", "Proxy-Authorization: Basic eA==", "X: 1"], ["X: 1"]),
    (["Transfer-Encoding: chunked", "Trailer: X-T", "X: 1"], ["X: 1"]),
    (["Upgrade: h2c", "HTTP2-Settings: AAMA", "Connection: Upgrade, HTTP2-Settings"], []),
    (["TE: trailers"], ["TE: trailers"]),
    (["TE: Trailers", "Connection: TE, close"], ["TE: Trailers"]),
    (["TE: trailers, deflate"], []),
    (["TE: gzip"], []),
    (["TE: trailers", "TE: gzip"], []),
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

UPGRADES = [
    (["Connection: keep-alive, Upgrade", "Upgrade: websocket"], ["Connection: Upgrade", "Upgrade: websocket"]),
    (["Upgrade: websocket", "X: 1"], ["X: 1"]),
    (["Connection: Upgrade", "X: 1"], ["X: 1"]),
    (["Connection: Upgrade, X-Foo", "X-Foo: 1", "Upgrade: ws", "Keep-Alive: 1"], ["Connection: Upgrade", "Upgrade: ws"]),
    (["Connection: close", "X: 1"], ["X: 1"]),
]  # fmt: skip


def headers_of(lines: list[str]) -> Headers:
    fields = [line.encode().partition(b": ") for line in lines]
    return Headers([(name, value) for name, _, value in fields])


@pytest.mark.parametrize(("before", "after"), ROWS)
def test_only_what_is_meant_for_everybody_is_passed_on(before, after):
    headers = headers_of(before)
    strip_hop_by_hop(headers)
    assert list(headers) == list(headers_of(after))


@pytest.mark.parametrize(("before", "after"), UPGRADES)
def test_an_upgrade_is_passed_on_where_the_caller_means_it(before, after):
    headers = headers_of(before)
    strip_hop_by_hop(headers, keep_upgrade=True)
    assert list(headers) == list(headers_of(after))


def test_connection_options_are_a_set_in_lower_case():
    headers = headers_of(["Connection: Close, ,X-A", "connection: close"])
    assert connection_options(headers) == {b"close", b"x-a"}
    assert connection_options(Headers()) == frozenset()
