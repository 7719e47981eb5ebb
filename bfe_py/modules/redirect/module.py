"""mod_redirect: its files, and its handler."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec
from msgspec import field

from bfe_py.model import Exchange, Headers, ResponseHead
from bfe_py.modules.redirect.location import clean_uri, make_note, origin_form, resolve
from bfe_py.pipeline import (
    Document,
    Findings,
    Handler,
    Module,
    Parts,
    Path,
    Phase,
    Respond,
    RuleTable,
    Verdict,
    compile_table,
)
from bfe_py.protocol import reason_phrase


class BasicSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[Basic]` of mod_redirect.conf."""

    path: str = field(name="DataPath", default="mod_redirect/redirect.data")
    """File with the rules; relative to the configuration root."""


class LogSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[Log]` of mod_redirect.conf."""

    open_debug: bool = field(name="OpenDebug", default=False)
    """Accepted for compatibility; has no effect."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """mod_redirect.conf."""

    basic: BasicSettings = field(name="Basic", default=BasicSettings())
    """Where the rules are."""
    log: LogSettings = field(name="Log", default=LogSettings())
    """What is logged of the rules' work."""


class ActionSpec(msgspec.Struct, frozen=True, kw_only=True):
    """Where a redirect leads."""

    command: str | None = field(name="Cmd", default=None)
    """URL_SET url; URL_FROM_QUERY name: the value of that query parameter, which lets whoever
    writes a link choose where it leads; URL_PREFIX_ADD prefix: in front of path and query;
    SCHEME_SET http or https: the same host, path and query. In upper case."""
    parameters: list[str] | None = field(name="Params", default=None)
    """The one parameter of the command. A URL without a scheme is a path of the same host."""


class RuleSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One rule of a tenant; the first that matches answers."""

    condition: str | None = field(name="Cond", default=None)
    """Requests that it is for."""
    actions: list[ActionSpec] | None = field(name="Actions", default=None)
    """Exactly one action."""
    status: int | None = field(name="Status", default=None)
    """Status code of the answer: 301, 302, 303, 307 or 308."""


class RulesFile(msgspec.Struct, frozen=True, kw_only=True):
    """redirect.data."""

    version: str | None = field(name="Version", default=None)
    """Text of your choice that tells one state of the file from another."""
    tenants: dict[str, list[RuleSpec]] | None = field(name="Config", default=None)
    """Rules of each tenant, in order."""


Url = Callable[[Exchange], bytes]


@dataclass(frozen=True, slots=True)
class Redirect:
    """What a rule that matches answers."""

    url: Url
    status: int


def compile_rules(file: RulesFile, findings: Findings) -> RuleTable[Redirect]:
    """Table of the rules in `file`; everything wrong with it goes to `findings`."""
    return compile_table(file, findings, _compile_rule)


def _compile_rule(spec: RuleSpec, path: Path, findings: Findings) -> Redirect:
    actions = spec.actions or []
    if len(actions) != 1:
        findings.error(
            path if spec.actions is None else (*path, "Actions"),
            f"a rule has exactly one action, there are {len(actions)}",
            expected="one action",
        )
    status = spec.status or 0
    if not 200 <= status <= 599:
        findings.error(
            path if spec.status is None else (*path, "Status"),
            "a redirect needs a status code",
            expected="301, 302, 303, 307 or 308",
        )
    elif not 300 <= status <= 399:
        findings.warning((*path, "Status"), f"no client follows a redirect with status {status}")
    urls = [
        _compile_action(action, (*path, "Actions", index), findings)
        for index, action in enumerate(actions)
    ]
    return Redirect(urls[0] if urls else _fixed(""), status)


def _compile_action(spec: ActionSpec, path: Path, findings: Findings) -> Url:
    make = _COMMANDS.get(spec.command or "")
    if make is None:
        message = "an action has no Cmd"
        if spec.command is not None:
            message, path = f"mod_redirect does not know {spec.command!r}", (*path, "Cmd")
        findings.error(path, message, expected=f"one of {', '.join(_COMMANDS)}")
        return _fixed("")
    parameters = spec.parameters or []
    if len(parameters) != 1:
        findings.error(
            path if spec.parameters is None else (*path, "Params"),
            f"{spec.command} takes one parameter, there are {len(parameters)}",
            expected="one parameter",
        )
        return _fixed("")
    if spec.command == "SCHEME_SET" and parameters[0].lower() not in ("http", "https"):
        findings.error(
            (*path, "Params", 0), f"not a scheme: {parameters[0]!r}", expected="http or https"
        )
    elif not parameters[0]:
        findings.warning((*path, "Params", 0), f"the parameter of {spec.command} is empty")
    return make(parameters[0])


def _fixed(url: str) -> Url:
    written = clean_uri(url.encode("utf-8"))
    return lambda _: written


def _from_query(name: str) -> Url:
    def url(exchange: Exchange) -> bytes:
        return clean_uri(exchange.query.get(name, "").encode("utf-8", "surrogateescape"))

    return url


def _with_prefix(prefix: str) -> Url:
    written = prefix.encode("utf-8")
    return lambda exchange: clean_uri(written + origin_form(exchange.upstream_target))


def _with_scheme(scheme: str) -> Url:
    written = scheme.lower().encode("utf-8") + b"://"

    def url(exchange: Exchange) -> bytes:
        host = exchange.host_field
        if not host:
            # HTTP/1.0 without Host: the address that was connected to is all there is.
            address = exchange.session.vip or exchange.session.local
            text = address.text if address.is_ipv4 else f"[{address.text}]"
            host = text.encode("ascii")
        return clean_uri(written + host + origin_form(exchange.upstream_target))

    return url


_COMMANDS = {
    "URL_SET": _fixed,
    "URL_FROM_QUERY": _from_query,
    "URL_PREFIX_ADD": _with_prefix,
    "SCHEME_SET": _with_scheme,
}


def build(parts: Parts) -> Mapping[Phase, Handler]:
    """Handler of mod_redirect."""
    table: RuleTable[Redirect] = parts.documents["rules"]
    is_compatible = parts.is_compatible

    def redirect(exchange: Exchange) -> Verdict:
        rule = table.first(exchange.tenant, exchange)
        if rule is None:
            return None
        url = rule.url(exchange)
        exchange.redirect = (url, rule.status)
        location = resolve(url, origin_form(exchange.upstream_target))
        return _answer(location, rule.status, exchange.request.method, is_compatible=is_compatible)

    return {Phase.TENANT: redirect}


def _answer(location: bytes, status: int, method: bytes, *, is_compatible: bool) -> Respond:
    headers = Headers([(b"Location", location)])
    phrase = reason_phrase(status, compatible=is_compatible)
    body = b""
    if method == b"GET" and status not in (204, 304):
        headers.add(b"Content-Type", b"text/html; charset=utf-8")
        # A status without a phrase of its own gives the link no text.
        body = make_note(location, b"" if phrase.startswith(b"status code ") else phrase)
    head = ResponseHead(status, headers, reason=phrase, body_length=len(body))
    return Respond(head, body, skips_response_phase=True, is_redirect=True)


MODULE = Module(
    name="mod_redirect",
    build=build,
    settings=Settings,
    documents=(
        Document(
            name="rules",
            setting=("Basic", "DataPath"),
            default="mod_redirect/redirect.data",
            schema=RulesFile,
            compile=compile_rules,
            reload="mod_redirect",
        ),
    ),
    after=("mod_trust_clientip", "mod_logid", "mod_cors", "mod_block", "mod_auth_basic"),
    description="Answers with a redirect.",
)
