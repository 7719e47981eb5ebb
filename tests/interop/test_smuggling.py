"""No request ever means two things: a corpus of attacks against the real process.

Two real servers and a strict one stand behind it, each behind a tap that keeps every byte. What the
tap recorded, what the backend understood and what the proxy counted must be the same requests; a
reader that shares nothing with the proxy reads what went by. smuggling/*.toml is the corpus, and
says of every case what has to come of it.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Iterable, Sequence

import pytest

from tests.kit.smuggle_backends import NGINX_COMMAND
from tests.kit.smuggle_client import source_address
from tests.kit.smuggle_codec import judge_requests, judge_response, splits
from tests.kit.smuggle_complaints import complaints_of
from tests.kit.smuggle_corpus import (
    Answer,
    Case,
    Change,
    read_answers,
    read_cases,
    read_changes,
    read_golden,
    read_rules,
)
from tests.kit.smuggle_evidence import Evidence
from tests.kit.smuggle_reader import Malformed, read_requests, read_responses
from tests.kit.smuggle_run import (
    BY_BYTES,
    CHANGES,
    NGINX,
    ORIGIN,
    PLACES,
    STRICT,
    Decks,
    play,
)
from tests.kit.smuggle_tree import TRUSTED_PLACE
from tests.kit.smuggle_verdict import (
    problems_of_answer,
    problems_of_case,
    problems_of_change,
    problems_of_recorded,
)

MODES = ("default", "compat")
STATUS = re.compile(rb"HTTP/1\.[01] ([2-5][0-9]{2}) ")
CASES, RECORDED = read_cases(), read_golden()
ANSWERS, CHANGED = read_answers(), read_changes()

RECORDED_FINDINGS: dict[tuple[str, str], str] = {}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Evidence]:
    """What came of everything, by mode."""
    decks = Decks(CASES, RECORDED, ANSWERS, CHANGED, read_rules())
    return {
        mode: asyncio.run(play(tmp_path_factory.mktemp(f"smuggling-{mode}"), mode, decks))
        for mode in MODES
    }


@pytest.fixture
def evidence(found: dict[str, Evidence], mode: str) -> Evidence:
    return found[mode]


def in_both_modes(items: Iterable[tuple[str, object, dict[str, str]]]) -> list[object]:
    """Parameters (mode, item); `items` are id, item, findings by mode."""
    return [
        pytest.param(
            mode,
            item,
            id=f"{mode}-{name}",
            marks=[pytest.mark.xfail(reason=findings[mode], strict=True)] if findings[mode] else [],
        )
        for mode in MODES
        for name, item, findings in items
    ]


def numbered(items: Sequence[Case | Answer | Change]) -> list[object]:
    return in_both_modes(
        [
            (item.id, (number, item), {mode: item.finding_in(mode) for mode in MODES})
            for number, item in enumerate(items)
        ]
    )


def places() -> list[int]:
    return [place for place in PLACES if place != NGINX or NGINX_COMMAND]


@pytest.mark.parametrize(("mode", "item"), numbered(CASES))
def test_a_request_means_the_same_to_everyone(
    evidence: Evidence, mode: str, item: tuple[int, Case]
):
    number, case = item
    problems: dict[tuple[str, bool], list[str]] = {}
    for place in places():
        if not case.skips_backend(PLACES[place], mode):
            source = source_address(place, number)
            played = evidence.played[source]
            if found := problems_of_case(case, mode, played, source):
                problems[PLACES[place], place == BY_BYTES] = found
    assert not problems, case.wire[:2000]


@pytest.mark.parametrize(
    ("mode", "item"),
    in_both_modes(
        [
            (
                name,
                (number, wire),
                {mode: RECORDED_FINDINGS.get((mode, name), "") for mode in MODES},
            )
            for number, (name, wire) in enumerate(RECORDED, len(CASES))
        ]
    ),
)
def test_a_recorded_request_reaches_backends_clean(
    evidence: Evidence, mode: str, item: tuple[int, bytes]
):
    number, wire = item
    problems, seen, answers = {}, {}, {}
    for place in places():
        source = source_address(place, number)
        played = evidence.played[source]
        if found := problems_of_recorded(played, mode, source):
            problems[place] = found
        seen[place] = [request.describe() for request in played.whole]
        answers[place] = STATUS.findall(played.answer or b"")
    assert not problems, wire[:2000]
    assert all(one == seen[STRICT] for one in seen.values())
    assert answers[STRICT] == answers[BY_BYTES]


@pytest.mark.parametrize(
    ("mode", "item"),
    [one for one in numbered(ANSWERS) if one.values[0] == "default" or not one.values[1][1].is_lax],
)
def test_a_client_gets_no_answer_that_means_two_things(
    evidence: Evidence, mode: str, item: tuple[int, Answer]
):
    number, answer = item
    played = evidence.of(ORIGIN, number)
    assert problems_of_answer(answer, mode, played) == [], (answer.wire[:500], played.answer)


@pytest.mark.parametrize(("mode", "item"), numbered(CHANGED))
def test_a_rule_brings_in_no_line(evidence: Evidence, mode: str, item: tuple[int, Change]):
    number, change = item
    source = source_address(TRUSTED_PLACE if change.is_trusted else CHANGES, number)
    assert problems_of_change(change, mode, evidence.played[source], source) == []


@pytest.mark.parametrize("mode", MODES)
def test_every_request_of_every_connection_was_written_by_the_proxy(evidence: Evidence):
    assert evidence.problems == []


@pytest.mark.parametrize("mode", MODES)
def test_no_backend_refused_what_the_proxy_did_not_see_refused(evidence: Evidence):
    refused: Counter[str] = Counter()
    for played in evidence.played.values():
        unseen = len(played.forwarded) - len(played.understood)
        if unseen and played.sent and not played.visits:
            refused[played.sent[0]["backend"].split(",")[0]] += unseen
    assert evidence.refused == refused


@pytest.mark.parametrize("mode", MODES)
def test_the_counters_say_the_same(evidence: Evidence):
    lines = [line for played in evidence.played.values() for line in played.lines]
    assert evidence.totals["bfe_client_requests_total"] == len(lines)
    assert evidence.totals["bfe_client_crashes_total"] == 0
    attempts: Counter[str] = Counter()
    for line in lines:
        if line["was_sent"]:
            attempts[line["backend"].split(",")[0]] += 1 + int(line["retry_num"])
    counted: Counter[str] = Counter()
    for name, value in evidence.totals.items():
        if name.startswith("bfe_backend_attempts_total"):
            counted[name.partition('cluster="')[2].partition('"')[0]] += int(value)
    assert counted == attempts
    assert evidence.totals["bfe_upstream_requests_total"] == sum(attempts.values())


@pytest.mark.parametrize("mode", MODES)
def test_nothing_was_logged_with_a_traceback(evidence: Evidence):
    assert "Traceback" not in evidence.log


@pytest.mark.skipif(NGINX_COMMAND is None, reason="nginx is not installed (package nginx-light)")
@pytest.mark.parametrize("mode", MODES)
def test_nginx_has_seen_what_was_recorded(evidence: Evidence):
    played = [one for source, one in evidence.played.items() if source.startswith(f"127.{NGINX}.")]
    whole = sum(len(one.whole) for one in played)
    assert whole > len(CASES) // 2
    assert sum(len(one.understood) for one in played) + evidence.refused["nginx"] == whole


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_verdict_on_a_request_is_the_same_at_every_split(case: Case):
    for mode in MODES if case.expected != case.compatible else MODES[:1]:
        whole = judge_requests([case.wire], mode)
        for pieces in splits(case.wire):
            assert judge_requests(pieces, mode) == whole, (mode, pieces[0][-200:])


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.id)
def test_the_verdict_on_a_response_is_the_same_at_every_split(answer: Answer):
    method, is_closed = answer.request.partition(b" ")[0], answer.then == "close"
    whole = judge_response([answer.wire], method, is_closed=is_closed)
    for pieces in splits(answer.wire):
        assert judge_response(pieces, method, is_closed=is_closed) == whole, pieces[0][-200:]


# --- the reader itself

UNREADABLE = [
    b"GET / HTTP/1.1\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\n X: y\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\n: y\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n",
    b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"G@T / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.0\r\nHost: a\r\n\r\n",
    b"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
    b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\nx",
    b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 01\r\n\r\nx",
    b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;a\r\nx\r\n0\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\nx\r\n0\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxy0\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\n\n",
]
QUESTIONABLE = [
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a,b\r\n\r\n",
    b'GET /" HTTP/1.1\r\nHost: a\r\n\r\n',
    b"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /#a HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET * HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nConnection: X\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nTE: gzip\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nHost: b\r\n\r\n",
]


@pytest.mark.parametrize("wire", UNREADABLE, ids=range(len(UNREADABLE)))
def test_the_reader_takes_no_malformed_request(wire: bytes):
    with pytest.raises(Malformed):
        read_requests(wire)


@pytest.mark.parametrize("wire", QUESTIONABLE, ids=range(len(QUESTIONABLE)))
def test_the_reader_complains_of_what_no_proxy_should_send(wire: bytes):
    [request] = read_requests(wire)
    assert request.is_whole
    assert len(complaints_of(request)) == 1


def test_the_reader_counts_requests():
    wire = (
        b"GET /a HTTP/1.1\r\nHost: a\r\n\r\nPUT /b HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n"
    )
    whole = read_requests(wire + b"xyGET /c")
    assert [request.describe() for request in whole[:2]] == ["GET /a", "PUT /b xy"]
    assert [request.is_whole for request in whole] == [True, True, False]
    assert [request.is_whole for request in read_requests(wire + b"x")] == [True, False]


@pytest.mark.parametrize(
    "wire",
    [
        b"HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 204 No\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 103 Early\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 x\r\n\r\n",
    ],
)
def test_the_reader_takes_no_malformed_response(wire: bytes):
    with pytest.raises(Malformed):
        read_responses(wire, [b"GET", b"GET"])
