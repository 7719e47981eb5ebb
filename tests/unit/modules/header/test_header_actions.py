import pytest

from bfe_py.modules.header import MODULE
from bfe_py.pipeline import Phase
from tests.kit.modules import (
    CollectedFindings,
    build_module,
    compile_document,
    make_exchange,
    make_response,
)

DATE = "Wed, 21 Oct 2037 07:28:00 GMT"
COOKIE = ["rc", "v", "header.test", "/p", DATE, "60", "true", "true"]
SET_COOKIE = (
    "rc=v; Path=/p; Domain=header.test; "
    "Expires=Wed, 21 Oct 2037 07:28:00 GMT; Max-Age=60; HttpOnly; Secure"
)


def document(*actions):
    entries = [{"cmd": cmd, "params": list(params)} for cmd, *params in actions]
    return {
        "Version": "1",
        "Config": {"t": [{"cond": "default_t()", "last": True, "actions": entries}]},
    }


def built(*actions, is_compatible=False):
    return build_module(
        MODULE,
        {"rules": document(*actions)},
        {"Basic": {"DisableDefaultHeader": "true"}},
        is_compatible=is_compatible,
    )


def fields(text):
    """Fields of ``A: 1 | B: 2``."""
    pairs = [each.strip().partition(":") for each in text.split("|") if each.strip()]
    return [(name.encode(), value.strip().encode()) for name, _, value in pairs]


def text(headers):
    return " | ".join([f"{n.decode()}: {v.decode()}" for n, v in headers])


def request_after(before, *actions, is_compatible=False):
    exchange = make_exchange(
        headers=fields(before), host=None, tenant="t", is_compatible=is_compatible
    )
    handlers = built(*actions).handlers
    if handlers:
        assert handlers[Phase.ROUTE](exchange) is None
    return text(exchange.request.headers)


def response_after(before, *actions, is_compatible=False):
    exchange = make_exchange(
        tenant="t", is_compatible=is_compatible, response=make_response(200, fields(before))
    )
    built(*actions).run(Phase.RESPONSE, exchange)
    return text(exchange.response.headers)


# fields before, action, fields after; the same for requests (REQ_) and responses (RSP_)
FIELD_ROWS = [
    ("", ["HEADER_SET", "X-A", "1"], "X-A: 1"),
    ("x-a: 0 | X-B: 2 | X-A: 3", ["HEADER_SET", "X-A", "1"], "X-A: 1 | X-B: 2"),
    ("", ["HEADER_SET", "x-lower-NAME", "q"], "X-Lower-Name: q"),
    ("", ["HEADER_SET", "X-W", " a  b "], "X-W: a  b"),
    ("", ["HEADER_SET", "X-P", "100%%"], "X-P: 100%"),
    ("", ["HEADER_SET", "X-Ip", "%bfe_client_ip"], "X-Ip: 127.0.0.1"),
    ("", ["HEADER_SET", "X-V", "pre%bfe_vip-%%%bfe_client_port"], "X-V: preunknown-%1234"),
    ("", ["HEADER_SET", "X-V", "%%escaped"], "X-V: %escaped"),
    ("", ["HEADER_SET", "X-V", "Grüße"], "X-V: Grüße"),
    ("X-A: 1", ["HEADER_ADD", "x-a", "2"], "X-A: 1 | X-A: 2"),
    ("X-A: 1 | B: 2 | x-a: 3", ["HEADER_DEL", "X-A"], "B: 2"),
    ("B: 2", ["HEADER_DEL", "X-A"], "B: 2"),
    # vector 11
    ("Old-Key: 1", ["HEADER_RENAME", "Old-Key", "New-Key"], "New-Key: 1"),
    ("B: 1", ["HEADER_RENAME", "Old-Key", "New-Key"], "B: 1"),
    ("Old-Key: ", ["HEADER_RENAME", "Old-Key", "New-Key"], "Old-Key: "),
    (
        "Old-Key: 1 | New-Key: 2",
        ["HEADER_RENAME", "Old-Key", "New-Key"],
        "Old-Key: 1 | New-Key: 2",
    ),
    ("New-Key:  | Old-Key: 1", ["HEADER_RENAME", "Old-Key", "New-Key"], "New-Key: 1"),
    ("A: 1 | A: 2", ["HEADER_RENAME", "a", "b"], "B: 1 | B: 2"),
    # vectors 12 and 13
    ("", ["HEADER_MOD", "scheme_set", "referer", "https"], ""),
    (
        "Referer: http://a.b/c?d",
        ["HEADER_MOD", "Scheme_Set", "REFERER", "https"],
        "Referer: https://a.b/c?d",
    ),
    (
        "Location: https://a.b",
        ["HEADER_MOD", "scheme_set", "location", "http"],
        "Location: http://a.b",
    ),
    ("Referer: //h/p", ["HEADER_MOD", "scheme_set", "referer", "https"], "Referer: //h/p"),
    ("Referer: ftp://h", ["HEADER_MOD", "scheme_set", "referer", "https"], "Referer: ftp://h"),
    ("", ["HEADER_MOD", "query_add", "referer", "k", "v"], ""),
    (
        "Referer: ?a=b",
        ["HEADER_MOD", "query_add", "referer", "foo", "bar"],
        "Referer: ?a=b&foo=bar",
    ),
    ("Referer: /", ["HEADER_MOD", "query_add", "referer", "foo", "bar"], "Referer: /?foo=bar"),
    (
        "Referer: http://a.b/c?d=1#f",
        ["HEADER_MOD", "query_add", "referer", "k", "v w"],
        "Referer: http://a.b/c?d=1&k=v w#f",
    ),
    ("Referer: /c?#", ["HEADER_MOD", "query_add", "referer", "k", "%"], "Referer: /c?k=%"),
    ("Referer: %zz", ["HEADER_MOD", "query_add", "referer", "k", "v"], "Referer: %zz"),
    ("Referer: /#%zz", ["HEADER_MOD", "query_add", "referer", "k", "v"], "Referer: /#%zz"),
    ("Referer: :x", ["HEADER_MOD", "query_add", "referer", "k", "v"], "Referer: :x"),
    ("Referer: 1:x", ["HEADER_MOD", "query_add", "referer", "k", "v"], "Referer: 1:x"),
    ("Referer: ü", ["HEADER_MOD", "query_add", "referer", "k", "ö"], "Referer: ü?k=ö"),
]


@pytest.mark.parametrize(("before", "action", "after"), FIELD_ROWS)
def test_fields_of_a_request_are_changed(before, action, after):
    assert request_after(before, ("REQ_" + action[0], *action[1:])) == after


@pytest.mark.parametrize(("before", "action", "after"), FIELD_ROWS)
def test_fields_of_a_response_are_changed(before, action, after):
    assert response_after(before, ("RSP_" + action[0], *action[1:])) == after


def test_bfe_renames_the_first_value_only():
    action = ("REQ_HEADER_RENAME", "a", "b")

    assert request_after("A: 1 | C: 0 | A: 2", action, is_compatible=True) == "B: 1 | C: 0"


def test_actions_follow_each_other():
    actions = [
        ("REQ_HEADER_SET", "X-A", "1"),
        ("REQ_HEADER_ADD", "X-A", "2"),
        ("REQ_HEADER_RENAME", "X-A", "X-B"),
        ("REQ_HEADER_SET", "X-A", "3"),
    ]

    assert request_after("", *actions, is_compatible=True) == "X-B: 1 | X-A: 3"


# vector 17
def test_a_variable_of_an_unknown_client_is_empty():
    exchange = make_exchange(host=None, tenant="t")
    exchange.client = None

    built(("REQ_HEADER_SET", "X-Client-Ip", "%bfe_client_ip")).run(Phase.ROUTE, exchange)

    assert text(exchange.request.headers) == "X-Client-Ip: "


# Cookie before, action, Cookie after
@pytest.mark.parametrize(
    ("before", "action", "after"),
    [
        ("", ["REQ_COOKIE_SET", "ck", "v1"], "Cookie: ck=v1"),
        ("Cookie: a=1", ["REQ_COOKIE_SET", "ck", "v1"], "Cookie: a=1; ck=v1"),
        ('Cookie: ck="q"; ck=2', ["REQ_COOKIE_SET", "ck", "v1"], "Cookie: ck=v1; ck=v1"),
        ("Cookie: a=1;ck=0 | cookie: b=2", ["REQ_COOKIE_SET", "ck", "1"], "Cookie: a=1; ck=1; b=2"),
        ("", ["REQ_COOKIE_SET", "ip", "%bfe_client_ip"], "Cookie: ip=127.0.0.1"),
        ("", ["REQ_COOKIE_SET", "ip", "a%bfe_client_ip"], "Cookie: ip=a%bfe_client_ip"),
        ("", ["REQ_COOKIE_SET", "ip", "%nothing"], "Cookie: ip=%nothing"),
        ("", ["REQ_COOKIE_SET", "ck", 'a b;c"'], "Cookie: ck=abc"),
        ("Cookie: a=1; ck=0; b=2", ["REQ_COOKIE_DEL", "ck"], "Cookie: a=1; b=2"),
        ("Cookie: ck=0", ["REQ_COOKIE_DEL", "ck"], ""),
        ("Cookie: a=1;b=2", ["REQ_COOKIE_DEL", "ck"], "Cookie: a=1;b=2"),
        ("", ["REQ_COOKIE_DEL", "ck"], ""),
    ],
)
def test_cookies_of_a_request_are_changed(before, action, after):
    assert request_after(before, tuple(action)) == after


@pytest.mark.parametrize(
    "action",
    [
        ("REQ_COOKIE_SET", "ck", "new"),
        ("REQ_COOKIE_DEL", "ck"),
        ("REQ_HEADER_SET", "Cookie", "ck=new"),
        ("REQ_HEADER_ADD", "X-Other", "1"),
        ("REQ_HEADER_DEL", "cookie"),
        ("REQ_HEADER_RENAME", "Cookie", "X-Old-Cookie"),
    ],
)
def test_rules_that_follow_see_the_cookies_that_were_changed(action):
    exchange = make_exchange(headers=[(b"Cookie", b"ck=old")], tenant="t")
    assert exchange.cookies["ck"] == "old"

    built(action).run(Phase.ROUTE, exchange)

    expected = {"REQ_COOKIE_SET": "new", "REQ_HEADER_SET": "new", "REQ_HEADER_ADD": "old"}
    assert exchange.cookies.get("ck") == expected.get(action[0])


# Set-Cookie before, action, Set-Cookie after
@pytest.mark.parametrize(
    ("before", "action", "after"),
    [
        ("", ["RSP_COOKIE_SET", *COOKIE], f"Set-Cookie: {SET_COOKIE}"),
        (
            "Set-Cookie: rc=0 | X: 1",
            ["RSP_COOKIE_SET", *COOKIE],
            f"Set-Cookie: rc=0 | X: 1 | Set-Cookie: {SET_COOKIE}",
        ),
        (
            "Set-Cookie: rc=0; domain=.Header.test; Path=/p | Set-Cookie: z=1",
            ["RSP_COOKIE_SET", *COOKIE],
            f"Set-Cookie: {SET_COOKIE} | Set-Cookie: z=1",
        ),
        (
            "",
            ["RSP_COOKIE_SET", "a", "b", ".D.test", "/;x", DATE, "0", "0", "F"],
            "Set-Cookie: a=b; Path=/x; Domain=d.test; Expires=Wed, 21 Oct 2037 07:28:00 GMT",
        ),
        (
            "",
            [
                *["RSP_COOKIE_SET", "a", "%bfe_cip", "a_b", ";", "Mon, 1 Jan 2037 00:00:00 UTC"],
                *["-5", "T", "f"],
            ],
            "Set-Cookie: a=127.0.0.1; Expires=Thu, 01 Jan 2037 00:00:00 GMT; Max-Age=0; HttpOnly",
        ),
        (
            'Set-Cookie: sid=1; Domain=d.test; Path="/x" | Set-Cookie: sid=2; Path=/x',
            ["RSP_COOKIE_DEL", "sid", "d.test", "/x"],
            "Set-Cookie: sid=2; Path=/x",
        ),
        (
            "Set-Cookie: sid=2; Path=/x",
            ["RSP_COOKIE_DEL", "sid", "d.test", "/x"],
            "Set-Cookie: sid=2; Path=/x",
        ),
    ],
)
def test_cookies_of_a_response_are_changed(before, action, after):
    assert response_after(before, tuple(action)) == after


# What BFE does once one line is of that name, domain and path: it takes all lines of the name.
@pytest.mark.parametrize(
    ("action", "after"),
    [
        (["RSP_COOKIE_DEL", "rc", "header.test", "/p"], "Set-Cookie: z=1; HttpOnly"),
        (
            ["RSP_COOKIE_SET", *COOKIE],
            f"Set-Cookie: {SET_COOKIE} | Set-Cookie: {SET_COOKIE} | Set-Cookie: z=1; HttpOnly",
        ),
    ],
)
def test_bfe_takes_every_cookie_of_the_name(action, after):
    before = (
        "Set-Cookie: rc=1; Domain=header.test; Path=/p | Set-Cookie: rc=2 "
        "| Set-Cookie: z=1; HttpOnly"
    )

    assert response_after(before, tuple(action), is_compatible=True) == after


# --- what cannot be loaded


def problems(*actions):
    findings = CollectedFindings()
    compile_document(MODULE, "rules", document(*actions), findings)
    return findings


PARAMS = ("Config", "t", 0, "actions", 0, "params")


def params(*changes):
    """The parameters of RSP_COOKIE_SET, with (index, text) exchanged."""
    texts = list(COOKIE)
    for index, changed in changes:
        texts[index] = changed
    return ["RSP_COOKIE_SET", *texts]


# action, path of its error, part of the message; vectors 14 to 16 among them
@pytest.mark.parametrize(
    ("action", "path", "message"),
    [
        (["REQ_HEADER_SET", "A"], PARAMS, "has 1 parameters"),
        (["REQ_HEADER_SET", "A", ""], (*PARAMS, 1), "empty"),
        (["REQ_HEADER_SET", "", "a"], (*PARAMS, 0), "empty"),
        (["REQ_HEADER_SET", "A B", "a"], (*PARAMS, 0), "no field name"),
        (["REQ_HEADER_SET", "A\r\nB", "a"], (*PARAMS, 0), "no field name"),
        (["REQ_HEADER_ADD", "A", "a\r\nB: c"], (*PARAMS, 1), "control character"),
        (["RSP_HEADER_SET", "A", "a\0"], (*PARAMS, 1), "control character"),
        (["RSP_HEADER_SET", "A", "%unknown_var"], (*PARAMS, 1), "no variable %unknown_var"),
        (["RSP_HEADER_SET", "A", "%bfe_client_pi"], (*PARAMS, 1), "did you mean %bfe_client_ip?"),
        (["RSP_HEADER_SET", "A", "%BFE_VIP"], (*PARAMS, 1), "% has no variable behind it"),
        (["RSP_HEADER_ADD", "A", "100%"], (*PARAMS, 1), "% has no variable behind it"),
        (["REQ_HEADER_DEL", "A:"], (*PARAMS, 0), "no field name"),
        (["REQ_HEADER_RENAME", "A", "B:"], (*PARAMS, 1), "no field name"),
        (["REQ_HEADER_MOD", "nope", "referer", "http"], (*PARAMS, 0), "no change of a URL"),
        (["REQ_HEADER_MOD", "scheme_set", "a b", "http"], (*PARAMS, 1), "no field name"),
        (["REQ_HEADER_MOD", "scheme_set", "host", "http"], (*PARAMS, 1), "no URL field"),
        (["REQ_HEADER_MOD", "scheme_set", "referer", "ftp"], (*PARAMS, 2), "no scheme"),
        (["REQ_HEADER_MOD", "scheme_set", "referer", "http", "x"], (*PARAMS, 0), "4 parameters"),
        (["REQ_HEADER_MOD", "query_add", "referer", "k"], (*PARAMS, 0), "3 parameters"),
        (["REQ_HEADER_MOD", "query_add", "referer", "k", "\n"], (*PARAMS, 3), "control character"),
        (["REQ_COOKIE_SET", "a=b", "c"], (*PARAMS, 0), "no name of a cookie"),
        (["REQ_COOKIE_DEL", "a;b"], (*PARAMS, 0), "no name of a cookie"),
        (["RSP_COOKIE_DEL", "a;b", "d", "/"], (*PARAMS, 0), "no name of a cookie"),
        (params((0, "a b")), (*PARAMS, 0), "no name of a cookie"),
        (params((4, "baddate")), (*PARAMS, 4), "expires"),
        (params((4, "Wed, 31 Feb 2037 07:28:00 GMT")), (*PARAMS, 4), "expires"),
        (params((5, "1.5")), (*PARAMS, 5), "max-age"),
        (params((6, "yes")), (*PARAMS, 6), "HttpOnly"),
        (params((7, "no")), (*PARAMS, 7), "Secure"),
        (["NOPE"], (*PARAMS[:-1], "cmd"), "no command NOPE"),
        (
            ["req_header_set", "A", "b"],
            (*PARAMS[:-1], "cmd"),
            "did you mean REQ_HEADER_SET?",
        ),
    ],
)
def test_an_action_that_cannot_be_done_is_refused(action, path, message):
    findings = problems(action)

    assert findings.error_paths == [path]
    assert message in findings.errors[0].message


def test_every_problem_of_an_action_is_reported():
    findings = problems(params((0, "a b"), (4, "x"), (5, "x"), (6, "x"), (7, "x")))

    assert [path[-1] for path in findings.error_paths] == [0, 4, 5, 6, 7]


# action that is loaded, path of the warning
@pytest.mark.parametrize(
    ("action", "index"),
    [
        (["REQ_HEADER_SET", "Host", "changed.test"], 0),
        (["REQ_HEADER_DEL", "content-length"], 0),
        (["REQ_HEADER_ADD", "Transfer-Encoding", "chunked"], 0),
        (["REQ_HEADER_RENAME", "Connection", "X"], 0),
        (["REQ_HEADER_RENAME", "X", "Upgrade"], 1),
        (["RSP_HEADER_SET", "Connection", "X-K"], 0),
        (["RSP_HEADER_SET", "Content-Length", "5"], 0),
        (["REQ_COOKIE_SET", "a", "b c"], 1),
        (["REQ_COOKIE_SET", "a", "b%bfe_vip"], 1),
        (params((2, "no domain")), 2),
        (params((3, "/;")), 3),
    ],
)
def test_what_cannot_mean_what_it_says_is_a_warning(action, index):
    findings = problems(action)

    assert findings.errors == []
    assert [finding.path for finding in findings.warnings] == [(*PARAMS, index)]


@pytest.mark.parametrize("name", ["Host", "Content-Length", "Transfer-Encoding", "Connection"])
def test_a_rule_cannot_change_how_a_request_is_framed(name):
    before = f"{name}: 1"

    assert request_after(before, ("REQ_HEADER_SET", name, "2")) == before
    assert request_after(before, ("REQ_HEADER_DEL", name)) == before


def test_a_host_in_a_response_is_a_field_as_any_other():
    assert response_after("", ("RSP_HEADER_SET", "Host", "x")) == "Host: x"
