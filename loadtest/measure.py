"""What the system counted for processes: CPU and memory, out of /proc."""

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Cpu:
    """Seconds of CPU; `user` and `system` add up to `total`."""

    total: float
    user: float
    system: float

    def __sub__(self, earlier: "Cpu") -> "Cpu":
        """What was used since `earlier`.

        The total is exact to the nanosecond. How it divides is known in ticks only, so those give
        the proportion.
        """
        total = self.total - earlier.total
        user = max(self.user - earlier.user, 0.0)
        system = max(self.system - earlier.system, 0.0)
        share = user / (user + system) if user + system else 0.0
        return Cpu(total, total * share, total * (1 - share))


def read_cpu(pids: Iterable[int]) -> Cpu:
    """CPU that processes, all their threads together, used since they began."""
    total = user = system = 0.0
    for pid in pids:
        total += sum(_scheduled(task) for task in _tasks(pid))
        ticks = parse_ticks(_read(Path(f"/proc/{pid}/stat")))
        user += ticks[0] / _TICK
        system += ticks[1] / _TICK
    return Cpu(total, user, system)


def parse_ticks(stat: str) -> tuple[int, int]:
    """Ticks in user and in system mode of a line of /proc/PID/stat (proc(5), fields 14 and 15)."""
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]), int(fields[12])) if len(fields) > 12 else (0, 0)


def read_core(core: int) -> float:
    """Seconds that a core was busy since the system started, with whatever."""
    return parse_core(_read(Path("/proc/stat")), core)


def parse_core(text: str, core: int) -> float:
    """Seconds that /proc/stat has for a core, less those idle or waiting for disks (proc(5))."""
    for line in text.splitlines():
        name, *ticks = line.split()
        if name == f"cpu{core}":
            # Guests are in the time of users already.
            return (sum(map(int, ticks[:8])) - int(ticks[3]) - int(ticks[4])) / _TICK
    return 0.0


def _tasks(pid: int) -> list[Path]:
    with suppress(OSError):
        return list(Path(f"/proc/{pid}/task").iterdir())
    return []


def _scheduled(task: Path) -> float:
    """Seconds that a thread ran; a thread that ended meanwhile has none."""
    fields = _read(task / "schedstat").split()
    return int(fields[0]) / 1e9 if fields else 0.0


def _read(path: Path) -> str:
    with suppress(OSError):
        return path.read_text("utf-8")
    return ""


@dataclass(frozen=True, slots=True)
class Memory:
    """KiB that processes hold: `resident` as is, `proportional` with shared pages divided."""

    resident: int
    proportional: int


def read_memory(pids: Iterable[int]) -> Memory:
    """Memory of processes, added up."""
    resident = proportional = 0
    for pid in pids:
        rows = parse_rollup(_read(Path(f"/proc/{pid}/smaps_rollup")))
        resident += rows.get("Rss", 0)
        proportional += rows.get("Pss", 0)
    return Memory(resident, proportional)


def parse_rollup(text: str) -> dict[str, int]:
    """Rows of /proc/PID/smaps_rollup: name to KiB."""
    rows = [line.split() for line in text.splitlines()[1:]]
    return {row[0].rstrip(":"): int(row[1]) for row in rows if len(row) == 3}
