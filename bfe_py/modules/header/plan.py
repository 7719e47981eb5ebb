"""Plan: what rules do to one side of a tenant's exchanges, sorted out before the first comes.

Rules for everybody and those of the tenant are one list of changes where their conditions always
hold, and most of these changes set a field to the same value each time. Such a field is a line that
was made once; where the message has none of its name it is only appended.
"""

from dataclasses import dataclass

from bfe_py.model import Exchange, FieldBlock, Headers, Line
from bfe_py.modules.header.commands import Change
from bfe_py.modules.header.fields import SetLine
from bfe_py.modules.header.rules import HeaderRule
from bfe_py.pipeline import GLOBAL, Matches, RuleTable, always

_Rows = tuple[tuple[Matches, HeaderRule], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """`lines` are set in every message, then `change` does the rest, where there is any.

    `names` are the lower-case names of the lines, each of which is there once.
    """

    lines: FieldBlock
    names: frozenset[bytes]
    change: Change | None

    def set_lines(self, headers: Headers) -> None:
        """Set the lines in `headers`; where it has none of these names, they may be added."""
        for _, name, value, _ in self.lines.lines:
            headers.set(name, value)


class Plans(dict[str, Plan]):
    """The plan of each tenant of `table`, made when it is first asked for."""

    __slots__ = ("_table",)

    def __init__(self, table: RuleTable[HeaderRule]) -> None:
        self._table = table

    def __missing__(self, tenant: str) -> Plan:
        plan = self[tenant] = _plan((self._table.of(GLOBAL), self._table.of(tenant)))
        return plan


def _plan(groups: tuple[_Rows, _Rows]) -> Plan:
    """Plan of rules for everybody and of a tenant; the last rule of a group ends only that one."""
    changes: list[Change] = []
    undecided: list[_Rows] = []
    for group in groups:
        rows = group
        while rows and not undecided and rows[0][0] is always:
            rule = rows[0][1]
            changes += rule.changes
            rows = () if rule.is_last else rows[1:]
        if rows:
            undecided.append(rows)
    lines: dict[bytes, Line] = {}
    for change in changes:
        if not isinstance(change, SetLine) or change.line[0] in lines:
            break
        lines[change.line[0]] = change.line
    rest = tuple(changes[len(lines) :])
    return Plan(FieldBlock(list(lines.values())), frozenset(lines), _change(rest, tuple(undecided)))


def _change(changes: tuple[Change, ...], groups: tuple[_Rows, ...]) -> Change | None:
    if not changes and not groups:
        return None

    def change_all(exchange: Exchange) -> None:
        for change in changes:
            change(exchange)
        for rows in groups:
            for matches, rule in rows:
                if matches(exchange):
                    for change in rule.changes:
                        change(exchange)
                    if rule.is_last:
                        break

    return change_all
