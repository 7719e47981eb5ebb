import json

from bfe_py.cli.eval import run_eval


def evaluate(*lines):
    written = []
    code = run_eval(
        [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines],
        written.append,
    )
    return code, [json.loads(each) for each in written]


def test_each_line_is_answered_with_a_line():
    code, answers = evaluate(
        {"id": 1, "expr": 'req_path_in("/a", false)', "request": {"path": "/a"}},
        {"id": "b", "expr": "!default_t()", "request": {}, "note": "ignored"},
        b"\n",
    )
    assert code == 0
    assert answers == [
        {"id": 1, "result": True, "error": None},
        {"id": "b", "result": False, "error": None},
    ]


def test_an_expression_that_does_not_compile_is_told_with_all_errors():
    code, (answer,) = evaluate({"id": "x", "expr": "a && foo()", "request": {}})
    assert code == 0
    assert (answer["id"], answer["result"]) == ("x", "compile_error")
    assert answer["error"].splitlines() == [
        "1:1 `a` is defined nowhere",
        "1:6 there is no primitive `foo`",
    ]


def test_a_malformed_line_is_told_and_the_others_are_answered():
    code, answers = evaluate(
        b"{",
        b"\xff",
        [],
        {"id": 1, "request": {}},
        {"id": 1, "expr": "default_t()"},
        {"id": 1, "expr": "default_t()", "request": {"path": 1}},
        b"[" * 100_000,
        {"id": 2, "expr": "default_t()", "request": {}},
    )
    assert code == 2
    assert [each["result"] for each in answers] == ["input_error"] * 7 + [True]
    assert all(each["id"] is None and each["error"] for each in answers[:7])
    assert answers[7]["id"] == 2


def test_the_clock_is_the_real_one():
    text = 'bfe_time_range("20240101000000Z", "99990101000000Z")'
    assert evaluate({"id": 1, "expr": text, "request": {}})[1][0]["result"] is True
