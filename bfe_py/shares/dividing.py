"""How a limit of all workers together is divided: equally at first, then by need.

A part is never less than 1, so that no worker refuses all that comes to it: a limit below the
number of workers counts as that number.
"""

from collections.abc import Sequence


def first_part(total: int, workers: int, worker: int) -> int:
    """Part of `worker` (from 0) while nobody needs more than another."""
    return max(total // workers + (worker < total % workers), 1)


def divide(total: int, held: Sequence[int], wanted: Sequence[int]) -> list[int]:
    """Part of each worker: what it holds; then what it wants more, evenly; of the rest as much
    as the others, for what may come.

    Together they are `total`, unless more is held already or there are more workers.

    Args:
        held: what each worker cannot give back now.
        wanted: what each would take beyond that.
    """
    parts = [max(own, 1) for own in held]
    free = total - sum(parts)
    needs = zip(parts, held, wanted, strict=True)
    left = [max(own + more - part, 0) for part, own, more in needs]
    while free > 0 and any(left):
        free = _give(parts, left, free)
    while free > 0:
        free = _give(parts, [free] * len(parts), free)
    return parts


def _give(parts: list[int], left: list[int], free: int) -> int:
    """Give each that has something `left` to get as much as the others; what is free then."""
    getting = [worker for worker, more in enumerate(left) if more > 0]
    level = max(free // len(getting), 1)
    for worker in getting:
        given = min(left[worker], level, free)
        parts[worker] += given
        left[worker] -= given
        free -= given
    return free
