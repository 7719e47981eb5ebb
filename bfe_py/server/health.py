"""BackendHealth: which backends are down, as this worker finds and is told."""

import logging
from collections.abc import Callable, Iterable

from bfe_py.balance import BackendState, Choice, Cluster, LiveBackends, mark_down, mark_up
from bfe_py.control import Down
from bfe_py.model import Clock

_log = logging.getLogger("bfe.server")


class BackendHealth:
    """Keeps the live state of backends and what the controller knows of it the same.

    Args:
        live: state of the backends.
        tell: takes a backend that was found down here.
    """

    __slots__ = ("_clock", "_live", "_shown", "_tell", "_told")

    def __init__(self, live: LiveBackends, clock: Clock, tell: Callable[[Down], None]) -> None:
        self._live = live
        self._clock = clock
        self._tell = tell
        self._told: set[Down] = set()
        """Backends that the controller probes."""
        self._shown: dict[BackendState, int] = {}
        """Failures in a row that the controller was told of."""

    def found_down(self, cluster: Cluster, choice: Choice) -> None:
        """An exchange brought a backend down."""
        state = choice.state
        _log.warning(
            "backend down cluster=%s sub=%s backend=%s",
            cluster.name,
            choice.sub_cluster,
            state.address,
        )
        self._tell(_identity(state))

    def take_failing(self) -> list[tuple[Down, int]]:
        """Failures in a row of backends that are up, where they changed since the last call.

        The controller adds up those of all workers.
        """
        states = {**self._shown, **dict.fromkeys(self._live.failing)}
        self._live.failing.clear()
        changed = []
        for state in states:
            identity = _identity(state)
            is_used = state.is_healthy and self._find(identity) is state
            failures, shown = state.failures if is_used else 0, self._shown.pop(state, 0)
            if failures:
                self._shown[state] = failures
            if failures != shown:
                changed.append((identity, failures))
        return changed

    def expect(self, down: Iterable[Down]) -> None:
        """The controller has sent a configuration with these backends down, and no others."""
        self._told = set(down)

    def told_down(self, down: Down) -> None:
        """The controller says that a backend is down."""
        self._told.add(down)
        self._mark_down(down)

    def told_up(self, down: Down) -> None:
        """The controller says that a backend has passed its probes."""
        self._told.discard(down)
        state = self._find(down)
        if state is not None:
            mark_up(state, self._clock.monotonic())

    def settle(self) -> None:
        """Another configuration is in use: what was told holds for its backends too.

        Backends that are down here and that the controller does not know of are told again: it may
        be another controller, or have had no such backend for a while.
        """
        for down in self._told:
            self._mark_down(down)
        self.tell_all()

    def tell_all(self) -> None:
        """Tell of every backend that is down here and not by the controller's word.

        It may be another controller, that knows of no failures either.
        """
        self._live.failing.update(self._shown)
        self._shown.clear()
        for state in self._live.states():
            if not state.is_healthy and _identity(state) not in self._told:
                self._tell(_identity(state))

    def _mark_down(self, down: Down) -> None:
        state = self._find(down)
        if state is not None:
            mark_down(state, self._clock.monotonic())

    def _find(self, down: Down) -> BackendState | None:
        cluster, sub_cluster, host, port = down
        return self._live.find(cluster, sub_cluster, f"{host}:{port}")


def _identity(state: BackendState) -> Down:
    return state.cluster, state.sub_cluster, state.host, state.port
