"""What a proxy is to the benchmark, and one that runs."""

import http.client
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from loadtest.backend import SEEN_PATH
from loadtest.processes import Launch, StartError, started, tail, tree_of, wait_listening
from loadtest.request import FIELDS
from loadtest.tree import ANY, Rule

_ASKS = 4
_TICK = 0.1


@dataclass(frozen=True, slots=True)
class Job:
    """What a proxy has to do: forward to `backend`, with what it writes in `folder`.

    `descriptors`: how many files it may open; `rules`: for those that have them.
    """

    folder: Path
    backend: int
    descriptors: int
    rules: Sequence[Rule] = ANY


@dataclass(frozen=True, slots=True)
class Prepared:
    """A proxy whose configuration is written.

    `access_log` None: it has none. `patience`: seconds it may take until it serves.
    """

    launch: Launch
    port: int
    access_log: Path | None = None
    patience: float = 20.0


@dataclass(frozen=True, slots=True)
class Running:
    """A proxy that runs: `proxy` is its name, `workers` are the processes that serve.

    It needed `start_seconds` until it served.
    """

    proxy: str
    pid: int
    prepared: Prepared
    workers: tuple[int, ...]
    start_seconds: float

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.prepared.port

    def all_pids(self) -> list[int]:
        """All its processes."""
        return tree_of(self.pid)

    def last_words(self) -> str:
        """The last lines that it wrote, unless those are its access log."""
        output = self.prepared.launch.output
        return "" if output == self.prepared.access_log else tail(output)

    def empty_log(self) -> int | None:
        """Take back the disk that the access log took; answers how much, None without a log."""
        log = self.prepared.access_log
        if log is None or not log.exists():
            return None if log is None else 0
        size = log.stat().st_blocks
        with log.open("r+b") as file:
            file.truncate(0)
        return size


def whole_tree(pid: int, _prepared: Prepared) -> list[int]:
    """Every process of the proxy serves."""
    return tree_of(pid)


@dataclass(frozen=True, slots=True)
class Proxy:
    """One that takes part.

    `name` stands in reports, `family` is what `--peers` takes. `find_version` answers None while it
    is not installed, `prepare` writes its configuration, `find_workers` picks the processes that
    serve and may wait for them.
    """

    name: str
    family: str
    find_version: Callable[[], str | None]
    prepare: Callable[[Job], Prepared]
    find_workers: Callable[[int, Prepared], list[int]] = whole_tree


@contextmanager
def running(proxy: Proxy, job: Job, core: int) -> Iterator[Running]:
    """Start `proxy` on `core`, and see that it does its job.

    Raises:
        StartError: it did not start, or does something else.
    """
    job.folder.mkdir(parents=True, exist_ok=True)
    prepared = proxy.prepare(job)
    begun = time.monotonic()
    with started(prepared.launch, core) as process:
        wait_listening(process, prepared.port, prepared.launch.output, prepared.patience)
        workers = tuple(proxy.find_workers(process.pid, prepared))
        _wait_answer(prepared, begun)
        start_seconds = time.monotonic() - begun
        _check_job(prepared)
        yield Running(proxy.name, process.pid, prepared, workers, start_seconds)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the backend saw of a request: X-Forwarded-For, and its number on the connection."""

    forwarded_for: str
    number: int


def look(port: int) -> Seen:
    """Ask the backend through the proxy what it sees.

    Raises:
        StartError: there is no answer, or another one.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", SEEN_PATH, headers=dict(FIELDS))
        response = connection.getresponse()
        text = response.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        raise StartError(f"does not answer: {error!r}") from None
    finally:
        connection.close()
    forwarded_for, bar, number = text.partition("|")
    if response.status != 200 or not bar:
        raise StartError(f"answers {response.status}: {text[:200].strip()}")
    return Seen(forwarded_for, int(number))


def _wait_answer(prepared: Prepared, begun: float) -> None:
    """Some listen before they have their routes."""
    while True:
        try:
            look(prepared.port)
        except StartError as error:
            if time.monotonic() - begun > prepared.patience:
                raise StartError(f"{error}\n{tail(prepared.launch.output)}") from None
            time.sleep(_TICK)
        else:
            return


def _check_job(prepared: Prepared) -> None:
    """That it keeps connections to the backend, and says for whom it asks if it logs."""
    seen = [look(prepared.port) for _ in range(_ASKS)]
    if max(one.number for one in seen) < 2:
        raise StartError("opens a connection to the backend for each request")
    if prepared.access_log is not None and not seen[-1].forwarded_for:
        raise StartError("does not add X-Forwarded-For")
