"""mod_logid: give each connection and each exchange an id.

The id of an exchange goes upstream as X-Bfe-Log-Id. A trusted peer may have given it one already:
that one is kept.
"""

from collections.abc import Mapping

from bfe_py.model import Exchange, Session
from bfe_py.observe import Counters, counter
from bfe_py.pipeline import Handler, Module, Parts, Phase, Verdict

_SIZE = 16
_FIELD = b"X-Bfe-Log-Id"
_LOWER = _FIELD.lower()


class LogIdCounters(Counters, prefix="bfe_mod_logid"):
    """Ids that should have come with the request."""

    missing: int = counter(
        "Requests of trusted peers without X-Bfe-Log-Id.", bfe="mod_logid.NO_LOGID_FROM_UPPER_BFE"
    )


def _build(parts: Parts) -> Mapping[Phase, Handler]:
    random = parts.services.random
    counters = parts.registry.counters(LogIdCounters)
    is_compatible = parts.is_compatible

    def name_session(session: Session) -> Verdict:
        session.session_id = random(_SIZE).hex()
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
        exchange.log_id = random(_SIZE).hex()
        headers.set(_FIELD, exchange.log_id.encode("ascii"))
        return None

    return {Phase.ACCEPT: name_session, Phase.REQUEST: name_exchange}


MODULE = Module(
    name="mod_logid",
    build=_build,
    after=("mod_trust_clientip",),
    monitor="mod_logid",
    description="Give each connection and each exchange an id.",
)
