"""mod_logid: give each connection and each exchange an id.

The id of an exchange goes upstream as X-Bfe-Log-Id. A trusted peer may have given it one already:
that one is kept.
"""

import os
from collections.abc import Callable, Mapping
from itertools import repeat
from struct import Struct

from bfe_py.model import Exchange, Line, Session
from bfe_py.observe import Counters, counter
from bfe_py.pipeline import Handler, Module, Parts, Phase, Services, Verdict

_FIELD = b"X-Bfe-Log-Id"
_LOWER = _FIELD.lower()
_NAMES = frozenset({_LOWER})
_START = _FIELD + b": "
_BATCH = Struct("16s" * 256)
"""The ids that are made at a time: to ask the system for each one costs more than all the rest."""


class LogIdCounters(Counters, prefix="bfe_mod_logid"):
    """Ids that should have come with the request."""

    missing: int = counter(
        "Requests of trusted peers without X-Bfe-Log-Id.", bfe="mod_logid.NO_LOGID_FROM_UPPER_BFE"
    )


class Ids:
    """Ids that nobody can guess, ready to be taken, each with its line for a request.

    Two processes never have the same.
    """

    __slots__ = ("_random", "ready")

    def __init__(self, random: Callable[[int], bytes]) -> None:
        self._random = random
        self.ready: list[tuple[str, Line]] = []
        """Take the last one; where there is none, `make` it."""
        os.register_at_fork(after_in_child=self.ready.clear)

    def make(self) -> tuple[str, Line]:
        """An id, with which more are made."""
        parts = _BATCH.unpack(self._random(_BATCH.size))
        ids = [*map(bytes.hex, reversed(parts))]
        values = [*map(str.encode, ids)]
        lines = zip(repeat(_LOWER), repeat(_FIELD), values, map(_START.__add__, values))
        self.ready += zip(ids, lines, strict=True)
        return self.ready.pop()


def _make_ids(_settings: None, services: Services) -> Ids:
    return Ids(services.random)


def _build(parts: Parts) -> Mapping[Phase, Handler]:
    ids: Ids = parts.state
    ready, make = ids.ready, ids.make
    counters = parts.registry.counters(LogIdCounters)
    is_compatible = parts.is_compatible

    def name_session(session: Session) -> Verdict:
        session.session_id, _ = ready.pop() if ready else make()
        return None

    def name_exchange(exchange: Exchange) -> Verdict:
        headers = exchange.request.headers
        if exchange.session.is_trusted:
            given = headers.get(_LOWER)
            if given:
                # BFE keeps the field but leaves its own notion of the id empty.
                if not is_compatible:
                    exchange.log_id = given.decode("utf-8", "surrogateescape")
                return None
            counters.missing += 1
        exchange.log_id, line = ready.pop() if ready else make()
        if not headers.add_new((line,), _NAMES):
            headers.set(_FIELD, line[2])
        return None

    return {Phase.ACCEPT: name_session, Phase.REQUEST: name_exchange}


MODULE = Module(
    name="mod_logid",
    build=_build,
    after=("mod_trust_clientip",),
    state=_make_ids,
    monitor="mod_logid",
    description="Give each connection and each exchange an id.",
)
