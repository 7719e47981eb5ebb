import pytest

from bfe_py.modules.rewrite import MODULE
from bfe_py.pipeline import Phase
from tests.kit.modules import (
    CollectedFindings,
    build_module,
    compile_document,
    make_exchange,
)


def action(command: str, *parameters: str) -> dict[str, object]:
    return {"Cmd": command, "Params": list(parameters)}


def rule(*actions: dict[str, object], condition: str = "default_t()", last: bool = True):
    return {"Cond": condition, "Actions": list(actions), "Last": last}


def file(*rules: object) -> dict[str, object]:
    return {"Version": "1", "Config": {"shop": list(rules)}}


def rewrite(rules: list[object], target: bytes, host: bytes = b"www.example.org"):
    built = build_module(MODULE, {"rules": file(*rules)})
    exchange = make_exchange(target=target, host=host, tenant="shop", authority=None)
    assert built.run(Phase.ROUTE, exchange) is None
    return exchange


@pytest.mark.parametrize(
    ("command", "parameters", "target", "expected"),
    [
        ("PATH_SET", ["/fixed/path"], b"/x?keep=1", b"/fixed/path?keep=1"),
        ("path_set", ["/lower"], b"/x", b"/lower"),
        ("PATH_SET", ["/a b/\u00e9?x"], b"/x", b"/a%20b/%C3%A9%3Fx"),
        ("PATH_SET", ["/!*'()"], b"/x", b"/%21%2A%27%28%29"),
        ("PATH_SET", ["/\r\nEvil: 1"], b"/x", b"/%0D%0AEvil:%201"),
        ("PATH_SET", ["plain"], b"/x", b"/plain"),
        ("PATH_PREFIX_ADD", ["/bfe/"], b"/x", b"/bfe/x"),
        ("PATH_PREFIX_ADD", ["bfe"], b"/x", b"/bfex"),
        ("PATH_PREFIX_ADD", ["/pre/"], b"/padd/a%2Fb?q", b"/pre/padd/a/b?q"),
        ("PATH_PREFIX_TRIM", ["/trim"], b"/trim/x", b"/x"),
        ("PATH_PREFIX_TRIM", ["/trim"], b"/trim//x", b"//x"),
        ("PATH_PREFIX_TRIM", ["/trim"], b"/trim", b"/"),
        ("PATH_PREFIX_TRIM", ["/trim/"], b"/trim/x", b"/x"),
        ("QUERY_ADD", ["key", "value"], b"/s?word=1&word=2", b"/s?word=1&word=2&key=value"),
        ("QUERY_ADD", ["key", "value"], b"/", b"/?key=value"),
        ("QUERY_ADD", ["k", "v"], b"/qadd?a=%zz", b"/qadd?a=%zz&k=v"),
        ("QUERY_ADD", ["k", "a b&c=d"], b"/q?x", b"/q?x&k=a%20b&c=d"),
        ("QUERY_ADD", ["k", "\u00e9#%41\r\n"], b"/q", b"/q?k=%C3%A9%23%41%0D%0A"),
        ("QUERY_ADD", ["k", "v"], b"/a%2fb!", b"/a%2fb!?k=v"),
        ("QUERY_ADD", ["k", "v"], b'/a%2fb"', b"/a/b%22?k=v"),
        ("QUERY_RENAME", ["word", "wd"], b"/s?word=123&wd=123", b"/s?wd=123&wd=123"),
        ("QUERY_RENAME", ["a", "z"], b"/q?a=1&b=2&a=3", b"/q?z=1&b=2&z=3"),
        ("QUERY_DEL", ["wd"], b"/s?word=123&wd=456&id=789", b"/s?word=123&id=789"),
        ("QUERY_DEL", ["wd"], b"/s?wd=1", b"/s"),
        ("QUERY_DEL", ["a", "b"], b"/q?a=1&c=2&b=3&a=4", b"/q?c=2"),
        ("QUERY_DEL_ALL_EXCEPT", ["wd"], b"/s?word=1&wd=1&id=32", b"/s?wd=1"),
        ("QUERY_DEL_ALL_EXCEPT", ["wd"], b"/client/?word=123", b"/client/"),
        ("QUERY_DEL_ALL_EXCEPT", ["a", "b"], b"/q?a=1&c=2&b=3&d", b"/q?a=1&b=3&d"),
        ("QUERY_DEL_ALL_EXCEPT", ["a"], b"/q?%61=1&%62=2", b"/q?%61=1"),
        ("QUERY_DEL_ALL_EXCEPT", [], b"/q?a=1", b"/q"),
    ],
)
def test_an_action_changes_path_or_query(command, parameters, target, expected):
    exchange = rewrite([rule(action(command, *parameters))], target)
    assert exchange.upstream_target == expected
    assert exchange.host_field == b"www.example.org"


@pytest.mark.parametrize(
    ("command", "parameters", "target"),
    [
        ("PATH_SET", ["/a/b"], b"/a%2Fb"),
        ("PATH_PREFIX_TRIM", ["/nomatch"], b"/x%41"),
        ("QUERY_RENAME", ["a", "z"], b"/q?a"),
        ("QUERY_RENAME", ["a", "z"], b"/q?aa=1"),
        ("QUERY_RENAME", ["word", "wd"], b"/"),
        ("QUERY_DEL", ["a", "b"], b"/q?a"),
        ("QUERY_DEL", ["a", "b"], b"/q?%61=1&b"),
        ("QUERY_DEL", ["a"], b"/q?"),
        ("QUERY_DEL_ALL_EXCEPT", ["a"], b"/q"),
        ("PATH_SET", ["/x"], b"*"),
        ("QUERY_ADD", ["k", "v"], b"www.example.org:443"),
    ],
)
def test_where_nothing_changes_the_bytes_of_the_client_go_on(command, parameters, target):
    assert rewrite([rule(action(command, *parameters))], target).upstream_target == target


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (b"http://www.example.org/old/abs?x=1", b"/new/old/abs?x=1"),
        (b"http://www.example.org", b"/new/"),
        (b"http://www.example.org?x=1", b"/new/?x=1"),
    ],
)
def test_a_target_in_absolute_form_becomes_one_in_origin_form(target, expected):
    exchange = rewrite([rule(action("PATH_PREFIX_ADD", "/new/"))], target)
    assert exchange.upstream_target == expected


@pytest.mark.parametrize(
    ("target", "host", "expected"),
    [
        (b"/h.golden/rest/of?x=1", b"h.golden", b"/rest/of?x=1"),
        (b"/h.golden/one", b"h.golden", b"/one"),
        (b"/h.golden:8080/", b"h.golden:8080", b"/"),
        (b"/h.golden", b"www.example.org", b"/h.golden"),
        (b"//x", b"www.example.org", b"//x"),
        (b"/a%20b/x", b"www.example.org", b"/a%20b/x"),
        (b"/a%0D%0AEvil:1/x", b"www.example.org", b"/a%0D%0AEvil:1/x"),
    ],
)
def test_the_host_is_taken_from_the_path_if_it_can_be_one(target, host, expected):
    exchange = rewrite([rule(action("HOST_SET_FROM_PATH_PREFIX"))], target)
    assert (exchange.host_field, exchange.upstream_target) == (host, expected)


def test_host_and_path_change_together_on_the_host_the_rule_names():
    only_www = rule(
        action("HOST_SET", "new.example.org"),
        action("PATH_SET", "/rewritten"),
        condition='req_host_in("www.example.org")',
    )
    changed = rewrite([only_www], b"/old")
    assert (changed.host_field, changed.upstream_target) == (b"new.example.org", b"/rewritten")
    other = rewrite([only_www], b"/old", host=b"other.example.org")
    assert (other.host_field, other.upstream_target) == (b"other.example.org", b"/old")


def test_only_a_new_host_leaves_the_target_as_it_was_sent():
    exchange = rewrite([rule(action("HOST_SET", "new.example.org"))], b'/a%2Fb"?')
    assert exchange.upstream_target == b'/a%2Fb"?'


def test_all_actions_of_a_rule_apply_in_order():
    combined = rule(
        action("PATH_PREFIX_TRIM", "/combo"),
        action("PATH_PREFIX_ADD", "/v2/"),
        action("QUERY_ADD", "x", "1"),
        action("QUERY_DEL", "y"),
        action("HOST_SET", "h2.golden"),
    )
    assert rewrite([combined], b"/combo/x?y=1&z=2").upstream_target == b"/v2/x?z=2&x=1"
    assert rewrite([combined], b"/combo").upstream_target == b"/v2/?x=1"


def test_a_last_rule_ends_the_list():
    first = rule(action("HOST_SET", "first.example.org"))
    second = rule(action("HOST_SET", "second.example.org"))
    assert rewrite([first, second], b"/").host_field == b"first.example.org"


def test_later_rules_see_what_earlier_ones_changed():
    rules = [
        rule(action("PATH_SET", "/chain2"), condition='req_path_in("/chain", false)', last=False),
        rule(action("QUERY_ADD", "c", "2"), condition='req_path_in("/chain2", false)'),
    ]
    assert rewrite(rules, b"/chain?z=1").upstream_target == b"/chain2?z=1&c=2"


def test_a_raw_query_never_carries_a_line_end_upstream():
    exchange = rewrite([rule(action("PATH_SET", "/y"))], b"/x?a=\r\n \x7f")
    assert exchange.upstream_target == b"/y?a=%0D%0A%20%7F"


def test_rules_are_those_of_the_tenant():
    built = build_module(MODULE, {"rules": file(rule(action("PATH_SET", "/y")))})
    exchange = make_exchange(target=b"/x", tenant="other")
    assert built.run(Phase.ROUTE, exchange) is None
    assert exchange.upstream_target == b"/x"


@pytest.mark.parametrize(
    ("broken", "path"),
    [
        ({"Cond": "default_t()", "Last": True}, ()),
        ({"Cond": "default_t()", "Actions": []}, ()),
        (rule({"Params": ["x"]}), ("Actions", 0)),
        (rule(action("CLOSE")), ("Actions", 0, "Cmd")),
        (rule(action("NOPE")), ("Actions", 0, "Cmd")),
        (rule(action("HOST_SUFFIX_REPLACE", "a", "b")), ("Actions", 0, "Cmd")),
        (rule(action("PATH_SET", "/a", "/b")), ("Actions", 0, "Params")),
        (rule({"Cmd": "PATH_SET"}), ("Actions", 0, "Params")),
        (rule(action("QUERY_ADD", "a", "b", "c", "d")), ("Actions", 0, "Params")),
        (rule(action("HOST_SET_FROM_PATH_PREFIX", "a")), ("Actions", 0, "Params")),
        (rule(action("QUERY_DEL", "a", "")), ("Actions", 0, "Params", 1)),
        (rule(action("HOST_SET", "a b")), ("Actions", 0, "Params", 0)),
        (rule(action("HOST_SET", "a\r\nb")), ("Actions", 0, "Params", 0)),
    ],
)
def test_a_broken_rule_is_reported_at_its_place(broken, path):
    findings = CollectedFindings()
    compile_document(MODULE, "rules", file(broken), findings)
    assert findings.error_paths == [("Config", "shop", 0, *path)]


@pytest.mark.parametrize(
    ("doubtful", "path"),
    [
        (rule(), ("Actions",)),
        (rule(action("PATH_SET", "x")), ("Actions", 0, "Params", 0)),
        (rule(action("QUERY_ADD", "k", "a&b")), ("Actions", 0, "Params", 1)),
        (rule(action("QUERY_ADD", "a b", "v")), ("Actions", 0, "Params", 0)),
        (rule(action("QUERY_DEL")), ("Actions", 0, "Params")),
    ],
)
def test_a_doubtful_rule_is_loaded_with_a_warning(doubtful, path):
    findings = CollectedFindings()
    compile_document(MODULE, "rules", file(doubtful), findings)
    assert findings.errors == []
    assert [each.path for each in findings.warnings] == [("Config", "shop", 0, *path)]


def test_every_error_of_a_file_is_reported():
    findings = CollectedFindings()
    broken = {"Actions": [action("NOPE"), action("PATH_SET")]}
    compile_document(MODULE, "rules", {"Config": {"shop": [broken]}}, findings)
    assert findings.error_paths == [
        (),
        ("Config", "shop", 0),
        ("Config", "shop", 0),
        ("Config", "shop", 0, "Actions", 0, "Cmd"),
        ("Config", "shop", 0, "Actions", 1, "Params"),
    ]


def test_settings_have_defaults():
    built = build_module(MODULE, {"rules": file()}, {"Basic": {"DataPath": "elsewhere"}})
    assert set(built.handlers) == {Phase.ROUTE}
