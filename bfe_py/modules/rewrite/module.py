"""mod_rewrite: its files, and its handler."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from msgspec import field

from bfe_py.model import Exchange
from bfe_py.modules.rewrite.actions import (
    Change,
    Destination,
    decode_path,
    join_target,
    read_target,
)
from bfe_py.modules.rewrite.commands import compile_command
from bfe_py.pipeline import (
    Document,
    Findings,
    Handler,
    Module,
    Parts,
    Path,
    Phase,
    RuleTable,
    Verdict,
    compile_table,
)


class BasicSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[Basic]` of mod_rewrite.conf."""

    path: str = field(name="DataPath", default="mod_rewrite/rewrite.data")
    """File with the rules; relative to the configuration root."""


class LogSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[Log]` of mod_rewrite.conf."""

    open_debug: bool = field(name="OpenDebug", default=False)
    """Accepted for compatibility; has no effect."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """mod_rewrite.conf."""

    basic: BasicSettings = field(name="Basic", default=BasicSettings())
    """Where the rules are."""
    log: LogSettings = field(name="Log", default=LogSettings())
    """What is logged of the rules' work."""


class ActionSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One change of a request."""

    command: str | None = field(name="Cmd", default=None)
    """What is done, in any case: HOST_SET host; HOST_SET_FROM_PATH_PREFIX (``/host/rest`` becomes
    host and ``/rest``); PATH_SET path; PATH_PREFIX_ADD prefix; PATH_PREFIX_TRIM prefix; QUERY_ADD
    name value; QUERY_DEL names; QUERY_RENAME old new; QUERY_DEL_ALL_EXCEPT names."""
    parameters: list[str] | None = field(name="Params", default=None)
    """What the command takes. Paths are decoded text, queries are text as it is sent."""


class RuleSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One rule of a tenant."""

    condition: str | None = field(name="Cond", default=None)
    """Requests that it is for; it sees what rules before it changed."""
    actions: list[ActionSpec] | None = field(name="Actions", default=None)
    """Changes, in order."""
    is_last: bool | None = field(name="Last", default=None)
    """Whether the rules behind it are left out when it matches."""


class RulesFile(msgspec.Struct, frozen=True, kw_only=True):
    """rewrite.data."""

    version: str | None = field(name="Version", default=None)
    """Text of your choice that tells one state of the file from another."""
    tenants: dict[str, list[RuleSpec]] | None = field(name="Config", default=None)
    """Rules of each tenant, in order."""


@dataclass(frozen=True, slots=True)
class Rewrite:
    """What a rule that matches does."""

    changes: tuple[Change, ...]
    is_last: bool


def compile_rules(file: RulesFile, findings: Findings) -> RuleTable[Rewrite]:
    """Table of the rules in `file`; everything wrong with it goes to `findings`."""
    return compile_table(file, findings, _compile_rule)


def _compile_rule(spec: RuleSpec, path: Path, findings: Findings) -> Rewrite:
    if spec.actions is None:
        findings.error(path, "Actions is missing")
    elif not spec.actions:
        findings.warning((*path, "Actions"), "a rule without an action changes nothing")
    if spec.is_last is None:
        findings.error(path, "Last is missing", expected="true or false")
    changes = []
    for index, action in enumerate(spec.actions or ()):
        place = (*path, "Actions", index)
        change = compile_command(action.command, action.parameters or [], place, findings)
        if change is not None:
            changes.append(change)
    return Rewrite(tuple(changes), bool(spec.is_last))


def build(parts: Parts) -> Mapping[Phase, Handler]:
    """Handler of mod_rewrite."""
    table: RuleTable[Rewrite] = parts.documents["rules"]

    def rewrite(exchange: Exchange) -> Verdict:
        for matches, rule in table.of(exchange.tenant):
            if matches(exchange):
                apply_changes(rule.changes, exchange)
                if rule.is_last:
                    break
        return None

    return {Phase.ROUTE: rewrite}


def apply_changes(changes: tuple[Change, ...], exchange: Exchange) -> None:
    """Change what is sent upstream; the client's own bytes stay where nothing changed."""
    split = read_target(exchange.upstream_target)
    escaped, query = (b"", b"") if split is None else split
    before = Destination(exchange.host_field, decode_path(escaped), query)
    after = before
    for change in changes:
        after = change(after)
    host = None if after.host == before.host else after.host
    target = None
    if split is not None and (after.path, after.query) != (before.path, before.query):
        target = join_target(after.path, after.query, escaped)
    if host is not None or target is not None:
        exchange.rewrite(host=host, target=target)


MODULE = Module(
    name="mod_rewrite",
    build=build,
    settings=Settings,
    documents=(
        Document(
            name="rules",
            setting=("Basic", "DataPath"),
            default="mod_rewrite/rewrite.data",
            schema=RulesFile,
            compile=compile_rules,
            reload="mod_rewrite",
        ),
    ),
    after=(
        "mod_trust_clientip",
        "mod_logid",
        "mod_cors",
        "mod_block",
        "mod_auth_basic",
        "mod_redirect",
    ),
    description="Sends another host, path or query to the backend than the client asked for.",
)
