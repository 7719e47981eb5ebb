import pytest

from bfe_py.observe import Environment, compile_request_line
from bfe_py.observe.combined import combined_line
from tests.kit.modules import ManualClock, make_exchange, make_response

TEMPLATE = (
    '$host - - $request_time "$request_line" $status_code $res_len'
    ' "${Referer}req_header" "${User-Agent}req_header"'
)
AGENT, REFERER = (b"User-Agent", b"ua/1"), (b"Referer", b"http://a.test/")


def exchange_of(*fields, status=200, redirect=None, started=None, **options):
    """An exchange with an answer, unless `status` is None."""
    response = None if status is None else make_response(status)
    exchange = make_exchange(headers=fields, response=response, **options)
    exchange.response_bytes = 131
    exchange.redirect = redirect
    if started is not None:
        exchange.started = started
    return exchange


# what is made here, and what is left to the template
ORDINARY = [
    exchange_of(AGENT, REFERER),
    exchange_of(),
    exchange_of((b"Referer", b""), (b"User-Agent", b"first"), (b"User-Agent", b"second")),
    exchange_of(AGENT, method=b"POST", target=b"/p?q=%22", version=b"1.0", host=b"a.test:80"),
    exchange_of(AGENT, version=b"2", status=404),
    exchange_of(AGENT, host=None),
    exchange_of(AGENT, REFERER, redirect=(b"/there", 302)),
    exchange_of(AGENT, started=1_767_225_630.0),
    exchange_of(AGENT, started=1_767_225_629.999),
    exchange_of(AGENT, started=1_767_225_630.999),
]
OTHERS = [
    exchange_of(AGENT, REFERER, status=None),
    exchange_of((b"User-Agent", b'u" "x'), REFERER),
    exchange_of((b"User-Agent", b"u\\"), REFERER),
    exchange_of((b"User-Agent", b"a\tb"), REFERER),
    exchange_of((b"User-Agent", b"\xc3\xb6"), REFERER),
]


@pytest.mark.parametrize("is_compatible", [False, True])
def test_the_line_is_that_of_its_template(is_compatible):
    environment = Environment(ManualClock(), is_compatible)
    written_out = compile_request_line("COMBINED", environment)
    compiled = compile_request_line("x" + TEMPLATE, environment)

    for exchange in ORDINARY + OTHERS:
        assert b"x" + written_out(exchange) == compiled(exchange)


def test_what_is_not_ordinary_is_left_to_the_template():
    line = combined_line(lambda _: b"compiled")

    assert b"compiled" not in [line(exchange) for exchange in ORDINARY]
    assert [line(exchange) for exchange in OTHERS] == [b"compiled"] * len(OTHERS)
