"""mod_cors: its settings, counters and handlers.

A preflight (Fetch standard 3.2.2: OPTIONS with Origin and Access-Control-Request-Method) is
answered here; every other request with an Origin goes on, and its response gets the fields.
"""

from collections.abc import Mapping

import msgspec
from msgspec import field

from bfe_py.model import Exchange, Field, Headers, RequestHead, ResponseHead
from bfe_py.modules.cors.rules import METHODS, RulesFile, Sharing, compile_rules
from bfe_py.observe import Counters, counter
from bfe_py.pipeline import (
    Document,
    Handler,
    Module,
    Parts,
    Phase,
    Respond,
    RuleTable,
    Verdict,
)

_METHODS = frozenset(method.encode("ascii") for method in METHODS)


class BasicSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[Basic]` of mod_cors.conf."""

    path: str = field(name="DataPath", default="mod_cors/cors_rule.data")
    """File with the rules; relative to the configuration root."""


class LogSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[Log]` of mod_cors.conf."""

    open_debug: bool = field(name="OpenDebug", default=False)
    """Accepted for compatibility; has no effect."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """mod_cors.conf."""

    basic: BasicSettings = field(name="Basic", default=BasicSettings())
    """Where the rules are."""
    log: LogSettings = field(name="Log", default=LogSettings())
    """What is logged of the rules' work."""


class CorsCounters(Counters, prefix="bfe_mod_cors"):
    """What mod_cors decided."""

    rule_hits: int = counter("Requests that a rule matched.", bfe="mod_cors.REQ_CORS_RULE_HIT")
    preflights: int = counter("Preflights answered.", bfe="mod_cors.REQ_PRE_FLIGHT_HIT")
    origins_allowed: int = counter(
        "Requests from an origin that is allowed.", bfe="mod_cors.REQ_ALLOW_ORIGIN_HIT"
    )
    origins_refused: int = counter(
        "Requests from an origin that is not allowed.", bfe="mod_cors.REQ_NOT_ALLOW_ORIGIN_HIT"
    )


def is_preflight(request: RequestHead) -> bool:
    """Whether `request` asks, before another request, whether that one is allowed."""
    return (
        request.method == b"OPTIONS"
        and bool(request.headers.get(b"origin"))
        and request.headers.get(b"access-control-request-method") in _METHODS
    )


def add_vary(headers: Headers, *, is_compatible: bool) -> None:
    """Say in Vary that the response depends on Origin; to BFE the case of the name matters."""
    lines = [line for line in headers.get_all(b"vary") if line]
    present = b",".join(lines)
    names = [name.strip() for name in present.split(b",")]
    if b"*" in names:
        return
    if not is_compatible:
        names = [name.title() for name in names]
    if b"Origin" not in names:
        headers.set(b"Vary", present + b",Origin" if present else b"Origin")


class _OriginSharing:
    """What handles requests and responses: rules and counters."""

    __slots__ = ("_counters", "_is_compatible", "_table")

    def __init__(self, parts: Parts) -> None:
        self._table: RuleTable[Sharing] = parts.documents["rules"]
        self._counters = parts.registry.counters(CorsCounters)
        self._is_compatible = parts.is_compatible

    def answer_preflight(self, exchange: Exchange) -> Verdict:
        request = exchange.request
        if not is_preflight(request):
            return None
        rule = self._table.first(exchange.tenant, exchange)
        if rule is None:
            return None
        self._counters.rule_hits += 1
        self._counters.preflights += 1
        headers = Headers()
        self._share(headers, request.headers.get(b"origin") or b"", rule, rule.preflight)
        return Respond(ResponseHead(204, headers))

    def mark_response(self, exchange: Exchange) -> Verdict:
        request = exchange.request
        origin = request.headers.get(b"origin")
        response = exchange.response
        if not origin or response is None or is_preflight(request):
            return None
        rule = self._table.first(exchange.tenant, exchange)
        if rule is not None:
            self._counters.rule_hits += 1
            self._share(response.headers, origin, rule, rule.response)
        return None

    def _share(
        self, headers: Headers, origin: bytes, rule: Sharing, fields: tuple[Field, ...]
    ) -> None:
        allowed = rule.find_origin(origin)
        if allowed is None:
            self._counters.origins_refused += 1
            return
        self._counters.origins_allowed += 1
        headers.set(b"Access-Control-Allow-Origin", allowed)
        for name, value in fields:
            headers.set(name, value)
        add_vary(headers, is_compatible=self._is_compatible)


def build(parts: Parts) -> Mapping[Phase, Handler]:
    """Handlers of mod_cors."""
    sharing = _OriginSharing(parts)
    return {
        Phase.TENANT: sharing.answer_preflight,
        Phase.RESPONSE: sharing.mark_response,
    }


MODULE = Module(
    name="mod_cors",
    build=build,
    settings=Settings,
    documents=(
        Document(
            name="rules",
            setting=("Basic", "DataPath"),
            default="mod_cors/cors_rule.data",
            schema=RulesFile,
            compile=compile_rules,
            reload="mod_cors",
        ),
    ),
    after=("mod_trust_clientip", "mod_logid"),
    monitor="mod_cors",
    description="Says which other origins may use a resource.",
)
