"""Reason phrases, connection options and fields of one hop."""

import pytest

from bfe_py.model import Headers, ResponseHead
from bfe_py.protocol import (
    FORBIDDEN_IN_TRAILERS,
    ONE_HOP,
    connection_options,
    is_event_stream,
    nominated_names,
    one_hop_names,
    reason_phrase,
    strip_hop_by_hop,
)
from bfe_py.protocol.framing import is_forbidden_in_trailers, parse_options, standard_reason


@pytest.mark.parametrize(
    ("status", "standard", "compatible"),
    [
        (200, b"OK", b"OK"),
        (413, b"Content Too Large", b"Request Entity Too Large"),
        (414, b"URI Too Long", b"Request-URI Too Long"),
        (308, b"Permanent Redirect", b"status code 308"),
        (103, b"Early Hints", b"status code 103"),
        (418, b"I'm a teapot", b"I'm a teapot"),
        (299, b"status code 299", b"status code 299"),
        (999, b"status code 999", b"status code 999"),
    ],
)
def test_a_status_has_a_phrase_in_both_tables(status, standard, compatible):
    assert reason_phrase(status) == standard
    assert reason_phrase(status, compatible=True) == compatible


@pytest.mark.parametrize(
    ("status", "reason", "kept"),
    [
        (200, b"OK", b""),
        (404, b"Not Found", b""),
        (404, b"not found", b"not found"),
        (200, b"Not Found", b"Not Found"),
        (200, None, b""),
        (200, b"", b""),
        (999, b"Odd", b"Odd"),
        (999, None, b""),
        (299, b"status code 299", b"status code 299"),
    ],
)
def test_a_reason_is_kept_where_it_is_not_the_standard_one(status, reason, kept):
    assert standard_reason(status, reason) == kept


def response(*fields: tuple[bytes, bytes]) -> ResponseHead:
    headers = Headers(fields)
    return ResponseHead(200, headers, options=connection_options(headers))


def test_what_nothing_is_to_be_taken_from_stays_as_it_is():
    head = response((b"Host", b"a"), (b"X", b"1"))
    strip_hop_by_hop(head)
    assert list(head.headers) == [(b"Host", b"a"), (b"X", b"1")]


def test_fields_of_one_hop_go_and_those_for_everybody_stay():
    head = response(
        (b"Connection", b"X-A, Cookie, X-Forwarded-For, TE"),
        (b"X-A", b"1"),
        (b"Cookie", b"c"),
        (b"X-Forwarded-For", b"1.1.1.1"),
        (b"TE", b"trailers"),
    )
    assert head.options == {b"x-a", b"cookie", b"x-forwarded-for", b"te"}
    strip_hop_by_hop(head)
    assert [name for name, _ in head.headers] == [b"Cookie", b"X-Forwarded-For"]
    assert connection_options(head.headers) == frozenset()
    assert head.options == {b"x-a", b"cookie", b"x-forwarded-for", b"te"}


@pytest.mark.parametrize("options", [(), (b"close",), (b"keep-alive",), (b"close", b"keep-alive")])
def test_options_about_the_connection_itself_nominate_nothing(options):
    assert one_hop_names(frozenset(options), [], ONE_HOP) is ONE_HOP


@pytest.mark.parametrize(
    ("options", "te", "stays"),
    [
        ((b"te",), [b"trailers"], True),
        ((b"te", b"x"), [b"TRAILERS"], True),
        ((b"x",), [b"trailers"], True),
        ((), [b"trailers"], True),
        ((), [b"gzip"], False),
        ((b"te",), [b"trailers", b"gzip"], False),
        ((b"te",), [b"trailers;q=1"], False),
        ((b"te",), [], False),
    ],
)
def test_te_stays_where_it_asks_for_trailers_alone(options, te, stays):
    names = one_hop_names(frozenset(options), te, ONE_HOP)
    assert (b"te" not in names) is stays
    assert (b"x" in names) is (b"x" in options)


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ((), set()),
        ((b"close", b"keep-alive"), set()),
        ((b"close", b"x-a", b"upgrade"), {b"close", b"x-a", b"upgrade"}),
        ((b"host", b"te", b"cookie", b"x-forwarded-for", b"x-real-ip", b"x-bfe-ip"), set()),
    ],
)
def test_options_nominate_fields_but_those_that_nobody_may_miss(options, names):
    assert nominated_names(frozenset(options)) == names


def test_other_names_may_always_go():
    always = ONE_HOP | {b"expect"}
    assert b"expect" in one_hop_names(frozenset({b"x"}), [], always)
    assert b"expect" in one_hop_names(frozenset(), [], always)


@pytest.mark.parametrize(
    ("value", "options"),
    [
        (b"", set()),
        (b" ,\t,", set()),
        (b"close", {b"close"}),
        (b"keep-alive", {b"keep-alive"}),
        (b"Keep-Alive", {b"keep-alive"}),
        (b"Close ,\tX-A,,x-a", {b"close", b"x-a"}),
    ],
)
def test_a_value_of_connection_lists_options(value, options):
    assert parse_options(value) == options
    assert connection_options(Headers([(b"connection", value)])) == options


def test_lines_of_connection_are_one_list():
    headers = Headers([(b"Connection", b"close"), (b"connection", b"X-A, X-B")])
    assert connection_options(headers) == {b"close", b"x-a", b"x-b"}


@pytest.mark.parametrize(
    ("name", "is_forbidden"),
    [
        (b"content-length", True),
        (b"host", True),
        (b"cookie", True),
        (b"trailer", True),
        (b"te", True),
        (b"via", True),
        (b"forwarded", True),
        (b"x-forwarded-for", True),
        (b"x-real-ip", True),
        (b"x-bfe-ip", True),
        (b"x-checksum", False),
        (b"x-forwarded", False),
        (b"grpc-status", False),
    ],
)
def test_no_trailer_frames_routes_authenticates_or_tells_where_it_came_from(name, is_forbidden):
    assert is_forbidden_in_trailers(name) is is_forbidden
    assert name not in FORBIDDEN_IN_TRAILERS or is_forbidden


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([b"text/event-stream"], True),
        ([b"Text/Event-Stream ; charset=utf-8"], True),
        ([b"application/sse"], True),
        ([b"application/x-sse"], True),
        ([b"text/event-streams"], False),
        ([b"text/plain; a=text/event-stream"], False),
        ([b""], False),
        ([], False),
    ],
)
def test_a_media_type_tells_a_stream_of_events(values, expected):
    headers = Headers([(b"Content-Type", value) for value in values])
    assert is_event_stream(headers) is expected
