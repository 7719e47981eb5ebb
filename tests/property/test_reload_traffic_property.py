"""Whatever is loaded between requests: each is answered wholly by one version.

Requests are begun, finished, answered and given up in any order while trees are compiled in steps
and come into use; backends fail, come back, join and leave. What stays keeps its health, its load
and its clients.
"""

import asyncio
from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from bfe_py.balance import BackendState, mark_up
from tests.kit.reloaded_way import HEADERS, ROUTES, Asked, Compiling, ReloadedWay, run_on
from tests.kit.transports import TimedLoop
from tests.kit.whole_way import LostTransport

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
users = st.sampled_from(["ann", "bob", "cyd", "dan"])
anyone = st.integers(0, 1000)
paths = st.sampled_from(["/", "/sticky"])


class Traffic(RuleBasedStateMachine):
    """One worker: its clients, its backends, and what it is told to use."""

    @initialize()
    def start(self) -> None:
        self.loop = TimedLoop()

        async def make() -> ReloadedWay:
            return ReloadedWay()

        self.compiling: Compiling | None = None
        self.way: ReloadedWay = run_on(self.loop, make())
        self.saved = self.good = self.way.versions
        self.broken = ""
        self.half: list[tuple[LostTransport, str, str]] = []
        self.asked: list[Asked] = []
        self.states: set[BackendState] = set()
        self.at: dict[tuple[str, frozenset[str]], str] = {}
        """Where a user is, by who of the sticky cluster is down."""
        changes = self.way.load()
        assert changes is not None
        self.begin_compiling(changes)
        self.finish_compiling()

    def teardown(self) -> None:
        if not hasattr(self, "loop"):
            return
        try:
            if self.compiling is not None:
                self.compiling.running.cancel()
            while self.asked:
                self.answer(0)
            for client, _, _ in self.half:
                run_on(self.loop, self.way.leave(client))
            self.load_is_what_backends_have()
            run_on(self.loop, self.way.close())
        finally:
            self.loop.close()

    # --- reloads

    @rule(
        routes=st.booleans(),
        headers=st.booleans(),
        table=st.booleans(),
        broken=st.sampled_from(["", "routes", "headers"]),
    )
    def save(self, *, routes: bool, headers: bool, table: bool, broken: str) -> None:
        """Some documents change, of which one may be no good: it stays as it was."""
        self.saved = replace(
            self.saved,
            routes=self.saved.routes + routes,
            headers=self.saved.headers + headers,
            table=self.saved.table + table,
        )
        self.way.write(self.saved)
        self.broken = broken
        if broken == "routes":
            self.way.documents.write(ROUTES, b"{")
        if broken == "headers":
            self.way.documents.write(HEADERS, b'{"Version": 1}')

    @precondition(lambda self: self.compiling is None)
    @rule()
    def load(self) -> None:
        changes = self.way.load()
        saved, good = self.saved, self.good
        self.good = replace(
            saved,
            routes=good.routes if self.broken == "routes" else saved.routes,
            headers=good.headers if self.broken == "headers" else saved.headers,
        )
        assert (changes is not None) == (self.good != good)
        if changes is not None:
            self.begin_compiling(changes)

    def begin_compiling(self, changes) -> None:
        self.compiling = Compiling(
            self.loop, self.loop.create_task(self.way.compile(changes)), self.good
        )

    @precondition(lambda self: self.compiling is not None)
    @rule(steps=st.integers(1, 12))
    def compile_on(self, steps: int) -> None:
        for _ in range(steps):
            if self.compiling.step():
                run_on(self.loop, self.way.use(self.compiling.snapshot, self.compiling.versions))
                self.compiling = None
                return

    @precondition(lambda self: self.compiling is not None)
    @rule()
    def finish_compiling(self) -> None:
        while self.compiling is not None:
            self.compile_on(1)

    # --- requests

    @rule(user=users, path=paths)
    def ask(self, user: str, path: str) -> None:
        """A client sends a whole request."""
        self._ask(self.way.connect(), user, path, f"GET {path} HTTP/1.1\r\nHost: shop.test\r\n")

    @rule(user=users, path=paths)
    def ask_half(self, user: str, path: str) -> None:
        """A client sends half of a head."""
        client = self.way.connect()
        run_on(self.loop, self.way.send(client, f"GET {path} HTTP/1.1\r\nHost: sh".encode()))
        self.half.append((client, user, path))

    @precondition(lambda self: self.half)
    @rule(number=anyone)
    def ask_the_rest(self, number: int) -> None:
        client, user, path = self.half.pop(number % len(self.half))
        self._ask(client, user, path, "op.test\r\n")

    def _ask(self, client: LostTransport, user: str, path: str, lines: str) -> None:
        versions, down = self.way.versions, set(self.way.down)
        data = f"{lines}X-User: {user}\r\n\r\n".encode()
        run_on(self.loop, self.way.send(client, data))
        found = self.way.take_asked()
        cluster = "sticky" if path == "/sticky" else versions.cluster
        if found is None:  # nobody was there to ask
            assert client.take().startswith(b"HTTP/1.1 50")
            up = versions.backends(cluster) - {host for name, host in down if name == cluster}
            assert up <= self.way.broken
            return
        backend, head = found
        host = self.way.hosts[id(backend)]
        assert host in versions.backends(cluster)
        assert (cluster, host) not in down
        assert b"X-Version: %d\r\n" % versions.headers in head
        state = self.way.compiler.live.find(cluster, "sub", f"{host}:80")
        assert state is not None
        self.states.add(state)
        self.asked.append(Asked(versions, user, client, backend, host, state))
        if cluster == "sticky" and down == self.way.down:
            away = frozenset(host for name, host in down if name == cluster)
            assert self.at.setdefault((user, away), host) == host

    @precondition(lambda self: self.asked)
    @rule(number=anyone)
    def answer(self, number: int) -> None:
        """A backend answers: the client gets what the version says that its request came with."""
        asked = self.asked.pop(number % len(self.asked))
        run_on(self.loop, self.way.send(asked.backend, ANSWER))
        answer = asked.client.take()
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"X-Version: %d\r\n" % asked.versions.headers in answer
        assert answer.endswith(b"\r\n\r\nok")
        run_on(self.loop, self.way.leave(asked.client))

    @precondition(lambda self: self.asked)
    @rule(number=anyone)
    def give_up(self, number: int) -> None:
        """A client leaves before it has its answer."""
        asked = self.asked.pop(number % len(self.asked))
        run_on(self.loop, self.way.leave(asked.client))

    # --- backends

    @rule(number=anyone)
    def break_a_backend(self, number: int) -> None:
        hosts = sorted([host for name in ("even", "odd", "sticky") for host in self._hosts(name)])
        self.way.broken.add(hosts[number % len(hosts)])

    def _hosts(self, cluster: str) -> set[str]:
        return self.way.versions.backends(cluster)

    @precondition(lambda self: self.way.broken)
    @rule(number=anyone)
    def mend_a_backend(self, number: int) -> None:
        """It takes connections again, and the controller has found that out."""
        host = sorted(self.way.broken)[number % len(self.way.broken)]
        self.way.broken.discard(host)
        for cluster, found in sorted(self.way.down):
            state = self.way.compiler.live.find(cluster, "sub", f"{host}:80")
            if found == host and state is not None:
                mark_up(state, self.loop.time())
                self.way.down.discard((cluster, host))

    # --- what must hold then

    @invariant()
    def load_is_what_backends_have(self) -> None:
        run_on(self.loop, asyncio.sleep(0))
        for state in {*self.states, *self.way.compiler.live.states()}:
            has = sum([asked.state is state for asked in self.asked])
            assert state.in_flight == has, state

    @invariant()
    def who_is_down_stays_so(self) -> None:
        live = self.way.compiler.live
        down = {(state.cluster, state.host) for state in live.states() if not state.is_up}
        assert down >= self.way.down
        if self.compiling is None:
            assert down == self.way.down


TestTraffic = Traffic.TestCase
TestTraffic.settings = settings(max_examples=100, stateful_step_count=50, deadline=None)
