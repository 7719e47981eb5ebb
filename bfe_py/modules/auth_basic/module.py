"""mod_auth_basic: its settings, counters and handler (RFC 7617)."""

import base64
import binascii
from collections.abc import Awaitable, Mapping

import msgspec
from msgspec import field

from bfe_py.model import Exchange, Headers, ResponseHead
from bfe_py.modules.auth_basic.rules import Protection, RulesFile, compile_rules
from bfe_py.modules.auth_basic.secrets import Secret
from bfe_py.modules.auth_basic.verified import VerifiedCredentials
from bfe_py.observe import Counters, counter
from bfe_py.pipeline import (
    Document,
    Handler,
    Module,
    Parts,
    Phase,
    Respond,
    RuleTable,
    Services,
    Verdict,
)

_REMEMBERED = 4096
_SCHEME = b"basic "


class BasicSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[Basic]` of mod_auth_basic.conf."""

    path: str = field(name="DataPath", default="mod_auth_basic/auth_basic_rule.data")
    """File with the rules; relative to the configuration root."""


class LogSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[Log]` of mod_auth_basic.conf."""

    open_debug: bool = field(name="OpenDebug", default=False)
    """Accepted for compatibility; has no effect: users and passwords are never logged."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """mod_auth_basic.conf."""

    basic: BasicSettings = field(name="Basic", default=BasicSettings())
    """Where the rules are."""
    log: LogSettings = field(name="Log", default=LogSettings())
    """What is logged of the rules' work."""


class AuthBasicCounters(Counters, prefix="bfe_mod_auth_basic"):
    """What mod_auth_basic decided."""

    rule_hits: int = counter(
        "Requests that a rule matched.", bfe="mod_auth_basic.REQ_AUTH_RULE_HIT"
    )
    challenges: int = counter(
        "Requests without readable credentials.", bfe="mod_auth_basic.REQ_AUTH_CHALLENGE"
    )
    successes: int = counter(
        "Requests with the right password.", bfe="mod_auth_basic.REQ_AUTH_SUCCESS"
    )
    failures: int = counter(
        "Requests with an unknown user or a wrong password.",
        bfe="mod_auth_basic.REQ_AUTH_FAILURE",
    )


def read_credentials(value: bytes | None) -> tuple[bytes, bytes] | None:
    """User and password of an Authorization field; None without one of the Basic scheme."""
    if value is None or value[: len(_SCHEME)].lower() != _SCHEME:
        return None
    encoded = value[len(_SCHEME) :]
    if len(encoded) % 4:
        return None
    try:
        decoded = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return None
    user, colon, password = decoded.partition(b":")
    return (user, password) if colon else None


def make_state(_settings: object, services: Services) -> VerifiedCredentials:
    """What is remembered over reloads."""
    return VerifiedCredentials(services.random(32), _REMEMBERED)


class _Authentication:
    """What handles requests: rules, what is remembered, and counters."""

    __slots__ = ("_counters", "_is_compatible", "_services", "_table", "_verified")

    def __init__(self, parts: Parts) -> None:
        self._table: RuleTable[Protection] = parts.documents["rules"]
        self._verified: VerifiedCredentials = parts.state
        self._counters = parts.registry.counters(AuthBasicCounters)
        self._services = parts.services
        self._is_compatible = parts.is_compatible

    def check(self, exchange: Exchange) -> Verdict | Awaitable[Verdict]:
        rule = self._table.first(exchange.tenant, exchange)
        if rule is None:
            return None
        self._counters.rule_hits += 1
        credentials = read_credentials(exchange.request.headers.get(b"authorization"))
        if credentials is None:
            self._counters.challenges += 1
            return self._refuse(rule)
        user, password = credentials
        secret = rule.users.get(user)
        if secret is None:
            return self._decide(rule, fits=False)
        if not secret.is_slow:
            return self._decide(rule, fits=secret.verify(password))
        digest = self._verified.digest(secret.text, password)
        if self._verified.has(digest):
            return self._decide(rule, fits=True)
        return self._wait(rule, secret, password, digest)

    async def _wait(
        self, rule: Protection, secret: Secret, password: bytes, digest: bytes
    ) -> Verdict:
        fits = await self._services.offload(lambda: secret.verify(password))
        if fits:
            self._verified.add(digest)
        return self._decide(rule, fits=fits)

    def _decide(self, rule: Protection, *, fits: bool) -> Verdict:
        if fits:
            self._counters.successes += 1
            return None
        self._counters.failures += 1
        return self._refuse(rule)

    def _refuse(self, rule: Protection) -> Respond:
        realm = rule.realm if self._is_compatible else quote(rule.realm)
        headers = Headers([(b"WWW-Authenticate", b'Basic realm="%s"' % realm)])
        return Respond(ResponseHead(401, headers))


def build(parts: Parts) -> Mapping[Phase, Handler]:
    """Handler of mod_auth_basic; it waits where a slow hash is to be computed."""
    return {Phase.TENANT: _Authentication(parts).check}


def quote(text: bytes) -> bytes:
    """`text` as it stands in a quoted string (RFC 9110 section 5.6.4); BFE leaves it as it is."""
    return text.replace(b"\\", b"\\\\").replace(b'"', b'\\"')


MODULE = Module(
    name="mod_auth_basic",
    build=build,
    settings=Settings,
    documents=(
        Document(
            name="rules",
            setting=("Basic", "DataPath"),
            default="mod_auth_basic/auth_basic_rule.data",
            schema=RulesFile,
            compile=compile_rules,
            reload="mod_auth_basic",
        ),
    ),
    after=("mod_trust_clientip", "mod_logid", "mod_cors", "mod_block"),
    monitor="mod_auth_basic",
    state=make_state,
    description="Asks for a user name and a password.",
)
