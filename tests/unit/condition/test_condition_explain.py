import json

import pytest

from bfe_py.condition import RequestSketch, compile_condition, explain_condition

FACTS = RequestSketch.decode({"host": "a.example", "path": "/API/x"}, 0.0)


def explain(text):
    return explain_condition(compile_condition(text), FACTS)


@pytest.mark.parametrize(
    ("text", "results"),
    [
        ("default_t() && !default_t() && default_t()", [False, True, False, True, None]),
        ("!default_t() || default_t() || default_t()", [True, False, True, True, None]),
        ("default_t() && default_t()", [True, True, True]),
        ("!default_t() || !default_t()", [False, False, True, False, True]),
        ("!(default_t() && default_t())", [False, True, True, True]),
        ("default_t()", [True]),
    ],
)
def test_every_part_tells_how_it_came_out(text, results):
    pending, found = [explain(text)], []
    while pending:
        trace = pending.pop()
        found.append(trace.result)
        pending.extend(reversed(trace.children))
    assert found == results


def test_a_trace_is_read_by_people():
    text = explain(
        'req_host_in("b") || req_path_prefix_in("/api", false) || !default_t()'
    ).to_text()
    assert text == "\n".join(
        [
            'false req_host_in("b") || req_path_prefix_in("/api", false) || !default_t()'
            "  (every part is false)",
            'false   req_host_in("b")  ("a.example" equals none of the patterns)',
            'false   req_path_prefix_in("/api", false)  ("/API/x" starts with none of the patterns;'
            " only the case of the letters differs)",
            "false   !default_t()  (default_t() is true)",
            "true      default_t()",
        ]
    )


def test_parts_that_were_not_needed_are_marked():
    trace = explain("!default_t() && default_t()")
    assert trace.to_text().splitlines()[-1] == "-       default_t()  (not evaluated)"
    assert trace.why == "!default_t() is false"
    assert explain("default_t() && default_t()").why == "every part is true"


def test_a_trace_is_read_by_programs():
    trace = explain('req_path_in("/API/x", false) && (default_t() || default_t())')
    tree = json.loads(trace.to_json())
    assert tree["result"] is True
    assert [each["result"] for each in tree["children"]] == [True, True]
    assert tree["children"][0]["value"] == "/API/x"
    assert [each["result"] for each in tree["children"][1]["children"]] == [True, None]


def test_depth_is_no_trouble():
    trace = explain("!(default_t() && " * 1500 + "default_t()" + ")" * 1500)
    assert trace.result is True
    assert trace.text.endswith("...")
    assert len(trace.to_text().splitlines()) == 4501
    assert trace.to_json().count('"text"') == 4501
