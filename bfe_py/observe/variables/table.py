"""The tables of variables by name."""

from collections.abc import Mapping
from types import MappingProxyType

from bfe_py.model.exchange import Exchange
from bfe_py.model.session import Session
from bfe_py.observe.variables.exchange import VALUES
from bfe_py.observe.variables.row import RuleVariable, Variable
from bfe_py.observe.variables.rule import RULE
from bfe_py.observe.variables.session import SESSION
from bfe_py.observe.variables.times import TIMES

REQUEST_VARIABLES: Mapping[str, Variable[Exchange]] = MappingProxyType(
    {variable.name: variable for variable in (*VALUES, *TIMES)}
)
"""``$name`` of the line that an exchange leaves."""

SESSION_VARIABLES: Mapping[str, Variable[Session]] = MappingProxyType(
    {variable.name: variable for variable in SESSION}
)
"""``$name`` of the line that a connection leaves."""

RULE_VARIABLES: Mapping[str, RuleVariable] = MappingProxyType(
    {variable.name: variable for variable in RULE}
)
"""``%name`` of header rules."""
