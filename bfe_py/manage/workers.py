"""/monitor/workers: every worker by itself, and what became of those before it."""

from collections.abc import Mapping, Sequence

import msgspec

from bfe_py.manage.state import CONTROLLER, WorkerReading, worker_label


class WorkerRow(msgspec.Struct, frozen=True):
    """One process.

    `is_up` False: it is not there, `is_stale`: it did not answer in time; in both cases its last
    numbers are shown everywhere. `ends`: how often it ended, by reason.
    """

    worker: str
    is_up: bool
    is_stale: bool
    version: str
    """Of the configuration that it serves with; empty if that is not known."""
    ends: dict[str, int]


def worker_rows(
    readings: Sequence[WorkerReading],
    versions: Mapping[int, str],
    ends: Mapping[tuple[str, str], int],
) -> list[WorkerRow]:
    """The controller, then every worker by its number."""
    numbers = sorted({one.worker for one in readings} | {CONTROLLER})
    rows = []
    for number in numbers:
        own = [one for one in readings if one.worker == number and one.is_alive]
        label = worker_label(number)
        rows.append(
            WorkerRow(
                label,
                bool(own) or number == CONTROLLER,
                any(one.is_stale for one in own),
                versions.get(number, ""),
                {reason: times for (who, reason), times in ends.items() if who == label},
            )
        )
    return rows
