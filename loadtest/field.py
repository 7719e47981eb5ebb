"""The field of a run: the proxies that take part, and how they are started and loaded."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from loadtest.figures import Book
from loadtest.load import Hits, LoadError, Shot, shoot
from loadtest.machine import Cores
from loadtest.measure import Cpu, read_core, read_cpu
from loadtest.processes import StartError
from loadtest.proxy import Job, Proxy, Running, running
from loadtest.tree import ANY, Rule


@dataclass(frozen=True, slots=True)
class Turns:
    """How often all proxies are measured at one task, and for how long.

    `warm_seconds` of load come first and are not counted.
    """

    rounds: int
    seconds: int
    warm_seconds: int = 1


@dataclass(frozen=True, slots=True)
class Pace:
    """How long things take; `rate` of the open loop in requests a second."""

    rounds: int
    seconds: int
    rate: int
    soak_minutes: float

    @property
    def turns(self) -> Turns:
        """For what gates are about."""
        return Turns(self.rounds, self.seconds)

    def sweep(self, position: int) -> Turns:
        """For one task of many; after the first, at `position` 0, proxies are warm."""
        warm_seconds = 0 if position else 1
        return Turns(min(self.rounds, 3), min(self.seconds, 2), warm_seconds)


@dataclass(frozen=True, slots=True)
class Site:
    """Where a run happens. `backend` is its port, `descriptors` what a process may open."""

    folder: Path
    backend: int
    cores: Cores
    descriptors: int


@dataclass(frozen=True, slots=True)
class Taken:
    """One measurement: what the load counted, and the CPU of the workers and of all processes.

    `foreign`: part of the time that the proxy's core worked for somebody else.
    """

    hits: Hits
    worker: Cpu
    whole: Cpu
    foreign: float


class Field:
    """Everything that scenarios need. `say` takes lines for who watches."""

    def __init__(
        self, proxies: Sequence[Proxy], site: Site, pace: Pace, say: Callable[[str], None]
    ) -> None:
        self.proxies = proxies
        self.site = site
        self.pace = pace
        self.say = say
        self.book = Book()
        self._started = 0

    @contextmanager
    def one(self, proxy: Proxy, rules: Sequence[Rule] = ANY) -> Iterator[Running]:
        """Start one proxy afresh.

        Raises:
            StartError: it did not start, or does something else than it should.
        """
        self._started += 1
        folder = self.site.folder / f"{self._started}-{proxy.name.replace(' ', '-')}"
        job = Job(folder, self.site.backend, self.site.descriptors, rules)
        with running(proxy, job, self.site.cores.proxy) as started:
            yield started

    @contextmanager
    def all(self) -> Iterator[list[Running]]:
        """Start all proxies; those that fail are noted and left out."""
        with ExitStack() as stack:
            started = []
            for proxy in self.proxies:
                try:
                    started.append(stack.enter_context(self.one(proxy)))
                except StartError as error:
                    self.lose(proxy.name, str(error))
            yield started

    def lose(self, what: str, reason: str) -> None:
        """Note that something failed, and say so."""
        self.book.fail(what, reason)
        self.say(f"  {what} failed: {reason}")

    def measure(self, proxy: Running, shot: Shot) -> Taken:
        """Load one proxy and see what it used.

        Raises:
            LoadError: it does not answer, or is gone; with the last lines that it wrote.
        """
        try:
            return self.take(proxy, lambda: shoot(shot, self.site.folder, self.site.cores.load))
        except LoadError as error:
            raise LoadError(f"{error}\n{proxy.last_words()}".rstrip()) from None

    def take(self, proxy: Running, load: Callable[[], Hits]) -> Taken:
        """What `proxy` used while `load` ran; its access log is looked at, and emptied.

        Raises:
            LoadError: as `load` says, or the log is empty.
        """
        core, begun = self.site.cores.proxy, time.monotonic()
        before = read_cpu(proxy.workers), read_cpu(proxy.all_pids()), read_core(core)
        hits = load()
        worker = read_cpu(proxy.workers) - before[0]
        whole = read_cpu(proxy.all_pids()) - before[1]
        others = read_core(core) - before[2] - whole.total
        foreign = max(others, 0.0) / (time.monotonic() - begun)
        if proxy.empty_log() == 0 and hits.requests > _LOGGED:
            raise LoadError("it writes no access log")
        return Taken(hits, worker, whole, foreign)


_LOGGED = 2000
"""Requests behind which even a buffered log must have been written to."""
