import pytest

from bfe_py.modules.redirect import MODULE
from bfe_py.pipeline import Phase, Respond
from tests.kit.modules import (
    CollectedFindings,
    build_module,
    compile_document,
    make_exchange,
    make_session,
    respond_body,
)


def rule(command: str, parameter: str, status: object = 302, condition: str = "default_t()"):
    action = {"Cmd": command, "Params": [parameter]}
    return {"Cond": condition, "Actions": [action], "Status": status}


def file(*rules: object) -> dict[str, object]:
    return {"Version": "1", "Config": {"shop": list(rules)}}


def redirect(given: object, *, is_compatible: bool = False, **request: object) -> Respond:
    built = build_module(MODULE, {"rules": file(given)}, is_compatible=is_compatible)
    exchange = make_exchange(tenant="shop", **request)
    verdict = built.run(Phase.TENANT, exchange)
    assert isinstance(verdict, Respond)
    return verdict


def location(given: object, **request: object) -> bytes | None:
    return redirect(given, **request).head.headers.get(b"location")


@pytest.mark.parametrize(
    ("command", "parameter", "target", "expected"),
    [
        ("URL_SET", "https://to.golden/x?y=1", b"/set/a", b"https://to.golden/x?y=1"),
        ("URL_SET", "/rel/../x", b"/rel/a/b", b"/x"),
        ("URL_SET", "/rel/../x", b"/rel/x/", b"/x"),
        ("URL_SET", "sub/page?q=1", b"/relb/a/b?u=/x", b"/relb/a/sub/page?q=1"),
        ("URL_SET", "sub/page?q=../1", b"/relb/a/", b"/relb/a/sub/page?q=../1"),
        ("URL_SET", "?only=query", b"/empty/a/b", b"/empty/a/?only=query"),
        ("URL_SET", "./../../..//x/./", b"/a/b", b"/x/"),
        ("URL_SET", "#part/../two", b"/a/b", b"/a/#part/../two"),
        ("URL_SET", "..", b"/a", b"/"),
        ("URL_SET", "x", b"http://example.test/a/b", b"/a/x"),
        ("URL_SET", "x", b"*", b"/x"),
        ("URL_SET", "http://to.golden/a b\u00e9\r\n<\"'", b"/", b"http://to.golden/a%20b%C3%A9%0D%0A%3C%22'"),
        ("URL_FROM_QUERY", "url", b"/r?url=http://n.example.org", b"http://n.example.org"),
        ("URL_FROM_QUERY", "url", b"/fq/a?url=https%3A%2F%2Fq.golden%2Fz&x=1", b"https://q.golden/z"),
        ("URL_FROM_QUERY", "url", b"/fq/", b"/fq/"),
        ("URL_FROM_QUERY", "url", b"/fq/?url=//evil.golden", b"/evil.golden"),
        ("URL_FROM_QUERY", "url", b"/fq/?url=/%5Cevil.golden", b"/%5Cevil.golden"),
        ("URL_FROM_QUERY", "url", b"/f?url=http://a/%0D%0ASet-Cookie:%20a", b"http://a/%0D%0ASet-Cookie:%20a"),
        ("URL_PREFIX_ADD", "http://n1.example.com/redirect", b"/yule/test.html", b"http://n1.example.com/redirect/yule/test.html"),
        ("URL_PREFIX_ADD", "https://pre.golden/base", b"/pre/a/b?url=https%3A%2F%2Fq&x=1", b"https://pre.golden/base/pre/a/b?url=https%3A%2F%2Fq&x=1"),
        ("URL_PREFIX_ADD", "https://pre.golden", b"http://example.test/a?b", b"https://pre.golden/a?b"),
        ("URL_PREFIX_ADD", "https://pre.golden", b"http://example.test", b"https://pre.golden/"),
        ("SCHEME_SET", "HTTPS", b"/test.html?x=1", b"https://example.test/test.html?x=1"),
        ("SCHEME_SET", "http", b"http://example.test/x", b"http://example.test/x"),
    ],
)  # fmt: skip
def test_where_a_redirect_leads(command, parameter, target, expected):
    assert location(rule(command, parameter), target=target) == expected


def test_the_port_of_the_host_is_kept():
    given = rule("SCHEME_SET", "https", 308)
    assert location(given, target=b"/x", host=b"a.test:8080") == b"https://a.test:8080/x"


@pytest.mark.parametrize(
    ("local", "vip", "expected"),
    [
        ("192.0.2.1:80", None, b"https://192.0.2.1/x"),
        ("[2001:db8::1]:80", None, b"https://[2001:db8::1]/x"),
        ("192.0.2.1:80", "192.0.2.9:80", b"https://192.0.2.9/x"),
    ],
)
def test_without_a_host_the_address_stands_for_it(local, vip, expected):
    given = rule("SCHEME_SET", "https")
    session = make_session(local=local, vip=vip)
    assert location(given, target=b"/x", host=None, version=b"1.0", session=session) == expected


@pytest.mark.parametrize(
    ("status", "is_compatible", "reason", "text"),
    [
        (301, False, b"Moved Permanently", b"Moved Permanently"),
        (302, True, b"Found", b"Found"),
        (303, True, b"See Other", b"See Other"),
        (307, True, b"Temporary Redirect", b"Temporary Redirect"),
        (308, False, b"Permanent Redirect", b"Permanent Redirect"),
        (308, True, b"status code 308", b""),
        (299, True, b"status code 299", b""),
        (200, True, b"OK", b"OK"),
    ],
)
def test_get_is_answered_with_a_note(status, is_compatible, reason, text):
    answer = redirect(
        rule("URL_SET", "https://to.golden/x?a=1&b='2", status),
        is_compatible=is_compatible,
        target=b"/",
    )
    note = b'<a href="https://to.golden/x?a=1&amp;b=&#39;2">%s</a>.\n\n' % text
    assert respond_body(answer) == note
    assert answer.head.body_length == len(note)
    assert (answer.head.status, answer.head.reason) == (status, reason)
    assert answer.head.headers.get(b"content-type") == b"text/html; charset=utf-8"


@pytest.mark.parametrize("method", [b"POST", b"HEAD"])
@pytest.mark.parametrize("is_compatible", [False, True])
def test_only_get_is_answered_with_a_note(method, is_compatible):
    given = rule("URL_SET", "https://to.golden/", 301)
    answer = redirect(given, is_compatible=is_compatible, method=method, target=b"/")
    assert respond_body(answer) == b""
    assert answer.head.body_length == 0
    assert b"content-type" not in answer.head.headers


def test_a_status_without_content_has_no_note():
    assert respond_body(redirect(rule("URL_SET", "https://to.golden/", 304))) == b""


def test_a_redirect_is_for_the_log_and_not_for_response_handlers():
    built = build_module(MODULE, {"rules": file(rule("URL_SET", "sub", 301))})
    exchange = make_exchange(tenant="shop", target=b"/a/b")
    verdict = built.run(Phase.TENANT, exchange)
    assert (verdict.is_redirect, verdict.skips_response_phase) == (True, True)
    assert exchange.redirect == (b"sub", 301)


def test_the_first_rule_that_matches_answers():
    built = build_module(
        MODULE,
        {
            "rules": file(
                rule("URL_SET", "/one", condition='req_path_in("/a", false)'),
                rule("URL_SET", "/two"),
            )
        },
    )
    for target, expected in ((b"/a", b"/one"), (b"/b", b"/two")):
        verdict = built.run(Phase.TENANT, make_exchange(tenant="shop", target=target))
        assert verdict.head.headers.get(b"location") == expected


@pytest.mark.parametrize(("tenant", "target"), [("other", b"/a"), ("shop", b"/b")])
def test_a_request_that_no_rule_matches_goes_on(tenant, target):
    given = rule("URL_SET", "/x", condition='req_path_in("/a", false)')
    built = build_module(MODULE, {"rules": file(given)})
    exchange = make_exchange(tenant=tenant, target=target)
    assert built.run(Phase.TENANT, exchange) is None
    assert exchange.redirect is None


ACTION = {"Cmd": "URL_SET", "Params": ["/x"]}


@pytest.mark.parametrize(
    ("broken", "path"),
    [
        ({"Status": 302}, ()),
        ({"Actions": [], "Status": 302}, ("Actions",)),
        ({"Actions": [ACTION, ACTION], "Status": 302}, ("Actions",)),
        ({"Actions": [ACTION]}, ()),
        ({"Actions": [ACTION], "Status": 0}, ("Status",)),
        ({"Actions": [ACTION], "Status": 600}, ("Status",)),
        ({"Actions": [{"Params": ["/x"]}], "Status": 302}, ("Actions", 0)),
        ({"Actions": [{"Cmd": "url_set", "Params": ["/x"]}], "Status": 302}, ("Actions", 0, "Cmd")),
        ({"Actions": [{"Cmd": "URL_SET"}], "Status": 302}, ("Actions", 0)),
        (
            {"Actions": [{"Cmd": "URL_SET", "Params": ["a", "b"]}], "Status": 302},
            ("Actions", 0, "Params"),
        ),
        (
            {"Actions": [{"Cmd": "SCHEME_SET", "Params": ["ftp"]}], "Status": 302},
            ("Actions", 0, "Params", 0),
        ),
    ],
)
def test_a_broken_rule_is_reported_at_its_place(broken, path):
    findings = CollectedFindings()
    compile_document(MODULE, "rules", file({"Cond": "default_t()", **broken}), findings)
    assert findings.error_paths == [("Config", "shop", 0, *path)]


@pytest.mark.parametrize(
    ("doubtful", "path"),
    [
        (rule("URL_SET", "/x", 200), ("Status",)),
        (rule("URL_SET", "", 302), ("Actions", 0, "Params", 0)),
    ],
)
def test_a_doubtful_rule_is_loaded_with_a_warning(doubtful, path):
    findings = CollectedFindings()
    compile_document(MODULE, "rules", file(doubtful), findings)
    assert findings.errors == []
    assert [each.path for each in findings.warnings] == [("Config", "shop", 0, *path)]
