import gc
import weakref

import pytest

from bfe_py.condition import Facts, compile_condition
from bfe_py.model import (
    Attempt,
    Exchange,
    Fault,
    Headers,
    Kind,
    RequestHead,
    ResponseHead,
    Session,
    TlsFacts,
)
from bfe_py.model import parse_address as parse


def make(
    target: bytes = b"/a%20b?x=1&x=2",
    fields: tuple[tuple[bytes, bytes], ...] = ((b"Host", b"Shop.test:81"),),
    *,
    authority: bytes | None = None,
    tls: TlsFacts | None = None,
    vip: str | None = None,
) -> Exchange:
    peer, local = parse("10.0.0.9", 4711), parse("10.0.0.1", 80)
    assert peer is not None
    assert local is not None
    session = Session(peer, local, 5.0, tls=tls, vip=None if vip is None else parse(vip))
    head = RequestHead(b"GET", target, Headers(fields), authority=authority)
    return Exchange(session, head, 7.0)


TLS = TlsFacts(
    "shop.test", "TLSv1.3", "X", False, is_client_authenticated=True, client_authority="ca"
)


def test_it_is_what_conditions_read():
    facts: Facts = make()
    assert (facts.host, facts.port, facts.path) == ("Shop.test", "81", "/a b")
    assert facts.target == "/a%20b?x=1&x=2"
    assert facts.method == "GET"
    assert dict(facts.query) == {"x": "1"}
    assert facts.now == 7.0
    assert facts.body_prefix == b""


def test_the_authority_of_the_target_is_the_host():
    exchange = make(b"http://other.test/x?y", authority=b"other.test")
    assert exchange.host == "other.test"
    assert exchange.path == "/x"
    assert exchange.upstream_target == b"/x?y"


def test_fields_are_found_whatever_their_case_and_host_is_none_of_them():
    exchange = make(fields=((b"Host", b"a"), (b"X-Id", b"\xff")))
    assert exchange.header("x-ID") == "\udcff"
    assert exchange.header("host") is None
    assert exchange.header("none") is None


def test_cookies_are_read_once_until_they_are_forgotten():
    exchange = make(fields=((b"Host", b"a"), (b"Cookie", b"a=1; b=2"), (b"cookie", b"a=3")))
    assert dict(exchange.cookies) == {"a": "1", "b": "2"}
    exchange.request.headers.set(b"Cookie", b"a=9")
    assert exchange.cookies["a"] == "1"
    exchange.forget_cookies()
    assert exchange.cookies["a"] == "9"


@pytest.mark.parametrize(
    ("tls", "protocol", "secure"),
    [
        (None, "HTTP/1.1", False),
        (TLS, "https", True),
        (TlsFacts(None, "", "", False, alpn="h2"), "h2", True),
    ],
)
def test_the_protocol_is_that_of_the_session(tls: TlsFacts | None, protocol: str, secure: bool):
    exchange = make(tls=tls)
    assert (exchange.protocol, exchange.is_secure) == (protocol, secure)


def test_what_tls_settled_is_known():
    exchange = make(tls=TLS)
    assert exchange.server_name == "shop.test"
    assert exchange.is_client_authenticated
    assert exchange.client_authority == "ca"
    plain = make()
    assert (plain.server_name, plain.client_authority) == (None, None)
    assert not plain.is_client_authenticated


def test_addresses_are_numbers():
    exchange = make(vip="192.0.2.1")
    assert exchange.socket_address == exchange.client_address == (0xFFFF << 32) + 0x0A000009
    assert exchange.vip == (0xFFFF << 32) + 0xC0000201
    exchange.client = None
    assert exchange.client_address is None
    assert make().vip is None


def test_trust_is_that_of_the_session():
    exchange = make()
    assert not exchange.is_trusted
    exchange.session.is_trusted = True
    assert exchange.is_trusted


def test_the_response_is_read_once_there_is_one():
    exchange = make()
    assert exchange.status is None
    assert exchange.response_header("x") is None
    exchange.response = ResponseHead(204, Headers([(b"X", b"1")]))
    assert exchange.status == 204
    assert exchange.response_header("x") == "1"
    assert exchange.response_header("y") is None


def test_a_rewrite_is_seen_by_the_rules_that_follow():
    exchange = make()
    assert exchange.query["x"] == "1"
    exchange.rewrite(target=b"/new?z=1")
    assert (exchange.path, dict(exchange.query)) == ("/new", {"z": "1"})
    assert exchange.target == "/a%20b?x=1&x=2"
    exchange.rewrite(host=b"new.test")
    assert (exchange.host, exchange.port, exchange.host_field) == ("new.test", "80", b"new.test")
    assert exchange.client_host == b"Shop.test:81"


def test_a_query_is_read_once():
    exchange = make()
    assert exchange.query is exchange.query


def test_rules_about_an_exchange_are_conditions_like_all_others():
    """`Exchange` has everything that `Facts` asks for; conditions of every family read it."""
    exchange = make(b"/a/b?x=1", ((b"Host", b"shop.test"), (b"Cookie", b"id=7")), tls=TLS)
    exchange.host_tag = "tag"
    exchange.response = ResponseHead(404)
    exchange.tag("kind", "a")
    for text in (
        'req_host_in("shop.test")',
        'req_path_prefix_in("/a", false)',
        'req_query_value_in("x", "1", false)',
        'req_cookie_value_in("id", "7", false)',
        'req_method_in("GET")',
        'req_cip_range("10.0.0.0", "10.0.0.255")',
        'res_code_in("404")',
        'req_tag_match("kind", "a")',
        "req_proto_secure()",
    ):
        assert compile_condition(text).matches(exchange), text
    missing = [
        name for name in dir(Facts) if not name.startswith("_") and not hasattr(exchange, name)
    ]
    assert missing == []


def test_a_bad_escape_is_noted():
    assert make(b"/%zz").has_bad_target
    assert make(b"/%zz").path == ""
    assert not make().has_bad_target


def test_tags_and_notes_are_kept_for_later_rules():
    exchange = make()
    exchange.tag("kind", "a")
    exchange.tag("kind", "b")
    exchange.note("geo", "DE")
    assert exchange.tags == {"kind": ["a", "b"]}
    assert exchange.context == {"geo": "DE"}


class Held:
    """Something large that a frame holds, such as a snapshot."""


def failing_attempt(exchange: Exchange, held: Held) -> None:
    """Fails as an attempt does: noted, and raised again."""
    exchange.attempt = attempt = Attempt("web", "sub", "b", "10.0.0.1", 80)
    try:
        raise Fault(Kind.CONNECT, "refused")
    except Fault as fault:
        attempt.fault = fault
        raise


def test_an_exchange_that_failed_keeps_no_frames_that_lead_back_to_it():
    exchange, held = make(), Held()
    gone = weakref.ref(held)
    gc.disable()
    try:
        try:
            failing_attempt(exchange, held)
        except Fault as fault:
            exchange.fail(fault)
        del held
        assert gone() is None
    finally:
        gc.enable()
    assert exchange.fault is not None
    assert exchange.attempt is not None
    assert exchange.fault is exchange.attempt.fault
    assert exchange.fault.kind is Kind.CONNECT


def test_a_fault_of_the_exchange_may_be_another_than_that_of_its_last_attempt():
    exchange = make()
    assert exchange.fault is None
    exchange.fail(Fault(Kind.NO_ROUTE))
    assert exchange.attempt is None
    exchange.attempt = Attempt("web", "sub", "b", "10.0.0.1", 80)
    assert exchange.attempt.fault is None
    assert exchange.fault is not None
    assert exchange.fault.kind is Kind.NO_ROUTE
    exchange.attempt.fault = None
    assert exchange.attempt.fault is None
