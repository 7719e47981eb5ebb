import pytest

from bfe_py.model import UNIX_PEER
from bfe_py.modules.header import DEFAULT_FIELDS, DEFAULT_NAMES, MODULE
from bfe_py.pipeline import Phase
from tests.kit.modules import build_module, make_address, make_exchange, make_session, make_tls

NO_RULES = {"rules": {"Version": "1", "Config": {}}}


def built(*, is_compatible=False, **basic):
    return build_module(MODULE, NO_RULES, {"Basic": basic}, is_compatible=is_compatible)


def added(exchange, module=None):
    """Fields that the request has after ROUTE, but for those of the test's own."""
    assert (module or built()).run(Phase.ROUTE, exchange) is None
    return {
        name.decode(): value.decode()
        for name, value in exchange.request.headers
        if name.lower() != b"host"
    }


def test_a_request_gets_the_fields_of_the_table():
    fields = added(make_exchange(peer="203.0.113.5:4321", host=b"www.test:81"))

    assert fields == {
        "X-Forwarded-Host": "www.test:81",
        "X-Forwarded-For": "203.0.113.5",
        "X-Forwarded-Port": "4321",
        "X-Real-Ip": "203.0.113.5",
        "X-Real-Port": "4321",
        "X-Bfe-Ip": "127.0.0.1",
        "X-Forwarded-Proto": "http",
    }
    assert [field.name.decode() for field in DEFAULT_FIELDS] == list(fields)


def test_bfe_does_not_tell_the_scheme():
    assert "X-Forwarded-Proto" not in added(make_exchange(), built(is_compatible=True))


def test_a_connection_with_tls_is_https():
    exchange = make_exchange(session=make_session(tls=make_tls()))

    assert added(exchange)["X-Forwarded-Proto"] == "https"


# vector 8
def test_what_came_before_is_kept_in_front():
    prior = [
        (b"X-Forwarded-For", b"192.168.0.1"),
        (b"x-forwarded-port", b"8080"),
        (b"X-Forwarded-Host", b"prior.example.org"),
        (b"X-Forwarded-For", b"192.168.0.2"),
    ]
    exchange = make_exchange(headers=prior, peer="10.0.0.1:12345", host=b"www.example.org")

    fields = added(exchange)

    assert fields["X-Forwarded-For"] == "192.168.0.1, 192.168.0.2, 10.0.0.1"
    assert fields["X-Forwarded-Port"] == "8080, 12345"
    assert fields["X-Forwarded-Host"] == "prior.example.org, www.example.org"


# compatible -> value behind an empty one
@pytest.mark.parametrize(("is_compatible", "value"), [(False, "127.0.0.1"), (True, ", 127.0.0.1")])
def test_an_empty_value_before_leaves_no_comma_but_with_bfe(is_compatible, value):
    exchange = make_exchange(headers=[(b"X-Forwarded-For", b"")])

    assert added(exchange, built(is_compatible=is_compatible))["X-Forwarded-For"] == value


# vectors 9 and 10
def test_an_unknown_client_has_no_real_address():
    exchange = make_exchange(headers=[(b"X-Real-Ip", b"junk")])
    exchange.client = None

    fields = added(exchange)

    assert fields["X-Real-Ip"] == "junk"
    assert "X-Real-Port" not in fields
    assert fields["X-Bfe-Ip"] == "127.0.0.1"


def test_a_client_behind_a_trusted_peer_is_the_real_address():
    exchange = make_exchange(
        headers=[(b"X-Real-Ip", b"8.8.8.8"), (b"X-Forwarded-Proto", b"https")],
        session=make_session("10.1.0.5:4321", is_trusted=True),
    )
    exchange.client = make_address("9.9.9.9:99")

    fields = added(exchange)

    assert (fields["X-Real-Ip"], fields["X-Real-Port"]) == ("9.9.9.9", "99")
    assert fields["X-Forwarded-For"] == "10.1.0.5"
    assert fields["X-Forwarded-Proto"] == "https"


def test_the_scheme_that_a_stranger_claims_is_replaced():
    exchange = make_exchange(headers=[(b"X-Forwarded-Proto", b"https")])

    assert added(exchange)["X-Forwarded-Proto"] == "http"


def test_a_request_without_a_host_has_no_forwarded_host():
    assert "X-Forwarded-Host" not in added(make_exchange(host=None))


def test_a_peer_without_an_address_leaves_the_address_fields_out():
    exchange = make_exchange()
    exchange.session.peer = exchange.session.local = exchange.client = UNIX_PEER

    assert added(exchange).keys() == {"X-Forwarded-Host", "X-Forwarded-Proto"}


def test_the_next_request_of_a_connection_may_have_another_host():
    module, session = built(), make_session()

    hosts = [
        added(make_exchange(session=session, host=host), module)["X-Forwarded-Host"]
        for host in (b"a.test", b"a.test", b"b.test")
    ]

    assert hosts == ["a.test", "a.test", "b.test"]


def test_the_next_request_of_a_trusted_peer_may_be_of_another_client():
    module, session = built(), make_session("10.1.0.5:4321", is_trusted=True)
    shown = []
    for client in ("9.9.9.9:99", "9.9.9.9:99", "9.9.9.9:98", None):
        exchange = make_exchange(session=session)
        exchange.client = None if client is None else make_address(client)
        fields = added(exchange, module)
        shown.append((fields.get("X-Real-Ip"), fields.get("X-Real-Port")))

    assert shown == [("9.9.9.9", "99"), ("9.9.9.9", "99"), ("9.9.9.9", "98"), (None, None)]


def test_requests_of_a_connection_do_not_share_their_fields():
    module, session = built(), make_session()
    first, second = make_exchange(session=session), make_exchange(session=session)
    added(first, module)
    first.request.headers.remove(b"x-real-ip")

    assert "X-Real-Ip" in added(second, module)


def test_the_fields_can_be_disabled():
    module = built(DisableDefaultHeader="true")

    assert module.handlers == {}


# version of the request -> Via
@pytest.mark.parametrize(("version", "via"), [(b"1.1", "1.1 edge"), (b"2", "2 edge")])
def test_via_is_added_only_where_a_setting_names_us(version, via):
    assert added(make_exchange(version=version), built(Via="edge"))["Via"] == via
    prior = make_exchange(headers=[(b"via", b"1.0 fred")], version=version)
    assert added(prior, built(Via="edge", DisableDefaultHeader="true")) == {
        "Via": f"1.0 fred, {via}"
    }


def test_a_name_that_cannot_stand_in_via_is_refused():
    with pytest.raises(AssertionError, match="no name for Via"):
        built(Via="a b")


def test_every_field_is_protected_and_says_why():
    assert {field.name.lower() for field in DEFAULT_FIELDS} | {b"via"} == DEFAULT_NAMES
    assert all(field.value and field.why for field in DEFAULT_FIELDS)
