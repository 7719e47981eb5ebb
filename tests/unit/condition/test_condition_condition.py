import pytest

from bfe_py.condition import (
    ConditionError,
    RequestSketch,
    compile_condition,
    format_node,
    parse_condition,
)


def problems(text, **options):
    with pytest.raises(ConditionError) as caught:
        compile_condition(text, **options)
    return caught.value.problems


def test_a_condition_decides_about_facts():
    condition = compile_condition('req_host_in("a.example") && !req_path_in("/x", false)')
    assert condition.matches(RequestSketch(host="A.example", path="/y")) is True
    assert condition.matches(RequestSketch(host="a.example", path="/x")) is False
    assert condition.text.startswith("req_host_in")
    assert condition.warnings == ()


def test_what_must_be_there_is_known():
    assert compile_condition('!req_body_json_in("a", "b", true) || default_t()').reads_body
    assert compile_condition('default_t() && res_code_in("200")').reads_response
    plain = compile_condition('req_host_in("a")')
    assert (plain.reads_body, plain.reads_response) == (False, False)


def test_a_mix_is_a_warning_or_an_error():
    text = "default_t() || default_t() && !default_t()"
    condition = compile_condition(text)
    assert [each.start for each in condition.warnings] == [0]
    assert condition.matches(RequestSketch()) is False
    (problem,) = problems(text, mixed="error")
    assert problem == condition.warnings[0]
    assert compile_condition(format_node(condition.node), mixed="error").warnings == ()


def test_all_errors_of_all_kinds_are_told_in_text_order():
    text = (
        'req_hots_in("a") && req_path_in("/a", 1) || req_host_in("b:80|c") && default_t'
        ' && req_cip_range("10.0.0.0/8", "x") && req_path_regmatch("(") && req_url_regmatch("\\d")'
        " and req_method_in('GET')"
    )
    found = problems(text, mixed="error")
    assert [
        each.message.split("`")[1] if "`" in each.message else each.message for each in found
    ] == [
        "req_hots_in",
        "case",
        "b:80",
        "default_t",
        "10.0.0.0/8",
        "x",
        "(",
        "\\d",
        "and",
        'text is quoted with "..." or back-quotes',
    ]


def test_a_syntax_error_hides_only_what_it_touches():
    assert [each.reference for each in problems('foo("a", @) && bar()')] == [
        "1:1 primitive foo not found",
        "1:10 unrecognized token 57361",
        "1:16 primitive bar not found",
    ]
    assert [each.reference for each in problems("if() && req_port_in(@)")] == [
        "1:3 keyword can't be used",
        "1:21 unrecognized token 57361",
    ]
    assert [each.message for each in problems("$a && b")] == [
        "`$` has no meaning in a condition",
        "`b` is defined nowhere",
    ]


def test_names_are_conditions_too():
    names = {
        "internal": parse_condition('req_cip_range("10.0.0.0", "10.0.0.255") || req_cip_trusted()'),
        "guest": parse_condition('!internal && !req_body_json_in("user", "", false)'),
    }
    condition = compile_condition("guest || internal", names=names)
    assert condition.matches(RequestSketch(is_trusted=True))
    assert not condition.matches(RequestSketch())
    assert condition.matches(RequestSketch(body_prefix=b'{"user":1}'))
    assert condition.reads_body
    assert compile_condition(format_node(condition.node)).node == condition.node


def test_errors_in_names_are_told_where_they_are_used():
    names = {
        "bad": parse_condition('req_hots_in("a")'),
        "circle": parse_condition("circle"),
        "lacking": parse_condition("nothing"),
    }
    found = problems("bad && circle && lacking && other", names=names)
    assert [each.message for each in found] == [
        "the definition of `bad` is wrong: there is no primitive `req_hots_in`",
        "`circle` is defined by itself: circle -> circle",
        "`lacking` needs `nothing`, which is defined nowhere",
        "`other` is defined nowhere",
    ]
    assert found[3].reference == "found unresolved variable other 29"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (" && ".join(["default_t()"] * 500), True),
        ("!" * 301 + "default_t()", False),
        ("(" * 200 + "default_t()" + ")" * 200, True),
        ("(!default_t() || " * 2000 + "default_t()" + ")" * 2000, True),
    ],
)
def test_size_and_depth_have_no_limit(text, wanted):
    assert compile_condition(text).matches(RequestSketch()) is wanted
