import pytest

from bfe_py.model import Headers
from bfe_py.modules.cors import MODULE
from bfe_py.modules.cors.module import add_vary
from bfe_py.pipeline import Phase, Respond
from tests.kit.modules import (
    CollectedFindings,
    build_module,
    compile_document,
    make_exchange,
    make_response,
)

LIST = {
    "Cond": "default_t()",
    "AccessControlAllowOrigins": ["https://a.test", "https://b.test"],
    "AccessControlAllowCredentials": True,
    "AccessControlExposeHeaders": ["X-E1", "X-E2"],
    "AccessControlAllowMethods": ["PUT", "DELETE"],
    "AccessControlAllowHeaders": ["X-Bfe-Test"],
    "AccessControlMaxAge": 600,
}
STAR = {
    "Cond": "default_t()",
    "AccessControlAllowOrigins": ["*"],
    "AccessControlAllowMethods": ["*"],
    "AccessControlAllowHeaders": ["*"],
    "AccessControlExposeHeaders": ["*"],
}
ECHO = {
    "Cond": "default_t()",
    "AccessControlAllowOrigins": ["%origin"],
    "AccessControlAllowCredentials": True,
}
NULL = {"Cond": "default_t()", "AccessControlAllowOrigins": ["null"]}
NEVER_KEPT = {
    "Cond": "default_t()",
    "AccessControlAllowOrigins": ["*"],
    "AccessControlMaxAge": -1,
}


def file(*rules: object) -> dict[str, object]:
    return {"Version": "1", "Config": {"shop": list(rules)}}


def build(*rules: object, is_compatible: bool = False):
    return build_module(MODULE, {"rules": file(*rules)}, is_compatible=is_compatible)


def ask(method: bytes = b"GET", origin: bytes | None = None, wanted: bytes | None = None, **more):
    fields = [] if origin is None else [(b"Origin", origin)]
    if wanted is not None:
        fields.append((b"Access-Control-Request-Method", wanted))
    return make_exchange(method=method, headers=fields, tenant="shop", **more)


def shared(headers: Headers) -> dict[str, str]:
    return {
        name.decode().removeprefix("Access-Control-"): value.decode() for name, value in headers
    }


@pytest.mark.parametrize(
    ("rule", "origin", "expected"),
    [
        (
            LIST,
            b"https://a.test",
            {
                "Allow-Origin": "https://a.test",
                "Allow-Credentials": "true",
                "Allow-Methods": "PUT,DELETE",
                "Allow-Headers": "X-Bfe-Test",
                "Max-Age": "600",
                "Vary": "Origin",
            },
        ),
        (LIST, b"https://evil.test", {}),
        (LIST, b"HTTPS://A.TEST", {}),
        (
            STAR,
            b"https://evil.test",
            {"Allow-Origin": "*", "Allow-Methods": "*", "Allow-Headers": "*", "Vary": "Origin"},
        ),
        (
            ECHO,
            b"https://evil.test",
            {"Allow-Origin": "https://evil.test", "Allow-Credentials": "true", "Vary": "Origin"},
        ),
        (NULL, b"null", {"Allow-Origin": "null", "Vary": "Origin"}),
        (NULL, b"https://a.test", {}),
        (
            NEVER_KEPT,
            b"https://a.test",
            {"Allow-Origin": "*", "Max-Age": "-1", "Vary": "Origin"},
        ),
    ],
)
def test_a_preflight_is_answered_with_what_the_rule_allows(rule, origin, expected):
    verdict = build(rule).run(Phase.TENANT, ask(b"OPTIONS", origin, b"PUT"))
    assert isinstance(verdict, Respond)
    assert (verdict.head.status, verdict.head.body_length, verdict.body) == (204, 0, b"")
    assert not verdict.skips_response_phase
    assert shared(verdict.head.headers) == expected


@pytest.mark.parametrize(
    ("method", "origin", "wanted"),
    [
        (b"OPTIONS", b"https://a.test", None),
        (b"OPTIONS", b"https://a.test", b"FOO"),
        (b"OPTIONS", b"https://a.test", b"put"),
        (b"OPTIONS", None, b"PUT"),
        (b"OPTIONS", b"", b"PUT"),
        (b"GET", b"https://a.test", b"PUT"),
    ],
)
def test_other_requests_are_no_preflights(method, origin, wanted):
    built = build(LIST)
    assert built.run(Phase.TENANT, ask(method, origin, wanted)) is None
    assert built.counted() == {}


def test_a_preflight_without_a_rule_goes_to_the_backend_and_back_untouched():
    built = build({**LIST, "Cond": "!default_t()"})
    exchange = ask(b"OPTIONS", b"https://a.test", b"PUT")
    assert built.run(Phase.TENANT, exchange) is None
    exchange.response = make_response()
    assert build(LIST).run(Phase.RESPONSE, exchange) is None
    assert shared(exchange.response.headers) == {}


@pytest.mark.parametrize(
    ("rule", "origin", "expected"),
    [
        (
            LIST,
            b"https://b.test",
            {
                "Allow-Origin": "https://b.test",
                "Allow-Credentials": "true",
                "Expose-Headers": "X-E1,X-E2",
                "Vary": "Origin",
            },
        ),
        (LIST, b"https://evil.test", {}),
        (LIST, b"null", {}),
        (LIST, None, {}),
        (LIST, b"", {}),
        (
            STAR,
            b"https://a.test",
            {"Allow-Origin": "*", "Expose-Headers": "*", "Vary": "Origin"},
        ),
        (
            ECHO,
            b"http://mirror.example",
            {
                "Allow-Origin": "http://mirror.example",
                "Allow-Credentials": "true",
                "Vary": "Origin",
            },
        ),
        (ECHO, b"null", {"Allow-Origin": "null", "Allow-Credentials": "true", "Vary": "Origin"}),
        (NEVER_KEPT, b"https://a.test", {"Allow-Origin": "*", "Vary": "Origin"}),
        ({**LIST, "Cond": "!default_t()"}, b"https://a.test", {}),
    ],
)
def test_a_response_gets_what_the_rule_allows(rule, origin, expected):
    exchange = ask(b"GET", origin, response=make_response())
    assert build(rule).run(Phase.RESPONSE, exchange) is None
    assert shared(exchange.response.headers) == expected


def test_fields_of_the_backend_are_replaced():
    response = make_response(headers=[(b"access-control-allow-origin", b"*")])
    build(LIST).run(Phase.RESPONSE, ask(b"GET", b"https://a.test", response=response))
    assert response.headers.get_all(b"access-control-allow-origin") == [b"https://a.test"]


def test_an_exchange_without_a_response_is_left_alone():
    built = build(LIST)
    assert built.run(Phase.RESPONSE, ask(b"GET", b"https://a.test")) is None
    assert built.counted() == {}


@pytest.mark.parametrize(
    ("lines", "expected", "compatible"),
    [
        ([], [b"Origin"], [b"Origin"]),
        ([b""], [b"Origin"], [b"Origin"]),
        ([b"*"], [b"*"], [b"*"]),
        ([b"Accept-Encoding"], [b"Accept-Encoding,Origin"], [b"Accept-Encoding,Origin"]),
        ([b"Accept-Encoding, Origin"], [b"Accept-Encoding, Origin"], [b"Accept-Encoding, Origin"]),
        ([b"Accept, origin"], [b"Accept, origin"], [b"Accept, origin,Origin"]),
        ([b"Accept", b"Cookie"], [b"Accept,Cookie,Origin"], [b"Accept,Cookie,Origin"]),
        ([b"Accept", b"Origin"], [b"Accept", b"Origin"], [b"Accept", b"Origin"]),
    ],
)
def test_vary_names_origin_once(lines, expected, compatible):
    for is_compatible, wanted in ((False, expected), (True, compatible)):
        headers = Headers([(b"Vary", line) for line in lines])
        add_vary(headers, is_compatible=is_compatible)
        assert headers.get_all(b"vary") == wanted


def test_what_happens_is_counted():
    built = build(LIST)
    built.run(Phase.TENANT, ask(b"OPTIONS", b"https://a.test", b"PUT"))
    built.run(Phase.RESPONSE, ask(b"GET", b"https://b.test", response=make_response()))
    built.run(Phase.RESPONSE, ask(b"GET", b"https://c.test", response=make_response()))
    assert built.counted() == {
        "mod_cors.REQ_CORS_RULE_HIT": 3,
        "mod_cors.REQ_PRE_FLIGHT_HIT": 1,
        "mod_cors.REQ_ALLOW_ORIGIN_HIT": 2,
        "mod_cors.REQ_NOT_ALLOW_ORIGIN_HIT": 1,
    }


@pytest.mark.parametrize(
    ("keys", "path"),
    [
        ({"Origins": None}, ()),
        ({"Origins": []}, ("AccessControlAllowOrigins",)),
        ({"Origins": ["%other"]}, ("AccessControlAllowOrigins", 0)),
        ({"Origins": ["https://*.a.test"]}, ("AccessControlAllowOrigins", 0)),
        ({"Origins": ["https://a.test", "*"]}, ("AccessControlAllowOrigins", 1)),
        ({"Origins": ["null", "https://a.test"]}, ("AccessControlAllowOrigins", 0)),
        ({"Origins": ["https://a.test\r\nX: 1"]}, ("AccessControlAllowOrigins", 0)),
        ({"Origins": [""]}, ("AccessControlAllowOrigins", 0)),
        ({"Origins": ["*"], "Credentials": True}, ("AccessControlAllowCredentials",)),
        ({"Methods": ["FOO"]}, ("AccessControlAllowMethods", 0)),
        ({"Methods": ["get"]}, ("AccessControlAllowMethods", 0)),
        ({"Methods": ["GET", "*"]}, ("AccessControlAllowMethods", 1)),
        ({"Methods": ["P*"]}, ("AccessControlAllowMethods", 0)),
        ({"Headers": ["X-A", "X *"]}, ("AccessControlAllowHeaders", 1)),
        ({"Headers": ["X\r\nY"]}, ("AccessControlAllowHeaders", 0)),
        ({"Headers": ["*", "X"]}, ("AccessControlAllowHeaders", 0)),
        ({"Exposed": ["X-*"]}, ("AccessControlExposeHeaders", 0)),
        ({"Exposed": [""]}, ("AccessControlExposeHeaders", 0)),
        ({"MaxAge": -2}, ("AccessControlMaxAge",)),
        ({"MaxAge": 86401}, ("AccessControlMaxAge",)),
    ],
)
def test_a_broken_rule_is_reported_at_its_place(keys, path):
    names = {
        "Origins": "AccessControlAllowOrigins",
        "Credentials": "AccessControlAllowCredentials",
        "Methods": "AccessControlAllowMethods",
        "Headers": "AccessControlAllowHeaders",
        "Exposed": "AccessControlExposeHeaders",
        "MaxAge": "AccessControlMaxAge",
    }
    rule = {"Cond": "default_t()", "AccessControlAllowOrigins": ["https://a.test"]}
    rule.update({names[key]: value for key, value in keys.items()})
    findings = CollectedFindings()
    compile_document(MODULE, "rules", file(rule), findings)
    assert findings.error_paths == [("Config", "shop", 0, *path)]


def test_an_empty_version_is_refused():
    findings = CollectedFindings()
    compile_document(MODULE, "rules", {"Version": "", "Config": {}}, findings)
    assert findings.error_paths == [("Version",)]


def test_credentials_for_whatever_origin_asks_are_loaded_with_a_warning():
    findings = CollectedFindings()
    compile_document(MODULE, "rules", file(ECHO), findings)
    assert findings.errors == []
    assert [each.path for each in findings.warnings] == [
        ("Config", "shop", 0, "AccessControlAllowOrigins")
    ]
