"""What a backend gets to see of a request."""

import pytest

from bfe_py.balance import Cluster
from bfe_py.model import Exchange
from bfe_py.protocol import H1Client, connection_options
from bfe_py.upstream import build_request
from tests.kit.modules import make_exchange

CLUSTER = Cluster("web")


def sent(exchange: Exchange, cluster: Cluster = CLUSTER) -> list[bytes]:
    """Lines of the head that the backend gets."""
    request = exchange.request
    request.options = connection_options(request.headers)
    head = build_request(exchange, cluster, "10.0.0.1", 8080)
    codec = H1Client()
    codec.send_head(codec.stream, head, end=head.body_length == 0)
    lines = codec.data_to_send().split(b"\r\n")
    assert lines[-2:] == [b"", b""]
    return lines[:-2]


def built(*headers: tuple[bytes, bytes], cluster: Cluster = CLUSTER, **made: object) -> list[bytes]:
    return sent(make_exchange(headers=headers, **made), cluster)


def hosts(lines: list[bytes]) -> list[bytes]:
    return [line[6:] for line in lines if line.lower().startswith(b"host: ")]


def test_method_target_and_fields_go_on_with_the_host_first() -> None:
    lines = built(
        (b"X-One", b"1"),
        (b"hOst", b"shop.test"),
        (b"x-One", b"2"),
        method=b"PUT",
        target=b"/a?b",
        body=b"12345",
    )
    assert lines == [
        b"PUT /a?b HTTP/1.1",
        b"Host: shop.test",
        b"X-One: 1",
        b"x-One: 2",
        b"Content-Length: 5",
    ]


def test_a_body_of_unknown_length_stays_one() -> None:
    exchange = make_exchange()
    exchange.request.body_length = None
    assert build_request(exchange, CLUSTER, "h", 1).body_length is None
    assert sent(exchange)[-1] == b"Transfer-Encoding: chunked"


HOP = (
    (b"Connection", b"X-Hop, keep-alive"),
    (b"Keep-Alive", b"timeout=5"),
    (b"X-Hop", b"1"),
    (b"Expect", b"100-continue"),
    (b"Accept", b"*/*"),
)


@pytest.mark.parametrize("is_compatible", [False, True])
def test_fields_of_the_hop_stay_here_and_what_a_module_set_goes_on(is_compatible: bool) -> None:
    # What the client nominates was taken out before modules could set fields of these names.
    lines = built(*HOP, is_compatible=is_compatible)
    assert lines[1:] == [b"Host: example.test", b"X-Hop: 1", b"Accept: */*"]


@pytest.mark.parametrize("is_compatible", [False, True])
@pytest.mark.parametrize("option", [b"close", b"keep-alive"])
def test_what_the_client_asks_of_its_own_connection_stays_here(
    option: bytes, is_compatible: bool
) -> None:
    fields = ((b"Connection", option), (b"Upgrade", b"websocket"), (b"Accept", b"*/*"))
    lines = built(*fields, is_compatible=is_compatible)
    assert lines[1:] == [b"Host: example.test", b"Accept: */*"]


@pytest.mark.parametrize(
    ("fields", "connection"),
    [
        ([(b"Upgrade", b"websocket")], [b"Connection: Upgrade"]),
        ([(b"Upgrade", b"websocket"), (b"TE", b"trailers")], [b"Connection: TE, Upgrade"]),
        ([], []),  # a module took it out
    ],
)
def test_an_upgrade_that_may_go_on_is_nominated(fields: list, connection: list[bytes]) -> None:
    lines = built((b"Connection", b"close, Upgrade"), *fields)
    named = [name + b": " + value for name, value in fields]
    assert lines[1:] == [b"Host: example.test", *named, *connection]


@pytest.mark.parametrize("is_compatible", [False, True])
@pytest.mark.parametrize("connection", [None, b"close", b"TE", b"te, close"])
@pytest.mark.parametrize(
    ("value", "goes_on"),
    [(b"trailers", True), (b"Trailers", True), (b"trailers, gzip", False), (b"gzip", False)],
)
def test_the_wish_for_trailers_goes_on_alone_and_nominated_but_for_bfe(
    value: bytes, goes_on: bool, connection: bytes | None, is_compatible: bool
) -> None:
    fields = [(b"TE", value)]
    if connection is not None:
        fields.append((b"Connection", connection))
    expected = [b"TE: " + value] if goes_on else []
    if goes_on and not is_compatible:
        expected.append(b"Connection: TE")
    assert built(*fields, is_compatible=is_compatible)[2:] == expected


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
    assert hosts(built(host=host, cluster=Cluster("web", replaces_host=replaces))) == [sent]


def test_what_rules_rewrote_is_sent() -> None:
    exchange = make_exchange(target=b"/old", host=b"old.test")
    exchange.rewrite(host=b"new.test", target=b"/new?x=1")
    lines = sent(exchange)
    assert lines[0] == b"GET /new?x=1 HTTP/1.1"
    assert hosts(lines) == [b"new.test"]


def test_an_absolute_target_becomes_a_path_and_its_authority_the_host() -> None:
    lines = built(target=b"http://shop.test/a?b", authority=b"shop.test", host=b"other.test")
    assert lines[0] == b"GET /a?b HTTP/1.1"
    assert hosts(lines) == [b"shop.test"]


def test_the_request_of_the_client_is_left_as_it_was() -> None:
    exchange = make_exchange(headers=((b"Connection", b"close"), (b"Expect", b"100-continue")))
    request = exchange.request
    before = (list(request.headers), request.authority, request.left_out, request.version)
    sent(exchange)
    assert (list(request.headers), request.authority, request.left_out, request.version) == before
    assert request.options == {b"close"}
