import msgspec
import pytest

from bfe_py.config import Own, Server, Static, with_compatibility
from bfe_py.model import parse_address
from bfe_py.server import terms as terms_module
from bfe_py.server.terms import (
    backend_dialect,
    client_terms,
    exchange_policy,
    proxy_header_policy,
)


def static(*, is_compatible: bool = False, **settings: object) -> Static:
    names = {field.name for field in msgspec.structs.fields(Server)}
    server = Server(**{name: value for name, value in settings.items() if name in names})
    own = Own(**{name: value for name, value in settings.items() if name not in names})
    return Static(server=server, own=with_compatibility(own) if is_compatible else own)


def test_what_bfe_conf_says_is_granted_to_clients():
    terms = client_terms(
        static(
            header_bytes=111,
            target_bytes=222,
            header_fields=33,
            trailer_bytes=44,
            trailer_fields=5,
            chunk_extension_bytes=6,
            read_timeout=7,
            idle_seconds=8,
            handshake_timeout=9,
            connection_requests=10,
            is_kept_alive=False,
        ),
        is_compatible=False,
    )
    limits = terms.limits
    assert (limits.header, limits.target, limits.fields) == (111, 222, 33)
    assert (limits.trailer, limits.trailer_fields, limits.chunk_extensions) == (44, 5, 6)
    assert (terms.header_seconds, terms.idle_seconds, terms.handshake_seconds) == (7, 8, 9)
    assert (terms.requests, terms.keeps_alive) == (10, False)
    assert not terms.is_compatible
    assert not terms.hides_timeouts
    assert not terms.dialect.forwards_underscores
    assert not terms.dialect.accepts_authority_conflict
    assert not terms.dialect.refuses_bad_escapes
    assert not terms.follows_bfe


LIMITS = [
    ("ClientReadTimeout", 7, lambda terms: terms.header_seconds, 10),
    ("MaxHeaderUriBytes", 7, lambda terms: terms.limits.target, 8192),
    ("MaxHeaderBytes", 7, lambda terms: terms.limits.header, 65536),
    ("HeaderFields", 7, lambda terms: terms.limits.fields, 100),
    ("IdleSeconds", 7, lambda terms: terms.idle_seconds, 60),
    ("RequestsPerConnection", 7, lambda terms: terms.requests, 10_000),
    ("ConnectionsPerAddress", 7, lambda terms: terms.address_connections, 1000),
    ("BodyBytesPerSecond", 7, lambda terms: terms.least_rate.bytes_per_second, 240.0),
    ("BodyGraceSeconds", 7, lambda terms: terms.least_rate.grace_seconds, 5.0),
    ("ExchangeSeconds", 7, lambda terms: terms.exchange_seconds, 0.0),
]


@pytest.mark.parametrize(
    ("key", "value", "read", "default"), LIMITS, ids=[row[0] for row in LIMITS]
)
def test_every_limit_has_a_key_and_a_default(key, value, read, default):
    names = {
        field.encode_name: field.name
        for section in (Server, Own)
        for field in msgspec.structs.fields(section)
    }
    assert read(client_terms(static(), is_compatible=False)) == default
    assert read(client_terms(static(**{names[key]: value}), is_compatible=False)) == value


def test_a_rate_of_nothing_lifts_it():
    terms = client_terms(static(body_rate=0), is_compatible=False)
    assert terms.least_rate.bytes_per_second == 0.0


def test_nothing_lifts_a_limit():
    terms = client_terms(static(connection_requests=0), is_compatible=False)
    assert terms.requests > 1_000_000


def test_compatibility_is_as_lax_as_bfe():
    terms = client_terms(static(is_compatible=True), is_compatible=True)
    assert terms.is_compatible
    assert terms.hides_timeouts
    assert terms.limits.fields > 1_000_000
    assert terms.dialect.forwards_underscores
    assert terms.dialect.accepts_authority_conflict
    assert terms.dialect.accepts_empty_host
    assert terms.dialect.refuses_bad_escapes
    assert terms.follows_bfe
    assert not terms.dialect.accepts_odd_responses


@pytest.mark.parametrize("is_compatible", [False, True])
def test_backends_may_be_as_odd_as_bfe_lets_them(is_compatible: bool):
    dialect = backend_dialect(is_compatible=is_compatible)
    assert dialect.accepts_odd_responses is is_compatible


def test_a_worker_takes_no_more_connections_than_it_has_descriptors_for(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(terms_module.resource, "getrlimit", lambda _: (1000, 4096))
    assert client_terms(static(), is_compatible=False).connections == 400
    assert client_terms(static(worker_connections=7), is_compatible=False).connections == 7
    beyond = static(worker_connections=1000)
    assert client_terms(beyond, is_compatible=False).connections == 800


@pytest.mark.parametrize("is_compatible", [False, True])
def test_exchanges_go_by_the_switches(is_compatible: bool):
    policy = exchange_policy(
        static(is_compatible=is_compatible, body_bytes=99), is_compatible=is_compatible
    )
    assert policy.statuses_as_bfe is policy.paths_as_sent is policy.is_compatible is is_compatible
    assert policy.body_limit == 99


def trusts(settings: Static, address: str) -> bool:
    policy = proxy_header_policy(settings)
    assert policy is not None
    parsed = parse_address(address)
    assert parsed is not None
    return policy.trusts(parsed)


def test_without_a_balancer_in_front_there_are_no_proxy_headers():
    assert proxy_header_policy(static()) is None


def test_headers_of_loopback_and_private_ranges_count_where_nobody_says_otherwise():
    settings = static(load_balancer="PROXY", read_timeout=7, proxy_header_bytes=99)
    for address in ("127.0.0.1", "10.9.9.9", "192.168.1.1", "172.31.0.1", "::1", "fd00::1"):
        assert trusts(settings, address)
    for address in ("203.0.113.9", "172.32.0.1", "2001:db8::1"):
        assert not trusts(settings, address)
    policy = proxy_header_policy(settings)
    assert policy is not None
    assert (policy.limit, policy.seconds) == (99, 7)


def test_headers_of_those_who_are_named_count_and_no_others():
    settings = static(load_balancer="PROXY", proxy_trusted=("203.0.113.0/24", "2001:db8::1"))
    assert trusts(settings, "203.0.113.9")
    assert trusts(settings, "2001:db8::1")
    assert not trusts(settings, "10.0.0.1")
    assert not trusts(settings, "2001:db8::2")


def test_as_bfe_everybodys_headers_count_until_somebody_is_named():
    assert trusts(static(is_compatible=True, load_balancer="PROXY"), "203.0.113.9")
    named = static(is_compatible=True, load_balancer="PROXY", proxy_trusted=("10.0.0.0/8",))
    assert not trusts(named, "203.0.113.9")
