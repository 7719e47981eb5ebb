"""Variables of an exchange: when, and how long."""

from collections.abc import Callable

from bfe_py.model.exchange import Exchange
from bfe_py.observe.variables.row import Environment, Variable, plain
from bfe_py.observe.variables.texts import (
    UNKNOWN,
    common_log_time,
    date_and_time,
    milliseconds,
    per_second,
)

Reader = Callable[[Exchange], bytes]


def _all(_key: str, environment: Environment) -> Reader:
    now = environment.clock.monotonic

    def read(exchange: Exchange) -> bytes:
        return milliseconds(exchange.head_started, now())

    return read


def _read_request(exchange: Exchange) -> bytes:
    return milliseconds(exchange.head_started, exchange.head_ended)


def _cluster(exchange: Exchange) -> bytes:
    return milliseconds(exchange.cluster_started, exchange.cluster_ended)


def _last_backend(exchange: Exchange) -> bytes:
    attempt = exchange.attempt
    return b"0" if attempt is None else milliseconds(attempt.started, attempt.ended)


def _response(exchange: Exchange) -> bytes:
    return milliseconds(exchange.response_started, exchange.response_ended)


def _connect(exchange: Exchange) -> bytes:
    attempt = exchange.attempt
    if attempt is None:
        return b""
    ended = attempt.connect_ended or attempt.ended
    if ended < attempt.connect_started:
        return UNKNOWN
    return milliseconds(attempt.connect_started, ended)


def _before_backend(exchange: Exchange) -> bytes:
    times = exchange
    if not times.cluster_started:
        return UNKNOWN
    return milliseconds(times.head_ended, times.cluster_started)


def _since_backend(_key: str, environment: Environment) -> Reader:
    now = environment.clock.monotonic

    def read(exchange: Exchange) -> bytes:
        attempt = exchange.attempt
        if attempt is None or not attempt.started:
            return UNKNOWN
        return milliseconds(attempt.started, now())

    return read


def _write(_key: str, environment: Environment) -> Reader:
    now = environment.clock.monotonic

    def read(exchange: Exchange) -> bytes:
        attempt = exchange.attempt
        return b"0" if attempt is None else milliseconds(attempt.ended, now())

    return _last_backend if environment.is_compatible else read


def _since_session(_key: str, environment: Environment) -> Reader:
    wall = environment.clock.wall

    def read(exchange: Exchange) -> bytes:
        return milliseconds(exchange.session.started, wall())

    return read


def _request_time(_key: str, _environment: Environment) -> Reader:
    show = per_second(common_log_time)

    def read(exchange: Exchange) -> bytes:
        return show(exchange.started)

    return read


def now_text(_key: str, environment: Environment) -> Callable[[object], bytes]:
    """``$time`` of both domains."""
    show = per_second(date_and_time)
    wall = environment.clock.wall

    def read(_subject: object) -> bytes:
        return show(wall())

    return read


TIMES: tuple[Variable[Exchange], ...] = (
    Variable("all_time", "Since the request began, ms.", _all),
    Variable("read_req_duration", "Reading the request head, ms.", plain(_read_request)),
    Variable("cluster_duration", "All attempts together, ms.", plain(_cluster)),
    Variable("last_backend_duration", "The last attempt, ms.", plain(_last_backend)),
    Variable("response_duration", "Sending the response, ms.", plain(_response)),
    Variable("connect_time", "Connecting to the backend, ms.", plain(_connect)),
    Variable(
        "proxy_delay", "From the request head to the first attempt, ms.", plain(_before_backend)
    ),
    Variable("readwrite_serve_time", "Since the last attempt began, ms.", _since_backend),
    Variable("write_serve_time", "Since the last attempt ended, ms.", _write),
    Variable("since_ses_start_time", "Since the connection began, ms.", _since_session),
    Variable(
        "request_time", "When the request began: [02/Jan/2026:15:04:05 +0000].", _request_time
    ),
    Variable("time", "Now: 2026-01-02 15:04:05.", now_text),
)
"""Variables of a request that are times; durations are whole milliseconds."""
