"""What scenarios share: all proxies in turn, round by round."""

from collections.abc import Callable, Sequence

from loadtest.field import Field, Taken, Turns
from loadtest.load import LoadError, Shot
from loadtest.proxy import Running

Metrics = dict[str, float]


def take_turns(
    field: Field,
    proxies: Sequence[Running],
    place: tuple[str, str],
    shot: Shot,
    turns: Turns,
    metrics_of: Callable[[Taken], Metrics],
) -> None:
    """Measure all proxies at one task, so that each round has all of them.

    `place`: scenario and task; `shot` is aimed at each. A proxy that fails while it warms up is
    left out.
    """
    scenario, task = place
    field.say(f"{scenario}: {task}")
    alive = list(proxies)
    if turns.warm_seconds:
        alive = [one for one in alive if _measure(field, place, one, shot, turns.warm_seconds)]
    for _ in range(turns.rounds):
        for proxy in alive:
            taken = _measure(field, place, proxy, shot, turns.seconds)
            if taken is not None:
                field.book.note(scenario, task, proxy.proxy, metrics_of(taken))
    for proxy in alive:
        _say_figures(field, place, proxy.proxy)


def _measure(
    field: Field, place: tuple[str, str], proxy: Running, shot: Shot, seconds: int
) -> Taken | None:
    """One measurement; None if it did not work, which is noted."""
    try:
        return field.measure(proxy, shot.at(proxy.port, seconds))
    except LoadError as error:
        field.lose(f"{proxy.proxy}, {place[0]}, {place[1]}", str(error))
        return None


def _say_figures(field: Field, place: tuple[str, str], proxy: str) -> None:
    cpu = field.book.find(*place, proxy, "cpu_us")
    rate = field.book.find(*place, proxy, "requests_per_second")
    if cpu and rate:
        field.say(f"  {proxy:12} {cpu.median:10.1f} us {rate.median:10.0f} requests/s")


def per_request(taken: Taken) -> Metrics:
    """Metrics of a measurement, divided by its requests."""
    hits, count = taken.hits, taken.hits.requests
    return {
        "requests_per_second": count / hits.seconds,
        "cpu_us": taken.worker.total / count * 1e6,
        "cpu_user_us": taken.worker.user / count * 1e6,
        "cpu_system_us": taken.worker.system / count * 1e6,
        "cpu_whole_us": taken.whole.total / count * 1e6,
        "core_used": taken.worker.total / hits.seconds,
        "foreign": taken.foreign,
        "failed": float(hits.failed),
    }
