"""The tables of variables by name."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TypeVar

from bfe_py.model.exchange import Exchange
from bfe_py.model.session import Session
from bfe_py.observe.variables.exchange import VALUES
from bfe_py.observe.variables.inline import REQUEST_INLINE, SESSION_INLINE
from bfe_py.observe.variables.row import MakeInline, RuleVariable, Variable
from bfe_py.observe.variables.rule import RULE
from bfe_py.observe.variables.session import SESSION
from bfe_py.observe.variables.times import TIMES

S = TypeVar("S")


def _table(
    variables: Iterable[Variable[S]], inline: Mapping[str, MakeInline]
) -> Mapping[str, Variable[S]]:
    return MappingProxyType(
        {one.name: replace(one, inline=inline.get(one.name)) for one in variables}
    )


REQUEST_VARIABLES: Mapping[str, Variable[Exchange]] = _table((*VALUES, *TIMES), REQUEST_INLINE)
"""``$name`` of the line that an exchange leaves."""

SESSION_VARIABLES: Mapping[str, Variable[Session]] = _table(SESSION, SESSION_INLINE)
"""``$name`` of the line that a connection leaves."""

RULE_VARIABLES: Mapping[str, RuleVariable] = MappingProxyType(
    {variable.name: variable for variable in RULE}
)
"""``%name`` of header rules."""
