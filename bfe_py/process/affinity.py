"""Which worker runs on which core."""

import os


def usable_cores() -> list[int]:
    """Numbers of the cores that this process may run on."""
    return sorted(os.sched_getaffinity(0))


def pin(worker: int, cores: list[int]) -> None:
    """Run this process on the core of `worker` alone; does nothing where there is none for it."""
    if worker < len(cores):
        os.sched_setaffinity(0, {cores[worker]})
