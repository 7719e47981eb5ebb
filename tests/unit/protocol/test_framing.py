"""Reason phrases, connection options and fields of one hop."""

import pytest

from bfe_py.model import Headers
from bfe_py.protocol import (
    FORBIDDEN_IN_TRAILERS,
    connection_options,
    reason_phrase,
    strip_hop_by_hop,
)


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


def test_what_nothing_is_to_be_taken_from_stays_as_it_is():
    headers = Headers([(b"Host", b"a"), (b"X", b"1")])
    lines = headers.lines()
    strip_hop_by_hop(headers)
    assert headers.lines() is lines


def test_fields_of_one_hop_go_and_those_for_everybody_stay():
    headers = Headers(
        [
            (b"Connection", b"X-A, Cookie, X-Forwarded-For, TE"),
            (b"X-A", b"1"),
            (b"Cookie", b"c"),
            (b"X-Forwarded-For", b"1.1.1.1"),
            (b"TE", b"trailers"),
        ]
    )
    assert connection_options(headers) == {b"x-a", b"cookie", b"x-forwarded-for", b"te"}
    strip_hop_by_hop(headers)
    assert [name for name, _ in headers] == [b"Cookie", b"X-Forwarded-For", b"TE"]
    assert connection_options(headers) == frozenset()


def test_an_upgrade_stays_only_where_it_is_kept_and_connection_lists_it():
    listed = [(b"Connection", b"a, upgrade"), (b"Upgrade", b"ws"), (b"TE", b"gzip")]
    headers = Headers(listed)
    strip_hop_by_hop(headers, keep_upgrade=True)
    assert list(headers) == [(b"Connection", b"Upgrade"), (b"Upgrade", b"ws")]
    for fields in (listed[:1], listed[1:]):
        headers = Headers(fields)
        strip_hop_by_hop(headers, keep_upgrade=True)
        assert len(headers) == 0


def test_no_trailer_frames_routes_or_authenticates():
    assert {b"content-length", b"host", b"cookie", b"trailer", b"te"} <= FORBIDDEN_IN_TRAILERS
    assert b"x-checksum" not in FORBIDDEN_IN_TRAILERS
