import pytest

from bfe_py.modules.header import MODULE
from bfe_py.pipeline import Phase
from tests.kit.modules import (
    CollectedFindings,
    build_module,
    compile_document,
    make_exchange,
    make_response,
    make_session,
)


def rule(condition, *actions, last=True):
    return {
        "cond": condition,
        "last": last,
        "actions": [{"cmd": cmd, "params": params} for cmd, *params in actions],
    }


def under(path):
    return f'req_path_prefix_in("{path}", false)'


def built(**tenants):
    return build_module(
        MODULE,
        {"rules": {"Version": "1", "Config": tenants}},
        {"Basic": {"DisableDefaultHeader": "true"}},
    )


def after(module, target, tenant="shop", fields=(), status=200):
    """Fields of request and response behind the rules."""
    exchange = make_exchange(
        target=target, headers=fields, host=None, tenant=tenant, response=make_response(status)
    )
    for phase in (Phase.ROUTE, Phase.RESPONSE):
        if phase in module.handlers:
            assert module.run(phase, exchange) is None
    shown = [exchange.request.headers, exchange.response.headers]
    return [" ".join([f"{n.decode()}={v.decode()}" for n, v in each]) for each in shown]


LAST = built(
    shop=[
        rule(
            under("/last/a"),
            ("REQ_HEADER_SET", "X-1", "a"),
            ("RSP_HEADER_SET", "X-1", "a"),
            last=False,
        ),
        rule(under("/last/"), ("REQ_HEADER_SET", "X-2", "b")),
        rule(under("/last/"), ("REQ_HEADER_SET", "X-3", "c"), ("RSP_HEADER_SET", "X-3", "c")),
    ]
)


@pytest.mark.parametrize(
    ("target", "request_fields", "response_fields"),
    [
        (b"/last/x", "X-2=b", "X-3=c"),
        (b"/last/a", "X-1=a X-2=b", "X-1=a X-3=c"),
        (b"/other", "", ""),
    ],
)
def test_the_last_rule_ends_the_changes_of_its_own_side(target, request_fields, response_fields):
    assert after(LAST, target) == [request_fields, response_fields]


GLOBAL = built(
    **{
        "global": [
            rule(under("/g"), ("REQ_HEADER_SET", "X-G", "1"), ("RSP_HEADER_ADD", "X-G", "1")),
        ],
        "shop": [
            rule(under("/g"), ("REQ_HEADER_SET", "X-Own", "1"), ("RSP_HEADER_ADD", "X-G", "2")),
        ],
    }
)


@pytest.mark.parametrize(
    ("tenant", "expected"),
    [
        ("shop", ["X-G=1 X-Own=1", "X-G=1 X-G=2"]),
        ("other", ["X-G=1", "X-G=1"]),
        ("", ["X-G=1", "X-G=1"]),
    ],
)
def test_rules_for_everybody_come_first_and_end_only_themselves(tenant, expected):
    assert after(GLOBAL, b"/g", tenant) == expected


ALWAYS = "default_t()"
SOMETIMES = under("/some")


# rules for everybody, rules of the tenant, the request's fields before and after
@pytest.mark.parametrize(
    ("for_all", "own", "before", "after_them"),
    [
        # what is set the same way each time: in order, in place of what is there
        ([(ALWAYS, "X-A", "1"), (ALWAYS, "X-B", "2")], [(ALWAYS, "X-C", "3")], "", "1:A 2:B 3:C"),
        ([(ALWAYS, "X-A", "1")], [(ALWAYS, "X-B", "2")], "X-B", "2:B 1:A"),
        ([(ALWAYS, "X-A", "1")], [(ALWAYS, "X-A", "2")], "", "2:A"),
        ([(ALWAYS, "X-A", "1"), (ALWAYS, "X-B", "2"), (ALWAYS, "X-A", "3")], [], "", "3:A 2:B"),
        # a condition between: what follows it waits for it
        (
            [(ALWAYS, "X-A", "1"), (SOMETIMES, "X-B", "2")],
            [(ALWAYS, "X-C", "3")],
            "",
            "1:A 2:B 3:C",
        ),
        ([(SOMETIMES, "X-A", "1")], [(ALWAYS, "X-A", "2")], "", "2:A"),
        ([(under("/no"), "X-A", "1")], [(ALWAYS, "X-B", "2")], "", "2:B"),
        # a value that is another each time
        ([(ALWAYS, "X-A", "%bfe_cluster")], [(ALWAYS, "X-B", "2")], "", "k:A 2:B"),
    ],
)
def test_fields_are_set_in_the_order_of_the_rules(for_all, own, before, after_them):
    def rules(rows):
        return [rule(c, ("REQ_HEADER_SET", *set_to), last=False) for c, *set_to in rows]

    module = built(**{"global": rules(for_all), "shop": rules(own)})
    fields = [(before.encode(), b"0")] if before else []
    exchange = make_exchange(target=b"/some", headers=fields, host=None, tenant="shop", cluster="k")

    module.run(Phase.ROUTE, exchange)

    shown = [f"{value.decode()}:{name[2:].decode()}" for name, value in exchange.request.headers]
    assert " ".join(shown) == after_them


def test_a_rule_that_always_holds_and_is_the_last_ends_those_of_its_tenant():
    last = rule(ALWAYS, ("REQ_HEADER_SET", "X-A", "1"))
    module = built(
        **{"global": [last, rule(ALWAYS, ("REQ_HEADER_SET", "X-B", "2"))], "shop": [last]}
    )

    assert after(module, b"/") == ["X-A=1", ""]


def test_what_rules_set_comes_behind_the_default_fields_and_replaces_them():
    rules = [rule(ALWAYS, ("REQ_HEADER_SET", "X-Real-Ip", "me"), ("REQ_HEADER_SET", "X-A", "1"))]
    module = build_module(MODULE, {"rules": {"Version": "1", "Config": {"shop": rules}}})
    shown = []
    for fields in ([], [(b"x-real-port", b"1")], [(b"X-A", b"0")]):
        exchange = make_exchange(headers=fields, tenant="shop")
        module.run(Phase.ROUTE, exchange)
        shown.append(dict(exchange.request.headers))

    assert list(shown[0].items())[-6:] == [
        (b"X-Forwarded-Port", b"1234"),
        (b"X-Real-Ip", b"me"),
        (b"X-Real-Port", b"1234"),
        (b"X-Bfe-Ip", b"127.0.0.1"),
        (b"X-Forwarded-Proto", b"http"),
        (b"X-A", b"1"),
    ]
    assert [each[b"X-Real-Ip"] + each[b"X-A"] for each in shown] == [b"me1"] * 3
    assert shown[1][b"X-Real-Port"] == b"1234"


def test_requests_of_a_connection_get_what_the_rules_of_their_own_tenant_set():
    module = built(**{name: [rule(ALWAYS, ("REQ_HEADER_SET", "X-A", name))] for name in "ab"})
    session = make_session()
    exchanges = [make_exchange(session=session, tenant=tenant) for tenant in ("a", "b", "", "a")]
    for exchange in exchanges:
        module.run(Phase.ROUTE, exchange)

    assert [each.request.headers.get(b"x-a") for each in exchanges] == [b"a", b"b", None, b"a"]


def test_a_rule_sees_what_the_one_before_it_changed():
    def step(value, then):
        condition = f'req_header_value_in("X-Chain", "{value}", false)'
        return rule(condition, ("REQ_HEADER_SET", "X-Chain", then), last=False)

    module = built(shop=[step("1", "2"), step("2", "3")])

    assert after(module, b"/", fields=[(b"X-Chain", b"1")]) == ["X-Chain=3", ""]


def test_a_rule_may_look_at_the_status():
    module = built(shop=[rule('res_code_in("404")', ("RSP_HEADER_SET", "X-404", "y"))])

    assert after(module, b"/", status=404)[1] == "X-404=y"
    assert after(module, b"/", status=200)[1] == ""


def test_a_side_without_rules_has_no_handler():
    only_request = built(shop=[rule("default_t()", ("REQ_HEADER_DEL", "A"))])
    only_response = built(shop=[rule("default_t()", ("RSP_HEADER_DEL", "A"))])

    assert only_request.handlers.keys() == {Phase.ROUTE}
    assert only_response.handlers.keys() == {Phase.RESPONSE}


def test_tenants_whose_rules_read_the_body_are_known():
    reading = 'req_body_json_in("a", "1", false)'
    rules = compile_document(
        MODULE,
        "rules",
        {
            "Version": "1",
            "Config": {
                "a": [rule(reading, ("REQ_HEADER_DEL", "A"))],
                "b": [rule(reading, ("RSP_HEADER_DEL", "A"))],
                "c": [rule("default_t()", ("RSP_HEADER_DEL", "A"))],
            },
        },
    )

    assert rules.request.body_tenants == {"a"}
    assert rules.response.body_tenants == {"b"}


ACTION = {"cmd": "REQ_HEADER_DEL", "params": ["A"]}
GOOD = {"cond": "default_t()", "last": True, "actions": [ACTION]}
RULE = ("Config", "t", 0)


# document, paths of its errors
@pytest.mark.parametrize(
    ("value", "paths"),
    [
        ({"Version": "1", "Config": {"t": [GOOD]}}, []),
        ({}, [(), ()]),
        ({"Version": "1", "Config": {"t": None}}, [("Config", "t")]),
        ({"Version": "1", "Config": {"t": [None]}}, [RULE, RULE, RULE]),
        ({"Version": "1", "Config": {"t": [GOOD | {"cond": None}]}}, [RULE]),
        ({"Version": "1", "Config": {"t": [GOOD | {"cond": "nope()"}]}}, [(*RULE, "cond")]),
        ({"Version": "1", "Config": {"t": [GOOD | {"actions": []}]}}, [RULE]),
        ({"Version": "1", "Config": {"t": [GOOD | {"last": None}]}}, [RULE]),
        ({"Version": "1", "Config": {"t": [GOOD | {"actions": [None]}]}}, [(*RULE, "actions", 0)]),
        (
            {"Version": "1", "Config": {"t": [GOOD | {"actions": [ACTION, {"params": []}]}]}},
            [(*RULE, "actions", 1)],
        ),
        (
            {"Version": "1", "Config": {"t": [GOOD | {"actions": [{"cmd": "REQ_HEADER_DEL"}]}]}},
            [(*RULE, "actions", 0)],
        ),
        (
            {"Version": "1", "Config": {"t": [GOOD, {"cond": "x("}], "u": None}},
            [
                ("Config", "t", 1),
                ("Config", "t", 1),
                ("Config", "t", 1, "cond"),
                ("Config", "u"),
            ],
        ),
    ],
)
def test_every_problem_of_a_document_is_reported(value, paths):
    findings = CollectedFindings()

    compile_document(MODULE, "rules", value, findings)

    assert findings.error_paths == paths
