"""What everyone on the way has seen of each case."""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from tests.kit.smuggle_backends import Sight, last_element
from tests.kit.smuggle_client import source_address
from tests.kit.smuggle_complaints import complaints_of
from tests.kit.smuggle_origin import Visit
from tests.kit.smuggle_reader import Malformed, Message, read_requests
from tests.kit.smuggle_tap import Tape
from tests.kit.smuggle_tree import LOG_FIELDS, SEPARATOR

_STAMP = re.compile(rb"\r\nX-Forwarded-For: ([^\r\n]*)\r\n")


@dataclass
class Played:
    """One case in one place.

    `answer` is what its client got, None if the proxy did not end the connection; `came` what the
    tap recorded, with its time, `sights` what the backend understood, `lines` what the proxy logged.
    """

    answer: bytes | None = None
    came: list[tuple[float, Message]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    sights: list[Sight] = field(default_factory=list)
    lines: list[dict[str, str]] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)

    @property
    def requests(self) -> list[Message]:
        """Requests that the backend got, in order."""
        return [request for _, request in sorted(self.came, key=lambda one: one[0])]

    @property
    def whole(self) -> list[Message]:
        """Requests that the backend got from beginning to end."""
        return [request for request in self.requests if request.is_whole]

    @property
    def understood(self) -> list[Sight]:
        """Requests that the backend took for whole ones."""
        return [sight for sight in self.sights if not sight.problem]

    @property
    def sent(self) -> list[dict[str, str]]:
        """Lines of exchanges that were tried on a backend."""
        return [line for line in self.lines if line["was_sent"]]

    @property
    def forwarded(self) -> list[dict[str, str]]:
        """Lines of exchanges that were sent to a backend and answered by it."""
        return [line for line in self.sent if line["error"] == "-"]


@dataclass
class Evidence:
    """What came of everything.

    `totals` are the counters of the proxy at the end, `problems` what belongs to no case. `refused`
    counts by backend what it could not even read the sender of.
    """

    played: dict[str, Played] = field(default_factory=lambda: defaultdict(Played))
    totals: dict[str, float] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    log: str = ""

    def of(self, place: int, number: int) -> Played:
        """What came of case `number` in `place`."""
        return self.played[source_address(place, number)]

    def add_sights(self, backend: str, sights: list[Sight]) -> None:
        """What `backend` has seen goes to those who sent it."""
        for sight in sights:
            if sight.peer in self.played:
                self.played[sight.peer].sights.append(sight)
            elif sight.problem and not sight.peer:
                self.refused[backend] += 1
            else:
                self.problems.append(f"{backend} saw {sight}")

    def read_log(self, log: Path) -> None:
        """Lines of the proxy's access log go to those who asked."""
        for line in log.read_bytes().decode("latin-1").splitlines():
            values = line.split(SEPARATOR)
            if len(values) == len(LOG_FIELDS):
                entry = dict(zip(LOG_FIELDS, values, strict=True))
                entry["was_sent"] = "yes" if entry["backend"].split(",")[2] else ""
                self.played[entry["remote_addr"]].lines.append(entry)

    def read_tape(self, backend: str, tape: Tape) -> None:
        """Requests of one connection go to whoever sent them, and so does what is wrong with it."""
        stream = bytes(tape.sent)
        while stream:
            start = len(tape.sent) - len(stream)
            try:
                requests = read_requests(stream)
                stream = b""
            except Malformed as problem:
                requests, stream = problem.before, problem.rest
                self._blame(f"{backend}: {problem}", problem.head)
            for request in requests:
                self._add_request(backend, request, tape.when(start + request.place))

    def _add_request(self, backend: str, request: Message, when: float) -> None:
        stamps = request.values(b"x-forwarded-for")
        peer = last_element(stamps[-1].decode("latin-1")) if stamps else ""
        if peer in self.played:
            self.played[peer].came.append((when, request))
            self.played[peer].problems.extend(complaints_of(request))
        elif request.is_whole:
            self.problems.append(f"{backend}: not written by the proxy: {request}")

    def _blame(self, problem: str, head: bytes) -> None:
        stamps = _STAMP.findall(head)
        peer = last_element(stamps[-1].decode("latin-1")) if stamps else ""
        if peer in self.played:
            self.played[peer].problems.append(problem)
        else:
            self.problems.append(problem)
