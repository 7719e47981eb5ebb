"""Chain: the handlers of each phase, and how they are run."""

import logging
from collections.abc import Awaitable, Coroutine, Mapping
from typing import cast

from bfe_py.model.exchange import Exchange
from bfe_py.model.fault import Fault, Kind
from bfe_py.model.session import Session
from bfe_py.observe import Counters, Family, counter
from bfe_py.pipeline.module import ExchangeHandler, Handler, SessionHandler
from bfe_py.pipeline.phases import SESSION_PHASES, Phase
from bfe_py.pipeline.verdict import Close, Respond, Verdict

_log = logging.getLogger("bfe.pipeline")


class ChainCounters(Counters, prefix="bfe_module", labels=("module",)):
    """What modules do wrong."""

    failures: int = counter("Exceptions that a module's handler raised.")


Named = tuple[str, Handler]

Answer = Respond | Close
"""A verdict that ends the way of an exchange."""


class Chain:
    """Per phase a tuple of handlers, in module order; an empty phase costs one truth test."""

    __slots__ = ("_failures", "handlers", "names")

    def __init__(
        self, handlers: Mapping[Phase, tuple[Named, ...]], failures: Family[ChainCounters]
    ) -> None:
        self._failures = failures
        self.handlers = {
            phase: tuple(handler for _, handler in handlers.get(phase, ())) for phase in Phase
        }
        self.names = {phase: tuple(name for name, _ in handlers.get(phase, ())) for phase in Phase}

    def has(self, phase: Phase) -> bool:
        """Whether any module takes part in `phase`."""
        return bool(self.handlers[phase])

    def ask(self, phase: Phase, exchange: Exchange) -> Verdict | Awaitable[Verdict]:
        """First verdict of a phase of the exchange other than None, to be awaited where one waits.

        Raises:
            Fault: a handler failed; that counts against its module.
        """
        return self._run_from(0, phase, exchange)

    def _run_from(
        self, start: int, phase: Phase, exchange: Exchange
    ) -> Verdict | Awaitable[Verdict]:
        handlers = cast("tuple[ExchangeHandler, ...]", self.handlers[phase])
        for index in range(start, len(handlers)):
            try:
                verdict = handlers[index](exchange)
            except Exception as error:
                raise self._fault(phase, index, error) from error
            if verdict is None:
                continue
            if isinstance(verdict, (Respond, Close)):
                return verdict
            return self._resume(verdict, index, phase, exchange)
        return None

    async def _resume(
        self, waiting: Awaitable[Verdict], index: int, phase: Phase, exchange: Exchange
    ) -> Verdict:
        try:
            verdict = await waiting
        except Exception as error:
            raise self._fault(phase, index, error) from error
        if verdict is not None:
            return verdict
        rest = self._run_from(index + 1, phase, exchange)
        if rest is None or isinstance(rest, (Respond, Close)):
            return rest
        return await rest

    def run_session(self, phase: Phase, session: Session) -> Verdict:
        """First verdict of a phase of the connection; a handler that raises refuses it."""
        assert phase in SESSION_PHASES
        handlers = cast("tuple[SessionHandler, ...]", self.handlers[phase])
        for index, handler in enumerate(handlers):
            try:
                verdict = _at_once(handler(session))
            except Exception as error:
                self._count(phase, index, error)
                return Close("module")
            if verdict is not None:
                return verdict
        return None

    def run_finish(self, exchange: Exchange) -> bool:
        """FINISH of an exchange: every handler runs; whether one wants the connection closed."""
        closes = False
        handlers = cast("tuple[ExchangeHandler, ...]", self.handlers[Phase.FINISH])
        for index, handler in enumerate(handlers):
            try:
                closes = _at_once(handler(exchange)) is not None or closes
            except Exception as error:
                self._count(Phase.FINISH, index, error)
        return closes

    def run_close(self, session: Session) -> None:
        """CLOSE of a connection: every handler runs."""
        handlers = cast("tuple[SessionHandler, ...]", self.handlers[Phase.CLOSE])
        for index, handler in enumerate(handlers):
            try:
                _at_once(handler(session))
            except Exception as error:
                self._count(Phase.CLOSE, index, error)

    def _fault(self, phase: Phase, index: int, error: Exception) -> Fault:
        if isinstance(error, Fault):
            return error
        self._count(phase, index, error)
        return Fault(Kind.MODULE, self.names[phase][index])

    def _count(self, phase: Phase, index: int, error: Exception) -> None:
        name = self.names[phase][index]
        self._failures[(name,)].failures += 1
        _log.error(
            "module failed module=%s phase=%s error=%s", name, phase.name, error, exc_info=error
        )


def _at_once(verdict: Verdict | Awaitable[Verdict]) -> Verdict:
    """The verdict of a handler that nobody waits for.

    Raises:
        TypeError: it wants to wait.
    """
    if verdict is None or isinstance(verdict, (Respond, Close)):
        return verdict
    if isinstance(verdict, Coroutine):
        verdict.close()
    raise TypeError("a handler of this phase cannot wait")
