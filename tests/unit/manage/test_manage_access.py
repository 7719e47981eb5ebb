import json

import pytest

from bfe_py.manage.app import Settings
from bfe_py.model import parse_address
from bfe_py.observe import Registry


@pytest.mark.parametrize(
    ("host", "status"),
    [
        (b"127.0.0.1:8421", 200),
        (b"127.0.0.1", 200),
        (b"[::1]:8421", 200),
        (b"[::1]", 200),
        (b"localhost", 200),
        (b"LocalHost.:8421", 200),
        (b"bfe.example.org:8421", 200),
        (b"", 200),
        (b"evil.example:8421", 403),
        (b"localhost.evil.example", 403),
        (b"127.0.0.1.evil.example", 403),
        (b"evil.example:80x", 403),
        (b"\xff", 403),
    ],
)
def test_only_names_of_ours_are_let_in(make_client, host, status):
    client = make_client(Settings(names=frozenset({"bfe.example.org"})))

    assert client.send("/healthz", headers=[(b"Host", host)]).head.status == status


@pytest.mark.parametrize(
    ("address", "host", "status"),
    [
        ("127.0.0.1", b"127.0.0.1:8421", 200),
        ("127.0.0.1", b"127.0.0.1:99", 200),
        ("127.0.0.1", b"localhost:8421", 200),
        ("127.0.0.1", b"[::1]:8421", 200),
        ("127.0.0.1", b"[::ffff:127.0.0.1]:8421", 200),
        ("127.0.0.1", b"127.9.9.9:8421", 200),
        ("127.0.0.1", b"10.0.0.1:8421", 403),
        ("127.0.0.1", b"0.0.0.0:8421", 403),
        ("127.0.0.1", b"[::]:8421", 403),
        ("127.0.0.1", b"shop.example", 403),
        ("10.0.0.1", b"10.0.0.1:8421", 200),
        ("10.0.0.1", b"[::ffff:10.0.0.1]:8421", 200),
        ("10.0.0.1", b"10.0.0.2:8421", 403),
        ("10.0.0.1", b"127.0.0.1:8421", 200),
        ("[2001:db8::1]", b"[2001:db8:0::1]:8421", 200),
        ("[2001:db8::1]", b"[2001:db8::2]:8421", 403),
        ("Lb.Example", b"lb.example.:8421", 200),
        ("lb.example", b"10.0.0.1:8421", 403),
        ("/run/bfe.sock", b"localhost", 200),
        ("/run/bfe.sock", b"10.0.0.1", 403),
        ("", b"10.0.0.1:8421", 200),
        ("0.0.0.0", b"10.0.0.1:8421", 200),
        ("[::]", b"[2001:db8::1]:8421", 200),
        ("", b"shop.example", 403),
        ("", b":8421", 403),
        ("0.0.0.0", b"shop.example", 403),
    ],
)
def test_host_is_this_machine_or_the_address_of_the_listener(make_client, address, host, status):
    client = make_client(Settings(address=address))

    assert client.send("/metrics", headers=[(b"Host", host)]).head.status == status


def test_the_authority_counts_before_host(client):
    reply = client.send("/healthz", authority=b"evil.example")

    assert reply.head.status == 403


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (b"http://127.0.0.1:8421", 200),
        (b"http://127.0.0.1:8080", 403),
        (b"https://evil.example", 403),
        (b"null", 403),
    ],
)
def test_pages_of_other_origins_are_not_let_in(client, origin, status):
    assert client.send("/healthz", headers=[(b"Origin", origin)]).head.status == status


def test_a_request_that_is_not_let_in_is_counted(make_client):
    registry = Registry()

    make_client(registry=registry).send("/healthz", headers=[(b"Host", b"evil.example")])

    numbers = {sample.name: sample.values[0][1] for sample in registry.read().samples}
    assert numbers["bfe_manage_refused_total"] == numbers["bfe_manage_requests_total"] == 1


PEERS = [
    ("127.0.0.1", None, True),
    ("127.9.9.9", None, True),
    ("::1", None, True),
    ("::ffff:127.0.0.1", None, True),
    ("10.0.0.5", None, False),
    ("2001:db8::1", None, False),
    ("127.0.0.1", "10.0.0.5", False),
    ("10.0.0.5", "127.0.0.1", False),
    ("127.0.0.1", "127.0.0.1", True),
]


@pytest.mark.parametrize(("peer", "balancer", "is_allowed"), PEERS)
def test_reloading_is_for_this_machine(make_client, observed, peer, balancer, is_allowed):
    peers = [parse_address(text, 1234) for text in (peer, balancer) if text]
    client = make_client(peer=peers[0], balancer=peers[1] if balancer else None)

    reply = client.send("/reload/server_data_conf")

    assert reply.head.status == 200
    error = json.loads(reply.body)["error"]
    if is_allowed:
        assert error is None
    else:
        assert error.startswith("reload is not allowed from [")
        assert error.endswith(":1234]")
    assert bool(observed.reloaded) == is_allowed
