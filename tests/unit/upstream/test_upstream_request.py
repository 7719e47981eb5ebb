"""What a backend gets to see of a request."""

import pytest

from bfe_py.balance import Cluster
from bfe_py.model import RequestHead
from bfe_py.upstream import build_request
from tests.kit.modules import make_exchange

CLUSTER = Cluster("web")


def built(*headers: tuple[bytes, bytes], cluster: Cluster = CLUSTER, **made: object) -> RequestHead:
    exchange = make_exchange(headers=headers, **made)
    return build_request(exchange, cluster, "10.0.0.1", 8080)


def test_method_target_and_fields_go_on_with_the_host_first() -> None:
    head = built(
        (b"X-One", b"1"),
        (b"hOst", b"shop.test"),
        (b"x-One", b"2"),
        method=b"PUT",
        target=b"/a?b",
        body=b"12345",
    )
    assert (head.method, head.target, head.version, head.body_length) == (
        b"PUT",
        b"/a?b",
        b"1.1",
        5,
    )
    assert list(head.headers) == [(b"Host", b"shop.test"), (b"X-One", b"1"), (b"x-One", b"2")]


def test_a_body_of_unknown_length_stays_one() -> None:
    exchange = make_exchange()
    exchange.request.body_length = None
    assert build_request(exchange, CLUSTER, "h", 1).body_length is None


def test_fields_of_the_hop_and_expect_stay_here() -> None:
    head = built(
        (b"Connection", b"X-Hop, keep-alive"),
        (b"Keep-Alive", b"timeout=5"),
        (b"X-Hop", b"1"),
        (b"Expect", b"100-continue"),
        (b"Accept", b"*/*"),
    )
    assert list(head.headers) == [(b"Host", b"example.test"), (b"Accept", b"*/*")]


@pytest.mark.parametrize(
    ("host", "replaces", "sent"),
    [
        (b"shop.test:81", False, b"shop.test:81"),
        (b"shop.test", True, b"10.0.0.1:8080"),
        (None, False, b"10.0.0.1:8080"),
        (b"", False, b"10.0.0.1:8080"),
    ],
)
def test_the_host_is_the_clients_or_the_backends(
    host: bytes | None, replaces: bool, sent: bytes
) -> None:
    head = built(host=host, cluster=Cluster("web", replaces_host=replaces))
    assert head.headers.get_all(b"host") == [sent]


def test_what_rules_rewrote_is_sent() -> None:
    exchange = make_exchange(target=b"/old", host=b"old.test")
    exchange.rewrite(host=b"new.test", target=b"/new?x=1")
    head = build_request(exchange, CLUSTER, "h", 1)
    assert head.target == b"/new?x=1"
    assert head.headers.get_all(b"host") == [b"new.test"]


def test_an_absolute_target_becomes_a_path_and_its_authority_the_host() -> None:
    head = built(target=b"http://shop.test/a?b", authority=b"shop.test", host=b"other.test")
    assert head.target == b"/a?b"
    assert head.headers.get_all(b"host") == [b"shop.test"]


def test_the_request_of_the_client_is_left_as_it_was() -> None:
    exchange = make_exchange(headers=((b"Connection", b"close"), (b"Expect", b"100-continue")))
    before = list(exchange.request.headers)
    build_request(exchange, CLUSTER, "h", 1)
    assert list(exchange.request.headers) == before
