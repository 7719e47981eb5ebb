"""The function that a template becomes: what is in its source, and what it leaves to the readers."""

import dis

import pytest

from bfe_py.model import Attempt, Fault, Kind
from bfe_py.observe import (
    REQUEST_VARIABLES,
    SESSION_VARIABLES,
    Environment,
    compile_request_line,
)
from bfe_py.observe.generated import generate_line
from bfe_py.observe.variables import PLAIN, Inline
from bfe_py.observe.variables.inline import REQUEST_INLINE, SESSION_INLINE
from bfe_py.observe.variables.texts import Memo, by_second
from tests.kit.modules import ManualClock, make_exchange, make_response

ENVIRONMENT = Environment(ManualClock())
COMBINED = (
    '$host - - $request_time "$request_line" $status_code $res_len'
    ' "${Referer}req_header" "${User-Agent}req_header"'
)


def generated(*parts, plain=PLAIN):
    """Function of `parts`; what it leaves to the readers is ``readers``."""
    return generate_line(parts, lambda _: b"readers", ENVIRONMENT, plain)


@pytest.mark.parametrize(
    "key",
    [
        "'",
        '"',
        "\\",
        "a') or __import__('os').getpid() or b'",
        "{name",
        "{0.__class__",
        "{{",
        "name_0",
        "subject",
        "\n    raise SystemExit\n",
        "%b%d",
        "__builtins__",
    ],
)
def test_a_key_is_an_object_of_the_line_and_never_its_source(key):
    exchange = make_exchange(response=make_response())
    line_of_peer = (key.lower().encode(), key.encode(), b"found", b"")
    exchange.request.headers.add_lines([line_of_peer])
    template = f"${{{key}}}req_header"

    line = compile_request_line(template, ENVIRONMENT)
    usual = compile_request_line("${usual}req_header", ENVIRONMENT)

    assert line(exchange) == b"found\n"
    assert line.__code__.co_code == usual.__code__.co_code
    assert line.__code__.co_consts == usual.__code__.co_consts
    assert line.__code__.co_names == usual.__code__.co_names


@pytest.mark.parametrize("text", ["'''", '"""', "\\", "{name}", "%(a)s %", "\n", ");x=("])
def test_text_of_a_template_is_an_object_of_the_line_and_never_its_source(text):
    line = compile_request_line(f"{text}$host{text}", ENVIRONMENT)
    usual = compile_request_line("$host", ENVIRONMENT)

    assert line(make_exchange(host=b"a.test")) == f"{text}a.test{text}\n".encode()
    assert line.__code__.co_code == usual.__code__.co_code
    assert line.__code__.co_consts == usual.__code__.co_consts


def test_the_function_has_no_builtins_but_those_it_was_given():
    line = compile_request_line("$host", ENVIRONMENT)

    assert line.__globals__["__builtins__"] == {}


def test_the_objects_of_each_part_are_its_own():
    one = Inline(b"%d", ("{number}",), {"number": 1})
    other = Inline(b"%d", ("{number} + {number}",), {"number": 2})

    assert generated(one, b" ", other, b" ", lambda subject: subject)(b"x") == b"1 4 x"


def test_each_local_is_worked_out_once_and_only_where_it_is_used():
    line = generated(Inline(b"%b", ("headers.get(b'a')",)), Inline(b"%b", ("request.target",)))

    names = [each.argval for each in dis.get_instructions(line) if each.opname == "STORE_FAST"]

    assert names == ["request", "headers", "made"]


@pytest.mark.parametrize(
    ("parts", "line"),
    [
        ([Inline(b"a", unless=("subject == 1",))], b"readers"),
        ([Inline(b"a", unless=("subject == 2", "subject == 1")), b"b"], b"readers"),
        ([Inline(b"a", unless=("subject == 2",))], b"a"),
        ([b'"', Inline(b"%b", ("b'a'",))], b'"a'),
        ([b'"', Inline(b"%b", ("b'\"'",))], b"readers"),
        ([b'"', lambda _: b"\xff"], b"readers"),
    ],
)
def test_what_is_not_ordinary_is_left_to_the_readers(parts, line):
    assert generated(*parts)(1) == line


def test_every_inline_form_is_that_of_a_variable():
    assert REQUEST_INLINE.keys() <= REQUEST_VARIABLES.keys()
    assert SESSION_INLINE.keys() <= SESSION_VARIABLES.keys()
    assert all(REQUEST_VARIABLES[name].inline is made for name, made in REQUEST_INLINE.items())


def usual(**options):
    exchange = make_exchange(response=make_response(), tenant="t", cluster="c", **options)
    exchange.attempt = Attempt("c", "s", "b", "10.0.0.1", 80)
    return exchange


@pytest.mark.parametrize(
    "template",
    [COMBINED, *[f"${name}" for name in sorted(REQUEST_INLINE) if name != "proxy_delay"]],
)
@pytest.mark.parametrize("is_compatible", [False, True])
def test_an_ordinary_exchange_is_not_left_to_the_readers(template, is_compatible, monkeypatch):
    environment = Environment(ManualClock(), is_compatible)
    exchange = usual(headers=[(b"User-Agent", b"ua")])
    exchange.attempt.started = exchange.attempt.ended = 1.0
    line = compile_request_line(template, environment)
    made = line(exchange)
    monkeypatch.setitem(line.__globals__, "by_readers", None)

    assert line(exchange) == made


def test_a_failed_exchange_is_left_to_the_readers():
    exchange = usual()
    exchange.fault = Fault(Kind.CONNECT, "refused")

    assert compile_request_line("$error", ENVIRONMENT)(exchange) == b"BK_CONNECT_BACKEND,refused\n"


def test_a_memo_makes_each_value_once_and_forgets_all_when_it_is_full():
    made = []
    memo = Memo(lambda key: made.append(key) or key.encode(), 2)

    assert [memo[key] for key in "aabba"] == [b"a", b"a", b"b", b"b", b"a"]
    assert made == ["a", "b"]
    assert (memo["c"], len(memo)) == (b"c", 1)


def test_a_second_is_shown_once():
    shown = []
    texts = by_second(lambda second: shown.append(second) or b"%d" % second)

    assert [texts[now // 1] for now in (5.0, 5.999, 6.0, 6.5)] == [b"5", b"5", b"6", b"6"]
    assert shown == [5, 6]
