"""What coverage every file must have, and whether it has it.

The packages that decide must be covered by tests in every line and branch; the others, which mostly
wire and wait, by nine tenths. Run behind ``coverage combine``.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

STRICT = frozenset(
    {
        "model",
        "condition",
        "protocol",
        "tenant",
        "route",
        "pipeline",
        "balance",
        "config",
        "shares",
    }
)
"""Packages of which every line and every branch is covered."""

OTHERS = 90
"""Percent that files of all other packages have at least."""

EXCUSED: Mapping[str, int] = {}
"""File -> percent it has for the time being. The table may only shrink: a file that does better
than its excuse fails too, until its excuse is raised or dropped."""


@dataclass(frozen=True, slots=True)
class Covered:
    """How far one file is covered: `percent` of its lines and branches."""

    file: str
    percent: float
    missing_lines: tuple[int, ...] = ()
    missing_branches: tuple[tuple[int, int], ...] = ()


def floor_of(file: str) -> int:
    """Percent that `file` (``bfe_py/package/name.py``) must have without an excuse."""
    return 100 if file.split("/")[1] in STRICT else OTHERS


def judge(covered: list[Covered], excused: Mapping[str, int]) -> Iterator[str]:
    """What is wrong, one line for each file."""
    known = {one.file for one in covered}
    for file in sorted(set(excused) - known):
        yield f"{file}: is excused but does not exist"
    for one in sorted(covered, key=lambda each: each.file):
        yield from _judge_file(one, floor_of(one.file), excused.get(one.file))


def _judge_file(one: Covered, floor: int, excuse: int | None) -> Iterator[str]:
    if excuse is None:
        if one.percent < floor:
            yield f"{one.file}: {one.percent:.1f} % of {floor} %{_places(one)}"
    elif one.percent >= floor:
        yield f"{one.file}: has its {floor} %: drop its excuse"
    elif one.percent < excuse:
        yield f"{one.file}: {one.percent:.1f} % of the {excuse} % in its excuse{_places(one)}"
    elif int(one.percent) > excuse:
        yield f"{one.file}: {one.percent:.1f} %: raise its excuse to {int(one.percent)}"


def _places(one: Covered) -> str:
    lines = [str(line) for line in one.missing_lines[:12]]
    lines += [
        f"{start}->{'exit' if end < 0 else end}"
        for start, end in one.missing_branches[:12]
        if start not in one.missing_lines
    ]
    return f"; missing {', '.join(lines)}" if lines else ""


def read(report: str) -> list[Covered]:
    """Files of a report of ``coverage json``."""
    found = []
    for file, data in json.loads(report)["files"].items():
        branches = tuple((start, end) for start, end in data.get("missing_branches", ()))
        percent = data["summary"]["percent_covered"]
        found.append(Covered(file, percent, tuple(data["missing_lines"]), branches))
    return found


def measure() -> list[Covered]:
    """What was measured last, from ``.coverage`` in the working directory."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "coverage.json")
        command = [sys.executable, "-m", "coverage", "json", "-q", "-o", str(path)]
        subprocess.run(command, check=True)
        return read(path.read_text("utf-8"))


def main() -> int:
    """Judge the last measurement; 1 if something is wrong."""
    covered = measure()
    wrong = list(judge(covered, EXCUSED))
    for line in wrong:
        sys.stdout.write(f"{line}\n")
    sys.stdout.write(f"coverage: {len(covered)} files, {len(wrong)} below the policy\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
