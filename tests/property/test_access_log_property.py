"""Lines that are generated: what each reader answers, with an escape where one is needed."""

from hypothesis import given
from hypothesis import strategies as st

from bfe_py.model import Address, Attempt, Exchange, Fault, Headers, Kind, RequestHead, Session
from bfe_py.model.headers import FieldBlock
from bfe_py.observe import (
    REQUEST_VARIABLES,
    SESSION_VARIABLES,
    Environment,
    compile_request_line,
    compile_session_line,
)
from bfe_py.observe.variables import escape_controls, escape_foreign
from tests.kit.modules import ManualClock, make_response, make_tls

LINES = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="$"), max_size=6)
KEYS = st.one_of(
    st.sampled_from(["user-agent", "User-Agent", "X-A", "a", "", "a b", "'", "{name", "{0"]),
    st.text(alphabet=st.characters(codec="utf-8", exclude_characters="}"), max_size=6),
)
NAMES = ["user-agent", "x-a", "cookie", "set-cookie", "referer"]
VALUES = st.sampled_from([b"", b"a", b"a=1; b=2", b'"', b"\\", b"%d", b"\xff", b"\t"])
FIELDS = st.lists(st.tuples(st.sampled_from(NAMES).map(str.encode), VALUES), max_size=4)
TEXTS = st.sampled_from(["", "a", "prod", "ö", "a\tb", "a,b", '"', "\udcff", "10.0.0.1"])
TIMES = st.one_of(
    st.sampled_from([0.0, 1000.0, 999.9995, 999.9994999, 1000.0005]), st.floats(0.0, 2000.0)
)
WALL = st.sampled_from([0.0, 0.5, 1_767_225_599.999, 1_767_225_600.0, 1_767_225_600.5, 1e9])
COUNTS = st.integers(0, 1 << 40)
ADDRESSES = st.sampled_from(
    [
        Address((0xFFFF << 32) | 0x7F000001, "127.0.0.1", 80),
        Address((0xFFFF << 32) | 0x7F000001, "127.0.0.1", 81),
        Address(1, "::1", 80),
        Address(0, "", 0),
    ]
)
FAULTS = st.one_of(st.none(), st.builds(Fault, st.sampled_from(list(Kind)), TEXTS))


@st.composite
def sessions(draw):
    session = Session(draw(ADDRESSES), draw(ADDRESSES), draw(WALL))
    session.vip = draw(st.none() | ADDRESSES)
    session.tls = draw(st.none() | st.just(make_tls()))
    session.is_trusted, session.used_continue = draw(st.booleans()), draw(st.booleans())
    session.bytes_read, session.bytes_written = draw(COUNTS), draw(COUNTS)
    session.requests, session.ended = draw(COUNTS), draw(WALL)
    session.fault_code, session.fault_detail = draw(TEXTS), draw(TEXTS)
    return session


@st.composite
def attempts(draw):
    attempt = Attempt(
        draw(TEXTS), draw(TEXTS), draw(TEXTS), draw(TEXTS), draw(st.integers(0, 65535))
    )
    attempt.scheme = draw(st.sampled_from(["http", "https"]))
    attempt.started, attempt.ended = draw(TIMES), draw(TIMES)
    attempt.connect_started, attempt.connect_ended = draw(TIMES), draw(TIMES)
    attempt.fault = draw(FAULTS)
    return attempt


@st.composite
def requests(draw):
    fields = draw(FIELDS)
    headers = Headers(fields)
    if draw(st.booleans()):
        headers = FieldBlock(headers.lines()).headers()
    return RequestHead(
        draw(st.sampled_from([b"GET", b"POST"])),
        draw(st.sampled_from([b"/", b"/a?b=%22", b'/"', b"/\xc3\xb6"])),
        headers,
        draw(st.sampled_from([b"1.0", b"1.1", b"2"])),
        draw(st.sampled_from([0, 5, None])),
        draw(st.sampled_from([None, b"a.test", b"a.test:80"])),
    )


@st.composite
def exchanges(draw):
    exchange = Exchange(draw(sessions()), draw(requests()), draw(WALL))
    if draw(st.booleans()):
        exchange.response = make_response(draw(st.integers(100, 999)), draw(FIELDS))
    exchange.attempt = draw(st.none() | attempts())
    exchange.fault = draw(FAULTS)
    exchange.client = draw(st.none() | ADDRESSES)
    exchange.redirect = draw(st.none() | st.just((b"/there", 302)))
    for name in ("tenant", "cluster", "sub_cluster", "log_id"):
        setattr(exchange, name, draw(TEXTS))
    for name in ("nth", "retries", "body_bytes", "response_bytes", "response_body_bytes"):
        setattr(exchange, name, draw(COUNTS))
    for point in ("head", "cluster", "response"):
        setattr(exchange, f"{point}_started", draw(TIMES))
        setattr(exchange, f"{point}_ended", draw(TIMES))
    return exchange


def templates(variables):
    """Lists of texts and of variables with a key, which may be None."""
    reference = st.tuples(st.sampled_from(list(variables)), st.none() | KEYS)
    return st.lists(st.one_of(LINES, reference), max_size=12)


def template_of(parts):
    """No name of a variable begins as another one: whatever stands behind one is text."""
    return "".join(
        part
        if isinstance(part, str)
        else f"${part[0]}"
        if part[1] is None
        else f"${{{part[1]}}}{part[0]}"
        for part in parts
    )


def line_of_readers(parts, variables, environment, subject):
    """The line, put together from what each reader answers."""
    escape_peer = escape_controls if environment.is_compatible else escape_foreign
    line = b""
    for part in parts:
        if isinstance(part, str):
            line += part.encode("utf-8", "surrogateescape")
            continue
        name, key = part
        variable = variables[name]
        value = variable.make(name if key is None else key, environment)(subject)
        line += (escape_peer if variable.is_foreign else escape_controls)(value)
    return line + b"\n"


@given(
    templates(REQUEST_VARIABLES),
    st.lists(exchanges(), min_size=1, max_size=3),
    st.booleans(),
    TIMES,
    WALL,
)
def test_the_line_of_an_exchange_is_what_its_readers_answer(parts, some, is_compatible, now, wall):
    environment = Environment(ManualClock(now, wall), is_compatible)
    line = compile_request_line(template_of(parts), environment)

    for exchange in some:
        expected = line_of_readers(parts, REQUEST_VARIABLES, environment, exchange)
        assert line(exchange) == expected


CLOCK = ManualClock()
ENVIRONMENTS = [Environment(CLOCK), Environment(CLOCK, is_compatible=True)]
EACH = [
    (environment, parts, compile_request_line(template_of(parts), environment))
    for environment in ENVIRONMENTS
    for name in REQUEST_VARIABLES
    for parts in [[(name, "X-A")]]
]


@given(exchanges(), TIMES, WALL)
def test_each_variable_of_an_exchange_is_what_its_reader_answers(exchange, now, wall):
    CLOCK.monotonic_now, CLOCK.wall_now = now, wall

    for environment, parts, line in EACH:
        expected = line_of_readers(parts, REQUEST_VARIABLES, environment, exchange)
        assert line(exchange) == expected, parts


@given(
    templates(SESSION_VARIABLES),
    sessions(),
    st.booleans(),
    WALL,
)
def test_the_line_of_a_connection_is_what_its_readers_answer(parts, session, is_compatible, wall):
    environment = Environment(ManualClock(wall_now=wall), is_compatible)

    line = compile_session_line(template_of(parts), environment)(session)

    assert line == line_of_readers(parts, SESSION_VARIABLES, environment, session)
