"""Which cluster a tenant's request goes to: rules of host and path, then conditions in order."""

from bfe_py.route.paths import ADVANCED_MODE, DuplicateRoute, PathRule, PathTable, Step
from bfe_py.route.table import NO_RULE_MATCH, NO_RULES, Explanation, Route, RouteTable, Rule

__all__ = [
    "ADVANCED_MODE",
    "NO_RULES",
    "NO_RULE_MATCH",
    "DuplicateRoute",
    "Explanation",
    "PathRule",
    "PathTable",
    "Route",
    "RouteTable",
    "Rule",
    "Step",
]
