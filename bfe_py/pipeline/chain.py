"""Chain: the handlers of each phase, and how they are run."""

import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import cast

from bfe_py.model.exchange import Exchange
from bfe_py.model.fault import Fault, Kind
from bfe_py.model.session import Session
from bfe_py.observe import Counters, Family, counter
from bfe_py.pipeline.module import ExchangeHandler, Handler, SessionHandler
from bfe_py.pipeline.phases import AWAITABLE_PHASES, SESSION_PHASES, Phase
from bfe_py.pipeline.verdict import Close, Respond, Verdict

_log = logging.getLogger("bfe.pipeline")


class ChainCounters(Counters, prefix="bfe_module", labels=("module",)):
    """What modules do wrong."""

    failures: int = counter("Exceptions that a module's handler raised.")


Named = tuple[str, Handler]

Answer = Respond | Close
"""A verdict that ends the way of an exchange."""

Run = Callable[[Exchange], "Verdict | Awaitable[Verdict]"]
"""Runs the handlers of one phase: the first verdict other than None, or what to await for it.

It raises `Fault` where a handler failed, which counts against its module.
"""

_Steps = tuple[tuple[str, ExchangeHandler], ...]

_FINISH, _CLOSE = Phase.FINISH, Phase.CLOSE
_ANSWERS = (Respond, Close)


class Chain:
    """Per phase a tuple of handlers, in module order; an empty phase costs one truth test.

    `request`, `tenant`, `route`, `forward` and `response` run those phases, and `finish` FINISH as
    `run_finish` does; each is None where no module takes part. `ask` is the same by phase.
    """

    __slots__ = (
        "_failures",
        "_finishing",
        "_runs",
        "_steps",
        "finish",
        "forward",
        "handlers",
        "names",
        "request",
        "response",
        "route",
        "tenant",
    )

    def __init__(
        self, handlers: Mapping[Phase, tuple[Named, ...]], failures: Family[ChainCounters]
    ) -> None:
        self._failures = failures
        self._steps = {phase: tuple(handlers.get(phase, ())) for phase in Phase}
        self.handlers = {
            phase: tuple([handler for _, handler in steps]) for phase, steps in self._steps.items()
        }
        self.names = {
            phase: tuple([name for name, _ in steps]) for phase, steps in self._steps.items()
        }
        self._runs = {
            phase: self._run(phase, cast("_Steps", self._steps[phase]))
            for phase in AWAITABLE_PHASES
            if self._steps[phase]
        }
        find = self._runs.get
        self.request: Run | None = find(Phase.REQUEST)
        self.tenant: Run | None = find(Phase.TENANT)
        self.route: Run | None = find(Phase.ROUTE)
        self.forward: Run | None = find(Phase.FORWARD)
        self.response: Run | None = find(Phase.RESPONSE)
        self._finishing = cast("_Steps", self._steps[_FINISH])
        self.finish = self.run_finish if self._finishing else None

    def has(self, phase: Phase) -> bool:
        """Whether any module takes part in `phase`."""
        return bool(self.handlers[phase])

    def ask(self, phase: Phase, exchange: Exchange) -> Verdict | Awaitable[Verdict]:
        """First verdict of a phase of the exchange other than None, to be awaited where one waits.

        Raises:
            Fault: a handler failed; that counts against its module.
        """
        run = self._runs.get(phase)
        return None if run is None else run(exchange)

    def _run(self, phase: Phase, steps: _Steps) -> Run:
        """What runs `steps`: made once, so that a request looks nothing up."""
        if len(steps) == 1:
            return self._run_one(phase, *steps[0])

        def run(exchange: Exchange) -> Verdict | Awaitable[Verdict]:
            for name, handler in steps:
                try:
                    verdict = handler(exchange)
                except Exception as error:
                    raise self._fault(phase, name, error) from error
                if verdict is not None:
                    if isinstance(verdict, _ANSWERS):
                        return verdict
                    return self._resume(verdict, phase, name, exchange)
            return None

        return run

    def _run_one(self, phase: Phase, name: str, handler: ExchangeHandler) -> Run:
        """What runs a single handler, which is what most phases have."""

        def run(exchange: Exchange) -> Verdict | Awaitable[Verdict]:
            try:
                verdict = handler(exchange)
            except Exception as error:
                raise self._fault(phase, name, error) from error
            if verdict is None or isinstance(verdict, _ANSWERS):
                return verdict
            return self._resume(verdict, phase, name, exchange)

        return run

    async def _resume(
        self, waiting: Awaitable[Verdict], phase: Phase, name: str, exchange: Exchange
    ) -> Verdict:
        """The verdict of the phase, whose module `name` waits."""
        try:
            verdict = await waiting
        except Exception as error:
            raise self._fault(phase, name, error) from error
        if verdict is not None:
            return verdict
        rest = self._steps[phase][self.names[phase].index(name) + 1 :]
        following = self._run(phase, cast("_Steps", rest))(exchange)
        if following is None or isinstance(following, _ANSWERS):
            return following
        return await following

    def run_session(self, phase: Phase, session: Session) -> Verdict:
        """First verdict of a phase of the connection; a handler that raises refuses it."""
        assert phase in SESSION_PHASES
        for name, handler in cast("tuple[tuple[str, SessionHandler], ...]", self._steps[phase]):
            try:
                verdict = _at_once(handler(session))
            except Exception as error:
                self._count(phase, name, error)
                return Close("module")
            if verdict is not None:
                return verdict
        return None

    def run_finish(self, exchange: Exchange) -> bool:
        """FINISH of an exchange: every handler runs; whether one wants the connection closed."""
        closes = False
        for name, handler in self._finishing:
            try:
                verdict = handler(exchange)
                if verdict is not None and _at_once(verdict) is not None:
                    closes = True
            except Exception as error:
                self._count(_FINISH, name, error)
        return closes

    def run_close(self, session: Session) -> None:
        """CLOSE of a connection: every handler runs."""
        for name, handler in cast("tuple[tuple[str, SessionHandler], ...]", self._steps[_CLOSE]):
            try:
                _at_once(handler(session))
            except Exception as error:
                self._count(_CLOSE, name, error)

    def _fault(self, phase: Phase, name: str, error: Exception) -> Fault:
        if isinstance(error, Fault):
            return error
        self._count(phase, name, error)
        return Fault(Kind.MODULE, name)

    def _count(self, phase: Phase, name: str, error: Exception) -> None:
        self._failures[(name,)].failures += 1
        _log.error(
            "module failed module=%s phase=%s error=%s", name, phase.name, error, exc_info=error
        )


def _at_once(verdict: Verdict | Awaitable[Verdict]) -> Verdict:
    """The verdict of a handler that nobody waits for.

    Raises:
        TypeError: it wants to wait.
    """
    if verdict is None or isinstance(verdict, _ANSWERS):
        return verdict
    if isinstance(verdict, Coroutine):
        verdict.close()
    raise TypeError("a handler of this phase cannot wait")
