"""mod_block: its files, counters and handlers."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from msgspec import field

from bfe_py.model import Exchange, Fault, Kind, Session
from bfe_py.modules.block.addresses import AddressList, compile_addresses
from bfe_py.observe import Counters, counter
from bfe_py.pipeline import (
    GLOBAL,
    Close,
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

NOTE = "mod_block.block_info"
"""Under this name an exchange holds the name of the rule that decided about it."""


class BasicSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[Basic]` of mod_block.conf."""

    rules_path: str = field(name="ProductRulePath", default="mod_block/block_rules.data")
    """File with the rules for requests; relative to the configuration root."""
    addresses_path: str = field(name="IPBlocklistPath", default="mod_block/ip_blocklist.data")
    """File with the addresses whose connections are refused, in each line one, a range of two or a
    network; relative to the configuration root."""


class LogSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[Log]` of mod_block.conf."""

    open_debug: bool = field(name="OpenDebug", default=False)
    """Accepted for compatibility; has no effect."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """mod_block.conf."""

    basic: BasicSettings = field(name="Basic", default=BasicSettings())
    """Where rules and addresses are."""
    log: LogSettings = field(name="Log", default=LogSettings())
    """What is logged of the rules' work."""


class ActionSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What happens to a request."""

    command: str | None = field(name="cmd", default=None)
    """CLOSE: end the connection without an answer. ALLOW: no further rule is looked at."""
    parameters: list[str] | None = field(name="params", default=None)
    """An empty list."""


class RuleSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One rule of a tenant; the first that matches decides."""

    condition: str | None = field(name="cond", default=None)
    """Requests that it is for."""
    name: str | None = field(name="name", default=None)
    """Name of the rule, no other rule of the tenant has it."""
    action: ActionSpec | None = field(name="action", default=None)
    """What happens to them."""


class RulesFile(msgspec.Struct, frozen=True, kw_only=True):
    """block_rules.data."""

    version: str | None = field(name="Version", default=None)
    """Text of your choice that tells one state of the file from another."""
    tenants: dict[str, list[RuleSpec]] | None = field(name="Config", default=None)
    """Rules of each tenant, in order; those of the tenant ``global`` come first for everybody."""


class BlockCounters(Counters, prefix="bfe_mod_block"):
    """What mod_block decided."""

    connections: int = counter("Connections checked.", bfe="mod_block.CONN_TOTAL")
    connections_accepted: int = counter("Connections let through.", bfe="mod_block.CONN_ACCEPT")
    connections_refused: int = counter("Connections refused.", bfe="mod_block.CONN_REFUSE")
    requests: int = counter("Requests checked.", bfe="mod_block.REQ_TOTAL")
    requests_accepted: int = counter("Requests let through.", bfe="mod_block.REQ_ACCEPT")
    requests_refused: int = counter("Requests refused.", bfe="mod_block.REQ_REFUSE")
    unknown_commands: int = counter(
        "Rules with an unknown command; such files are not loaded, so 0.",
        bfe="mod_block.WRONG_COMMAND",
    )


@dataclass(frozen=True, slots=True)
class Block:
    """What a rule that matches does: refuse (`closes`) or let through."""

    name: str
    closes: bool


def compile_rules(file: RulesFile, findings: Findings) -> RuleTable[Block]:
    """Table of the rules in `file`; everything wrong with it goes to `findings`."""
    for tenant, specs in (file.tenants or {}).items():
        names: set[str] = set()
        for index, spec in enumerate(specs):
            if spec.name is not None and spec.name in names:
                findings.error(
                    ("Config", tenant, index, "name"), f"two rules are called {spec.name!r}"
                )
            names.add(spec.name or "")
    return compile_table(file, findings, _compile_rule, key="cond")


def _compile_rule(spec: RuleSpec, path: Path, findings: Findings) -> Block:
    if spec.name is None:
        findings.error(path, "name is missing")
    if spec.action is None:
        findings.error(path, "action is missing")
    else:
        _check_action(spec.action, (*path, "action"), findings)
    return Block(spec.name or "", spec.action is not None and spec.action.command == "CLOSE")


def _check_action(spec: ActionSpec, path: Path, findings: Findings) -> None:
    if spec.command is None:
        findings.error(path, "an action has no cmd", expected="CLOSE or ALLOW")
    elif spec.command not in ("CLOSE", "ALLOW"):
        findings.error(
            (*path, "cmd"), f"mod_block does not know {spec.command!r}", expected="CLOSE or ALLOW"
        )
    if spec.parameters is None:
        findings.error(path, "params is missing", expected="an empty list")
    elif spec.parameters:
        findings.error(
            (*path, "params"),
            f"the action takes no parameters, there are {len(spec.parameters)}",
            expected="an empty list",
        )


def build(parts: Parts) -> Mapping[Phase, Handler]:
    """Handlers of mod_block."""
    addresses: AddressList = parts.documents["addresses"]
    table: RuleTable[Block] = parts.documents["rules"]
    counters = parts.registry.counters(BlockCounters)

    def check_connection(session: Session) -> Verdict:
        counters.connections += 1
        # A Unix socket's peer has no address, not even the one that is all zeros.
        if session.peer.text and session.peer in addresses:
            counters.connections_refused += 1
            session.fault_code = Kind.BLOCKED.value.code
            session.fault_detail = "connection blocked"
            return Close("BLOCK")
        counters.connections_accepted += 1
        return None

    def check_request(exchange: Exchange) -> Verdict:
        counters.requests += 1
        rule = table.first(GLOBAL, exchange)
        if rule is None:
            rule = table.first(exchange.tenant, exchange)
        if rule is None:
            # BFE counts only what passed rules of its own tenant.
            counters.requests_accepted += bool(table.of(exchange.tenant))
            return None
        exchange.note(NOTE, rule.name)
        if rule.closes:
            counters.requests_refused += 1
            exchange.fail(Fault(Kind.BLOCKED, rule.name))
            return Close("BLOCK")
        counters.requests_accepted += 1
        return None

    return {Phase.ACCEPT: check_connection, Phase.TENANT: check_request}


MODULE = Module(
    name="mod_block",
    build=build,
    settings=Settings,
    documents=(
        Document(
            name="rules",
            setting=("Basic", "ProductRulePath"),
            default="mod_block/block_rules.data",
            schema=RulesFile,
            compile=compile_rules,
            reload="mod_block.product_rule_table",
        ),
        Document(
            name="addresses",
            setting=("Basic", "IPBlocklistPath"),
            default="mod_block/ip_blocklist.data",
            schema=None,
            compile=compile_addresses,
            reload="mod_block.global_ip_table",
        ),
    ),
    after=("mod_trust_clientip", "mod_logid", "mod_cors"),
    monitor="mod_block",
    description="Refuses connections by address, and requests by rules.",
)
