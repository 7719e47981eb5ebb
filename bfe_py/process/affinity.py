"""Which worker runs on which core."""

import logging
import os

_log = logging.getLogger("bfe.process")


def usable_cores() -> list[int]:
    """Numbers of the cores that this process may run on."""
    return sorted(os.sched_getaffinity(0))


def pin(worker: int, cores: list[int]) -> None:
    """Run this process on the core of `worker` alone; does nothing where there is none for it.

    Cores may have been taken from the container since they were counted: then it runs on any.
    """
    if worker >= len(cores):
        return
    try:
        os.sched_setaffinity(0, {cores[worker]})
    except OSError as error:
        _log.warning(
            "worker not pinned worker=%d core=%d error=%r", worker, cores[worker], error.strerror
        )
