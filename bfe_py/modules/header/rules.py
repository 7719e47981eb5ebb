"""Header rules: which changes for whom, of the request and of the response apart."""

from dataclasses import dataclass

from bfe_py.condition import Condition
from bfe_py.modules.header.actions import compile_action
from bfe_py.modules.header.commands import Change
from bfe_py.modules.header.schema import HeaderDocument, RuleEntry
from bfe_py.pipeline import Findings, Path, RuleTable, decide


@dataclass(frozen=True, slots=True)
class HeaderRule:
    """Changes in order; `is_last`: rules that follow are left out."""

    changes: tuple[Change, ...]
    is_last: bool


@dataclass(frozen=True, slots=True)
class HeaderRules:
    """Rules by tenant."""

    request: RuleTable[HeaderRule]
    response: RuleTable[HeaderRule]


Row = tuple[Condition, HeaderRule]


def compile_rules(value: HeaderDocument, findings: Findings) -> HeaderRules:
    """Rules of a document."""
    if value.version is None:
        findings.error((), "Version is missing")
    if value.config is None:
        findings.error((), "Config is missing")
    request: dict[str, tuple[Row, ...]] = {}
    response: dict[str, tuple[Row, ...]] = {}
    for tenant, entries in (value.config or {}).items():
        if entries is None:
            findings.error(("Config", tenant), "there is no list of rules")
            continue
        own: tuple[list[Row], list[Row]] = ([], [])
        for index, entry in enumerate(entries):
            _compile_rule(entry or RuleEntry(), ("Config", tenant, index), findings, own)
        request[tenant], response[tenant] = tuple(own[0]), tuple(own[1])
    return HeaderRules(_table(request), _table(response))


def _table(rows: dict[str, tuple[Row, ...]]) -> RuleTable[HeaderRule]:
    reading = [
        tenant for tenant, own in rows.items() if any(condition.reads_body for condition, _ in own)
    ]
    rules = {
        tenant: tuple([(decide(condition), rule) for condition, rule in own])
        for tenant, own in rows.items()
    }
    return RuleTable(rules, frozenset(reading))


def _compile_rule(
    entry: RuleEntry, path: Path, findings: Findings, own: tuple[list[Row], list[Row]]
) -> None:
    """Add what `entry` does to the request and to the response to the two lists."""
    if entry.cond is None:
        findings.error(path, "cond is missing", expected="a condition")
    if not entry.actions:
        findings.error(path, "there is no action", expected="at least one")
    if entry.last is None:
        findings.error(path, "last is missing", expected="true or false")
    actions = [
        compile_action(action, (*path, "actions", index), findings)
        for index, action in enumerate(entry.actions or [])
    ]
    condition = None if entry.cond is None else findings.condition((*path, "cond"), entry.cond)
    if condition is None:
        return
    for rows, is_request in ((own[0], True), (own[1], False)):
        mine = [each for each in actions if each is not None and each.is_request is is_request]
        if mine:
            changes = tuple([each.change for each in mine if each.change is not None])
            rows.append((condition, HeaderRule(changes, bool(entry.last))))
