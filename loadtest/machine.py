"""The machine that measures: its cores, its limits, and how fast it is just now."""

import os
import platform
import resource
import socket
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec

_TURNS = 2_000_000


@dataclass(frozen=True, slots=True)
class Cores:
    """Numbers of the cores: one for the proxy, the other for load and backend."""

    proxy: int
    load: int

    @classmethod
    def choose(cls) -> "Cores":
        """The first two that this process may use; one machine with one core has it twice."""
        usable = sorted(os.sched_getaffinity(0))
        return cls(usable[0], usable[1] if len(usable) > 1 else usable[0])


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """What stands beside the figures of a run, so that two runs are not compared by mistake."""

    cpu: str
    cores: int
    kernel: str
    python: str
    calibration_ms: float
    """Time of a fixed loop of pure Python on the proxy's core; the best of five."""


def describe_machine(core: int) -> Machine:
    """This machine, with the loop run on `core` now."""
    usable = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        best = min(_loop_ms() for _ in range(5))
    finally:
        os.sched_setaffinity(0, usable)
    return Machine(
        cpu=_cpu_name(),
        cores=len(usable),
        kernel=platform.release(),
        python=f"{platform.python_implementation()} {platform.python_version()}",
        calibration_ms=round(best, 2),
    )


def _loop_ms() -> float:
    start = time.process_time()
    total = 0
    for turn in range(_TURNS):
        total += turn & 7
    assert total == _TURNS * 7 // 2
    return (time.process_time() - start) * 1000


def _cpu_name() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def raise_descriptor_limit() -> int:
    """Let this process and its children open as many files as the system allows; answers how many.

    The hard limit rises too where that is permitted.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in ((65536, max(hard, 65536)), (hard, hard)):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, wanted)
        except (ValueError, OSError):
            continue
        return wanted[0]
    return soft
