"""The smuggling corpus: its files, read into cases (tests/interop/smuggling says what a file holds)."""

import base64
import json
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[1]
FOLDER = _ROOT / "interop/smuggling"
GOLDEN = _ROOT / "golden/cases.jsonl"

_WORD = re.compile(r"«(.*?)(?:\*(\d+))?»", re.DOTALL)
_ESCAPE = re.compile(rb"\\(?:([rnt\\])|x([0-9a-f]{2}))?")
_HOST = re.compile(rb"(?<![a-z0-9-])[a-z0-9-]{1,20}\.golden")
_LETTERS = {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"\\": b"\\"}

Row = Any
"""A table of TOML or an object of JSON, as it was read."""

Words = dict[str, str]


@dataclass(frozen=True)
class Expected:
    """What has to come of a case; `hosts` only where they are told."""

    answers: list[int]
    seen: list[str]
    hosts: list[str] | None


@dataclass(frozen=True)
class Case:
    """One case; `compatible` is what is expected with `--compat bfe`."""

    id: str
    wire: bytes
    expected: Expected
    compatible: Expected
    cut: bool
    ends: bool
    absent: list[str]
    skips: str
    finding: str

    def of(self, mode: str) -> Expected:
        """What is expected in `mode`, which is ``default`` or ``compat``."""
        return self.compatible if mode == "compat" else self.expected

    def finding_in(self, mode: str) -> str:
        """Why it is known to fail in `mode`; empty if it is not."""
        return _finding_in(self.finding, mode)

    def skips_backend(self, backend: str, mode: str) -> bool:
        """Whether it is not played to `backend`."""
        return self.skips in (backend, f"{mode}:{backend}")


@dataclass(frozen=True)
class Answer:
    """What a backend answers, what is asked for it, and what the client must get.

    `rest` of the request is sent when the answer was there, if there is such.
    `then` is what the backend does behind it: ``keep``, ``close``, or bytes that come late.
    `content` is the body of the first final answer, None where it is not told; `cut`: that answer
    breaks off. `interims` are the interim answers that the client gets. `reused`: whether the next
    request takes the same connection; a word where that is left open. `is_lax`: with `--compat bfe`
    it is read after all.
    """

    id: str
    wire: bytes
    request: bytes
    rest: bytes
    answers: list[int]
    compatible: list[int]
    interims: list[int]
    content: bytes | None
    then: str
    late: bytes
    cut: bool
    reused: bool | str
    absent: list[str]
    finding: str
    is_lax: bool

    def of(self, mode: str) -> list[int]:
        """Status codes of the final answers in `mode`."""
        return self.compatible if mode == "compat" else self.answers

    def finding_in(self, mode: str) -> str:
        """Why it is known to fail in `mode`; empty if it is not."""
        return _finding_in(self.finding, mode)


@dataclass(frozen=True)
class Change:
    """A request that a rule changes; `sees` and `gets` are regular expressions.

    `sees`: each matches in what the backend gets. `gets`: each matches in what the client gets.
    """

    id: str
    wire: bytes
    answers: list[int]
    compatible: list[int]
    sees: list[str]
    compatible_sees: list[str]
    gets: list[str]
    is_trusted: bool
    finding: str

    def finding_in(self, mode: str) -> str:
        """Why it is known to fail in `mode`; empty if it is not."""
        return _finding_in(self.finding, mode)


def _finding_in(finding: str, mode: str) -> str:
    only, colon, name = finding.rpartition(":")
    return name if not colon or only == mode else ""


def unescape(text: str, words: Words | None = None) -> bytes:
    """Bytes of a text in the notation of the corpus.

    Raises:
        ValueError: an escape or a word that is none.
    """

    def replace(match: re.Match[str]) -> str:
        body, times = match.groups()
        return body * int(times) if times else (words or {})[body]

    return _ESCAPE.sub(_unescape, _WORD.sub(replace, text).encode("latin-1"))


def _unescape(match: re.Match[bytes]) -> bytes:
    letter, digits = match.groups()
    if letter:
        return _LETTERS[letter]
    if digits:
        return bytes([int(digits, 16)])
    raise ValueError(f"not an escape: {match.string[match.start() : match.start() + 4]!r}")


def _read(name: str) -> tuple[list[tuple[str, Row]], Words]:
    """Rows with their ids, and the words of the file."""
    content = tomllib.loads((FOLDER / name).read_text("utf-8"))
    rows = [
        (f"{group['name']}/{row['id']}", row) for group in content["group"] for row in group["case"]
    ]
    ids = [one for one, _ in rows]
    assert len(set(ids)) == len(ids), "an id stands twice"
    return rows, content.get("words", {})


def _statuses(text: str) -> list[int]:
    return [int(word) for word in text.split()]


def _texts(texts: list[str], words: Words) -> list[str]:
    return [unescape(text, words).decode("latin-1") for text in texts]


def read_cases() -> list[Case]:
    """What clients send: requests.toml."""
    rows, words = _read("requests.toml")
    return [_case(name, row, words) for name, row in rows]


def _case(name: str, row: Row, words: Words) -> Case:
    seen = _texts(row.get("seen", []), words)
    compat_seen = _texts(row["compat_seen"], words) if "compat_seen" in row else seen
    hosts = row.get("hosts")
    return Case(
        name,
        unescape(row["bytes"], words),
        Expected(_statuses(row["answers"]), seen, hosts),
        Expected(
            _statuses(row.get("compat", row["answers"])),
            compat_seen,
            row.get("compat_hosts", hosts),
        ),
        row.get("cut", False),
        row.get("ends", False),
        row.get("absent", []),
        row.get("skips", ""),
        row.get("finding", ""),
    )


def read_answers() -> list[Answer]:
    """What backends answer: responses.toml."""
    rows, words = _read("responses.toml")
    return [
        Answer(
            name,
            unescape(row["bytes"], words),
            unescape(row.get("request", "«get»"), words),
            unescape(row.get("rest", ""), words),
            _statuses(row["answers"]),
            _statuses(
                row["answers"] if row.get("compat") == "lax" else row.get("compat", row["answers"])
            ),
            _statuses(row.get("interims", "")),
            unescape(row["content"]) if "content" in row else None,
            "late" if "late" in row else row.get("then", "keep"),
            unescape(row.get("late", ""), words),
            row.get("cut", False),
            row.get("reused", False),
            row.get("absent", []),
            row.get("finding", ""),
            row.get("compat") == "lax",
        )
        for name, row in rows
    ]


def read_changes() -> list[Change]:
    """What rules change: rewrites.toml."""
    rows, words = _read("rewrites.toml")
    return [
        Change(
            name,
            unescape(row["bytes"], words),
            _statuses(row["answers"]),
            _statuses(row.get("compat", row["answers"])),
            row.get("sees", []),
            row.get("compat_sees", row.get("sees", [])),
            row.get("gets", []),
            row.get("trusted", False),
            row.get("finding", ""),
        )
        for name, row in rows
    ]


def read_rules() -> dict[str, object]:
    """Documents of modules for `read_changes`, by the name of the module."""
    content = tomllib.loads((FOLDER / "rewrites.toml").read_text("utf-8"))
    return dict(content["rules"])


def read_golden() -> list[tuple[str, bytes]]:
    """Ids and bytes of the recorded HTTP/1 cases that were sent as they are."""
    found = []
    for line in GOLDEN.read_text("utf-8").splitlines():
        case = json.loads(line)
        if case["area"] != "http1":
            continue
        for number, request in enumerate(case["requests"]):
            wire = _recorded(request)
            if wire:
                wire = _HOST.sub(b"shop.test", wire)
                found.append((f"{case['id']}-{number}", wire))
    return found


def _recorded(request: Row) -> bytes:
    wire = base64.b64decode(request.get("raw_base64", ""))
    for text, times in request.get("raw_parts", []):
        wire += text.encode("latin-1") * times
    for _, piece in request.get("pieces", []):
        wire += base64.b64decode(piece)
    return wire
