"""RuleTable: what nearly every module is made of."""

from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

from bfe_py.condition import Condition, Facts, index_conditions

A = TypeVar("A")
Matches = Callable[[Facts], bool]

GLOBAL = "global"
"""The tenant whose rules are for everybody, in the modules that know such rules."""


def always(_facts: Facts) -> bool:
    """What decides a condition that always holds: a table may leave the question out."""
    return True


def decide(condition: Condition) -> Matches:
    """What decides `condition`."""
    return always if condition.text.strip() == "default_t()" else condition.matches


class RuleTable(Generic[A]):
    """Tenant -> ordered (condition, action).

    `body_tenants` are those with a condition that reads the request body. `texts` are the
    conditions as written: of a tenant with many, `first` asks only those that may be true then.
    """

    __slots__ = ("_indexes", "_rules", "body_tenants")

    def __init__(
        self,
        rules: Mapping[str, tuple[tuple[Matches, A], ...]],
        body_tenants: frozenset[str] = frozenset(),
        texts: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self._rules = {tenant: own for tenant, own in rules.items() if own}
        self.body_tenants = body_tenants
        indexes = {tenant: index_conditions(own) for tenant, own in (texts or {}).items()}
        self._indexes = {tenant: each for tenant, each in indexes.items() if each is not None}

    def first(self, tenant: str, facts: Facts) -> A | None:
        """Action of the first rule of `tenant` that matches."""
        if self._indexes and tenant in self._indexes:
            return self._first_candidate(tenant, facts)
        for matches, action in self._rules.get(tenant, ()):
            if matches(facts):
                return action
        return None

    def _first_candidate(self, tenant: str, facts: Facts) -> A | None:
        rules = self._rules[tenant]
        for number in self._indexes[tenant].candidates(facts.host, facts.path):
            matches, action = rules[number]
            if matches(facts):
                return action
        return None

    def of(self, tenant: str) -> tuple[tuple[Matches, A], ...]:
        """All rules of `tenant`, in order."""
        return self._rules.get(tenant, ())

    def __bool__(self) -> bool:
        return bool(self._rules)

    def __len__(self) -> int:
        return sum(map(len, self._rules.values()))
