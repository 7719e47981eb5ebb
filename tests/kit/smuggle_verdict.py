"""Compares what came of a case with what had to: everything that is wrong, in words."""

import re

from tests.kit.smuggle_complaints import TARGET_COMPLAINT
from tests.kit.smuggle_corpus import Answer, Case, Change, Expected
from tests.kit.smuggle_evidence import Played
from tests.kit.smuggle_reader import Malformed, Message, read_responses

OF_THE_PROXY = (b"x-real-ip", b"x-real-port", b"x-bfe-ip", b"x-forwarded-for")


def problems_of_case(case: Case, mode: str, played: Played, source: str) -> list[str]:
    """What is wrong with a case of requests.toml in one place."""
    expected = case.of(mode)
    methods = [line.split(" ")[0].encode("latin-1") for line in expected.seen]
    problems, finals, interims = _read_answer(played, methods)
    problems += _differ("answers", [final.status for final in finals], expected.answers)
    if any(interim.status != 100 for interim in interims):
        problems.append("interim answers that nobody gave")
    problems += _count_problems(played, len(expected.seen), may_break_off=case.cut)
    problems += _request_problems(played, mode, source)
    problems += _difference_of_seen(case, expected, played, mode)
    return problems


def _difference_of_seen(case: Case, expected: Expected, played: Played, mode: str) -> list[str]:
    whole = played.whole
    wanted = [line.rstrip(" ") for line in expected.seen]
    problems = _differ("seen", [request.describe() for request in whole], wanted)
    if expected.hosts is not None:
        hosts = [value.decode("latin-1") for one in whole for value in one.values(b"host")]
        problems += _differ("hosts", hosts, expected.hosts)
    for name in case.absent:
        is_kept = mode == "compat" and "_" in name
        if not is_kept and any(one.values(name.encode()) for one in played.requests):
            problems.append(f"the backend got {name}")
    return problems


def problems_of_recorded(played: Played, mode: str, source: str) -> list[str]:
    """What is wrong with a case of which nothing is foretold."""
    methods = [request.start[0] for request in played.requests]
    problems, _, _ = _read_answer(played, methods)
    refused = sum(line["status_code"][0] == "4" for line in played.forwarded)
    missing = len(played.whole) - len(played.understood)
    if missing and missing != refused:
        problems.append(f"the backend understood {played.sights}")
    problems += _differ("counted", len(played.forwarded), len(played.whole))
    return problems + _request_problems(played, mode, source)


def problems_of_change(change: Change, mode: str, played: Played, source: str) -> list[str]:
    """What is wrong with a case of rewrites.toml."""
    answers = change.compatible if mode == "compat" else change.answers
    sees = change.compatible_sees if mode == "compat" else change.sees
    problems, finals, _ = _read_answer(played, [change.wire.partition(b" ")[0]])
    problems += _differ("answers", [final.status for final in finals], answers)
    forwarded = bool(sees) + (len(answers) == 2)
    problems += _count_problems(played, forwarded, may_break_off=False)
    # A peer that is believed says itself who its client is.
    problems += _request_problems(played, mode, "" if change.is_trusted else source)
    first = played.whole[0].head if played.whole else b""
    for pattern in sees:
        if re.search(pattern.encode("latin-1"), first) is None:
            problems.append(f"the backend does not see {pattern!r} but {first!r}")
    for pattern in change.gets:
        if re.search(pattern.encode("latin-1"), played.answer or b"") is None:
            problems.append(f"the client does not get {pattern!r} but {played.answer!r}")
    return problems


def problems_of_answer(answer: Answer, mode: str, played: Played) -> list[str]:
    """What is wrong with a case of responses.toml."""
    methods = [answer.request.partition(b" ")[0], b"GET"]
    problems, finals, interims = _read_answer(played, methods, is_cut=answer.cut)
    statuses = [final.status for final in finals]
    # The head waits for the first of the body: if that is bad already, the client gets neither.
    if not (answer.cut and not statuses and not answer.content):
        problems += _differ("answers", statuses, answer.of(mode))
    given = [interim.status for interim in interims if interim.status != 100]
    problems += _differ("interims", given, answer.interims)
    if finals:
        problems += _content_problems(answer, finals[0])
    problems += _visit_problems(answer, mode, played)
    return problems + played.problems


def _content_problems(answer: Answer, first: Message) -> list[str]:
    problems = []
    if answer.content is not None:
        problems += _differ("content", first.body, answer.content)
    if answer.cut == first.is_whole:
        problems.append("the client cannot tell where the answer ends")
    for name in answer.absent:
        if first.values(name.encode()):
            problems.append(f"the client got {name}")
    return problems


def _visit_problems(answer: Answer, mode: str, played: Played) -> list[str]:
    counted = [1 + int(line["retry_num"]) for line in played.sent]
    problems = _differ("visits", len(played.visits), sum(counted))
    is_probed = answer.of(mode)[1:] == [200]
    problems += _differ("counted", len(counted), 1 + is_probed)
    ours = [visit.connection for visit in played.visits if b" /probe " not in visit.line]
    probes = [visit.connection for visit in played.visits if b" /probe " in visit.line]
    if probes and isinstance(answer.reused, bool):
        problems += _differ("reused", probes[0] == ours[-1], answer.reused)
    return problems


def _read_answer(
    played: Played, methods: list[bytes], *, is_cut: bool = False
) -> tuple[list[str], list[Message], list[Message]]:
    if played.answer is None:
        return ["the connection was not ended"], [], []
    try:
        finals, interims = read_responses(played.answer, methods)
    except Malformed as problem:
        return [f"to the client: {problem}"], [], []
    problems = []
    if not is_cut and not all(final.is_whole for final in finals):
        problems.append("an answer breaks off")
    return problems, finals, interims


def _count_problems(played: Played, expected: int, *, may_break_off: bool) -> list[str]:
    """The tap, the backend and the proxy have counted the same requests, and no other ones."""
    problems = _differ("recorded", len(played.whole), expected)
    problems += _differ("understood", len(played.understood), expected)
    problems += _differ("counted", len(played.forwarded), expected)
    for name, count in (
        ("recorded", len(played.requests)),
        ("understood", len(played.sights)),
        ("counted", len(played.sent)),
    ):
        if count > expected + may_break_off:
            problems.append(f"{count - expected} unfinished requests {name}")
    return problems


def _request_problems(played: Played, mode: str, source: str) -> list[str]:
    problems = [
        problem
        for problem in played.problems
        if mode != "compat" or TARGET_COMPLAINT not in problem
    ]
    for request in played.requests:
        for name in OF_THE_PROXY if source else ():
            if len(request.values(name)) != 1:
                problems.append(f"{name!r}: {request.values(name)!r}")
        if source and request.values(b"x-real-ip") != [source.encode()]:
            problems.append(f"X-Real-Ip: {request.values(b'x-real-ip')!r}")
        names = [name for name, _ in request.fields + request.trailers if b"_" in name]
        if mode != "compat" and names:
            problems.append(f"names with an underscore: {names!r}")
    return problems


def _differ(what: str, found: object, wanted: object) -> list[str]:
    return [] if found == wanted else [f"{what}: {found!r}, not {wanted!r}"]
