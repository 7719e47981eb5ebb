"""Heads of real peers and of hostile ones: nobody is heard differently for being heard quickly.

The real ones are as clients and servers write them; the hostile ones are made by ``make_heads.py``.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from bfe_py.protocol import Codec, Dialect, Faulted, H1Server, HeadReceived
from bfe_py.protocol.h1.head import parse_request, parse_response
from tests.kit.codec import asking, feed
from tests.kit.heads import (
    LIMITS,
    is_request_recognised,
    is_response_recognised,
    request_opener,
    response_opener,
)

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Case:
    """One head; `method` is that of the request, empty where the head is one."""

    what: str
    head: bytes
    method: bytes
    is_refused: bool

    def is_recognised(self) -> bool:
        """Whether the quick way recognises it, and then as both others do."""
        if self.method:
            return is_response_recognised(self.head, self.method)
        return is_request_recognised(self.head)

    def codec(self) -> Codec:
        """A codec that waits for it."""
        return asking(self.method)() if self.method else H1Server()


def read(name: str, *, method: bytes) -> list[Case]:
    rows = map(json.loads, (DATA / name).read_text(encoding="ascii").splitlines())
    return [
        Case(
            row["what"],
            row["head"].encode("latin-1"),
            row.get("method", "").encode() or method,
            row.get("refused", False),
        )
        for row in rows
    ]


REAL_REQUESTS = read("heads_real_requests.jsonl", method=b"")
REAL_RESPONSES = read("heads_real_responses.jsonl", method=b"GET")
HOSTILE_REQUESTS = read("heads_hostile_requests.jsonl", method=b"")
HOSTILE_RESPONSES = read("heads_hostile_responses.jsonl", method=b"GET")
REAL = REAL_REQUESTS + REAL_RESPONSES
HOSTILE = HOSTILE_REQUESTS + HOSTILE_RESPONSES


def names(cases: list[Case]) -> list[str]:
    return [case.what for case in cases]


def test_there_are_many_heads_and_none_twice():
    assert min(len(REAL), len(HOSTILE)) >= 500
    assert min(map(len, (REAL_REQUESTS, REAL_RESPONSES))) >= 200
    assert len({(case.head, case.method) for case in REAL + HOSTILE}) == len(REAL + HOSTILE)


@pytest.mark.parametrize("case", REAL, ids=names(REAL))
def test_a_real_head_is_what_both_other_ways_make_of_it(case):
    case.is_recognised()
    if case.method:
        parse_response(case.head, LIMITS, case.method, Dialect())
    else:
        parse_request(case.head, LIMITS, Dialect())


@pytest.mark.parametrize("cases", [REAL_REQUESTS, REAL_RESPONSES], ids=["requests", "responses"])
def test_nine_of_ten_real_heads_are_recognised(cases):
    unrecognised = [case.what for case in cases if not case.is_recognised()]
    assert len(unrecognised) <= len(cases) / 10, unrecognised


@pytest.mark.parametrize("case", HOSTILE, ids=names(HOSTILE))
def test_no_hostile_head_is_recognised_as_something_else(case):
    assert not (case.is_recognised() and case.is_refused)
    first = feed(case.codec(), [case.head])[0]
    assert isinstance(first, tuple) is case.is_refused, first


@pytest.mark.parametrize("case", REAL + HOSTILE, ids=names(REAL + HOSTILE))
def test_how_a_head_was_cut_changes_nothing(case):
    whole = feed(case.codec(), [case.head])
    middle = len(case.head) // 2
    end = case.head.find(b"\r\n\r\n") + 3
    for place in (1, middle, end):
        assert feed(case.codec(), [case.head[:place], case.head[place:]]) == whole


def test_lines_that_were_seen_in_other_heads_change_nothing():
    requests, responses = request_opener(), response_opener()
    for case in [*REAL, *HOSTILE, *REAL]:
        if case.method:
            responses.restart(case.method, offers_switch=False)
            known = is_response_recognised(case.head, case.method, opener=responses)
        else:
            known = is_request_recognised(case.head, opener=requests)
        assert known is case.is_recognised(), case.what


def test_a_fault_ends_what_a_refused_head_began():
    for case in HOSTILE:
        if case.is_refused:
            codec = case.codec()
            events = codec.receive_data(case.head)
            assert isinstance(events[-1], Faulted)
            assert not isinstance(events[0], HeadReceived)
            assert codec.receive_data(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n") == []
