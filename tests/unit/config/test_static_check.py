from collections.abc import Callable

import pytest

from bfe_py.config.conditions import ConditionCache
from bfe_py.config.findings import Report
from bfe_py.config.places import DocumentPlaces
from bfe_py.config.positioned import PositionedFindings
from bfe_py.config.static_check import (
    check_https,
    check_own,
    check_proxy_trust,
    check_server,
    check_session_cache,
    check_session_ticket,
)
from bfe_py.config.static_own import Own
from bfe_py.config.static_schema import Https, Server, SessionCache, SessionTicket


def found(check: Callable[[PositionedFindings], object]) -> tuple[object, list[str]]:
    report = Report()
    findings = PositionedFindings(
        DocumentPlaces("bfe.conf"), report, ConditionCache(), lambda _: None
    )
    value = check(findings)
    return value, [f"{one.code} {one.message}" for one in report]


def server(built: object = None, **fields: object) -> tuple[Server, list[str]]:
    value, codes = found(lambda findings: check_server(Server(**fields), built, findings))
    assert isinstance(value, Server)
    return value, codes


def test_a_default_server_is_sound() -> None:
    assert server() == (Server(), [])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"monitor_port": -1}, "E602 MonitorPort is no port"),
        ({"monitor_port": 65536}, "E602 MonitorPort is no port"),
        ({"load_balancer": "FOO"}, "E602 Layer4LoadBalancer is not known"),
        ({"load_balancer": "proxy"}, "E602 Layer4LoadBalancer is not known"),
        ({"accessible_body_bytes": 8388609}, "E602 AccessibleBodySize is too large"),
        ({"monitor_interval": 33}, "E602 MonitorInterval does not fit a minute"),
        ({"monitor_interval": 15}, "E602 MonitorInterval does not fit a minute"),
        ({"modules": ("mod_nope",)}, 'E601 unknown module "mod_nope"'),
        ({"is_ai_gateway": True}, "W622 the model gateway is not built"),
    ],
)
def test_what_bfe_refuses_of_a_server(fields: dict[str, object], message: str) -> None:
    assert server(**fields)[1] == [message]


def test_a_port_that_is_not_used_is_not_checked() -> None:
    assert server(monitor_port=-1, is_monitored=False)[1] == []


@pytest.mark.parametrize("name", ["", "PROXY", "NONE"])
def test_load_balancers_are_proxy_or_none(name: str) -> None:
    assert server(load_balancer=name)[1] == []


@pytest.mark.parametrize(
    ("field", "value", "used"),
    [
        ("accessible_body_bytes", 0, 2097152),
        ("accessible_body_bytes", -1, 2097152),
        ("monitor_interval", 0, 20),
        ("monitor_interval", 90, 60),
        ("host_rule", "", "server_data_conf/host_rule.data"),
        ("gslb", "", "cluster_conf/gslb.data"),
    ],
)
def test_what_bfe_replaces_by_a_default_is_replaced(
    field: str, value: object, used: object
) -> None:
    checked, messages = server(**{field: value})
    assert getattr(checked, field) == used
    assert [message[:4] for message in messages] == ["W621"]


@pytest.mark.parametrize("interval", [20, 30, 60])
def test_intervals_fit_a_minute(interval: int) -> None:
    assert server(monitor_interval=interval)[1] == []


def test_no_names_are_none() -> None:
    assert server(names="") == (Server(names=""), [])


def test_modules_of_bfe_that_are_not_built_are_left_out() -> None:
    modules = ("mod_header", "mod_wasm", "mod_header", "mod_ours")
    checked, messages = server(built={"mod_header", "mod_ours"}, modules=modules)
    assert checked.modules == ("mod_header", "mod_ours")
    assert messages == ["W620 mod_wasm is not built; the rest runs without it"]


def test_without_a_list_of_modules_those_of_bfe_are_known() -> None:
    assert server(modules=("mod_wasm",))[0].modules == ("mod_wasm",)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"suites": ("TLS_FOO",)}, 'E602 unknown cipher suite "TLS_FOO"'),
        (
            {"suites": ("TLS_RSA_WITH_AES_128_CBC_SHA|TLS_FOO",)},
            'E602 unknown cipher suite "TLS_FOO"',
        ),
        (
            {"suites": ("TLS_RSA_WITH_RC4_128_SHA",)},
            "W623 TLS_RSA_WITH_RC4_128_SHA is not offered by OpenSSL",
        ),
        ({"curves": ("P256",)}, 'E602 unknown curve "P256"'),
        ({"curves": ("CurveP256,CurveP384",)}, 'E602 unknown curve "CurveP256,CurveP384"'),
        ({"oldest_version": "TLS1"}, 'E602 MinTlsVersion "TLS1" is not known'),
        (
            {"oldest_version": "VersionTLS12", "newest_version": "VersionTLS11"},
            "E602 MaxTlsVersion is older than MinTlsVersion",
        ),
        ({"rules": ""}, "W621 TlsRuleConf counts as tls_conf/tls_rule_conf.data"),
    ],
)
def test_what_bfe_refuses_of_tls(fields: dict[str, object], message: str) -> None:
    assert found(lambda findings: check_https(Https(**fields), findings))[1] == [message]


def test_known_suites_curves_and_versions_are_fine() -> None:
    https = Https(
        suites=("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256|TLS_RSA_WITH_AES_256_CBC_SHA",),
        curves=("CurveP256", "X25519"),
        oldest_version="VersionTLS12",
        newest_version="VersionTLS12",
    )
    assert found(lambda findings: check_https(https, findings)) == (https, [])


def test_a_disabled_session_cache_is_not_looked_at() -> None:
    assert found(lambda findings: check_session_cache(SessionCache(), findings))[1] == []


def test_an_enabled_session_cache_must_be_complete() -> None:
    cache = SessionCache(is_disabled=False, write_ms=0, idle_connections=0, expiry=-1)
    messages = found(lambda findings: check_session_cache(cache, findings))[1]
    assert [message.split()[1] for message in messages] == [
        "sessions",
        "Servers",
        "ReadTimeout",
        "WriteTimeout",
        "MaxIdle",
        "SessionExpire",
    ]


def test_a_complete_session_cache_is_said_to_be_of_no_use() -> None:
    cache = SessionCache(is_disabled=False, servers="redis", read_ms=50)
    messages = found(lambda findings: check_session_cache(cache, findings))[1]
    assert [message[:4] for message in messages] == ["W622"]


def test_an_empty_key_file_has_its_default() -> None:
    value, messages = found(
        lambda findings: check_session_ticket(SessionTicket(key_file=""), findings)
    )
    assert value == SessionTicket()
    assert len(messages) == 1


@pytest.mark.parametrize(
    ("own", "codes"),
    [
        (Own(proxy_trusted=("10.0.0.0/8", "192.0.2.1", "2001:db8::/32", "10.0.0.1/8")), []),
        (Own(proxy_trusted=("10.0.0.0/33", "here")), ["E602", "E602"]),
        (Own(tenant_backends=("10.0.0.0/8", "192.0.2.1", "2001:db8::/32", "::1")), []),
        (Own(tenant_backends=("10.0.0.0/33", "here", "")), ["E602", "E602", "E602"]),
        (Own(restart_min_ms=2, restart_max_ms=1), ["E602"]),
        (Own(user="bfe", group="www"), []),
        (Own(group="www"), ["E602"]),
    ],
)
def test_what_is_refused_of_our_own_section(own: Own, codes: list[str]) -> None:
    messages = found(lambda findings: check_own(own, findings))[1]
    assert [message[:4] for message in messages] == codes


@pytest.mark.parametrize(
    ("balancer", "own", "messages"),
    [
        (
            "PROXY",
            Own(),
            ["W624 nobody says whose PROXY headers count: those of loopback and private addresses"],
        ),
        (
            "PROXY",
            Own(compat_proxy_trust=True),
            ["W624 nobody says whose PROXY headers count: everybody's"],
        ),
        ("PROXY", Own(proxy_trusted=("10.0.0.0/8",)), []),
        ("NONE", Own(), []),
        ("", Own(), []),
    ],
)
def test_whose_proxy_headers_count_is_to_be_said(
    balancer: str, own: Own, messages: list[str]
) -> None:
    checked = Server(load_balancer=balancer)
    told = found(lambda findings: check_proxy_trust(checked, own, findings))[1]
    assert [message.removesuffix(" do") for message in told] == messages
