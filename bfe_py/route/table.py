"""All routes of one tenant: basic rules first, then conditions in order.

Conditions are looked at in their order, but not all of them: an index leaves out those that cannot
be true of a request's host and path, so a tenant may have very many.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Literal

from bfe_py.condition import Facts, Index, index_conditions, index_steps
from bfe_py.route.paths import ADVANCED_MODE, PathTable, Step

ALWAYS = "default_t()"
"""A condition that nobody needs to be asked about."""

NO_RULES = "no route rule"
"""Reason of a miss: the tenant has no conditions at all."""

NO_RULE_MATCH = "no rule match"
"""Reason of a miss: no condition was true."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One advanced rule: requests for which `matches` is true go to `cluster`.

    `condition_text` is the condition as written, of which `matches` was made; `reads_body`: it
    looks at the request body.
    """

    condition_text: str
    matches: Callable[[Facts], bool]
    cluster: str
    reads_body: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """Where a request goes, and what decided; `index`: number of the advanced rule, from 0."""

    cluster: str
    source: Literal["basic", "advanced"]
    index: int | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Every step to a route; where there is no route, `reason` says why."""

    steps: tuple[Step, ...]
    route: Route | None
    reason: str


class RouteTable:
    """Basic and advanced rules of one tenant.

    `rules` None and empty are not the same: only where the tenant is absent from the advanced rules
    is the `reason` of a miss `NO_RULES`. `reads_body`: some condition looks at the request body, or
    may, as long as a deferred table was not made.
    """

    __slots__ = (
        "_basic",
        "_basic_routes",
        "_certain",
        "_index",
        "_make",
        "_routes",
        "_steps",
        "reads_body",
        "reason",
        "rules",
    )

    _make: "Callable[[], tuple[Rule, ...]]"
    reads_body: bool

    def __init__(self, basic: PathTable | None, rules: tuple[Rule, ...] | None) -> None:
        self._fill(basic, rules, index_conditions([rule.condition_text for rule in rules or ()]))

    @classmethod
    def steps(
        cls, basic: PathTable | None, rules: tuple[Rule, ...] | None
    ) -> "Generator[None, None, RouteTable]":
        """The same table, made a little on each `next`; it comes with `StopIteration`."""
        index = yield from index_steps([rule.condition_text for rule in rules or ()])
        table = cls.__new__(cls)
        table._fill(basic, rules, index)
        return table

    def _fill(
        self, basic: PathTable | None, rules: tuple[Rule, ...] | None, index: Index | None
    ) -> None:
        self._basic = basic or None
        self._basic_routes: dict[str, Route] = {}
        self._routes: dict[int, Route] = {}
        self.rules = rules or ()
        is_certain = bool(self.rules) and self.rules[0].condition_text.strip() == ALWAYS
        self._certain = Route(self.rules[0].cluster, "advanced", 0) if is_certain else None
        self.reason = NO_RULES if rules is None else NO_RULE_MATCH
        self.reads_body = any(rule.reads_body for rule in self.rules)
        self._index = index
        asked = self.rules if self._index is None else ()
        self._steps = tuple(
            [(rule.matches, self._route(number)) for number, rule in enumerate(asked)]
        )

    @staticmethod
    def defer(make: "Callable[[], tuple[Rule, ...]]", *, reads_body: bool) -> "RouteTable":
        """A table of advanced rules that `make` makes when somebody first asks for anything."""
        table = _Deferred.__new__(_Deferred)
        table._make = make
        table.reads_body = reads_body
        return table

    def find(self, host: str, path: str, facts: Facts) -> Route | None:
        """Route of a request, or None for the `reason` of this table.

        Args:
            host: cut at its first colon.
            path: percent-decoded.
            facts: what the conditions read.
        """
        if self._basic is not None:
            cluster = self._basic.find(host, path)
            if cluster is not None and cluster != ADVANCED_MODE:
                return self._basic_route(cluster)
        if self._certain is not None:
            return self._certain
        if self._index is None:
            for matches, route in self._steps:
                if matches(facts):
                    return route
            return None
        rules = self.rules
        for number in self._index.candidates(facts.host, facts.path):
            if rules[number].matches(facts):
                return self._route(number)
        return None

    def _route(self, number: int) -> Route:
        # One object for each rule, made when first asked for: most of very many wait long for it.
        route = self._routes.get(number)
        if route is None:
            route = Route(self.rules[number].cluster, "advanced", number)
            self._routes[number] = route
        return route

    def _basic_route(self, cluster: str) -> Route:
        # One object for each cluster, made when first asked for.
        route = self._basic_routes.get(cluster)
        if route is None:
            route = self._basic_routes[cluster] = Route(cluster, "basic")
        return route

    def explain(self, host: str, path: str, facts: Facts) -> Explanation:
        """The answer of `find` with every host, path and condition that was looked at."""
        steps: list[Step] = []
        if self._basic is not None:
            steps += self._basic.explain(host, path)
            last = steps[-1]
            if last.is_match and last.cluster != ADVANCED_MODE:
                return Explanation(tuple(steps), self._basic_route(last.cluster), "")
        for number, rule in enumerate(self.rules):
            is_match = rule.matches(facts)
            steps.append(Step(rule.condition_text, is_match, rule.cluster if is_match else ""))
            if is_match:
                return Explanation(tuple(steps), self._route(number), "")
        return Explanation(tuple(steps), None, self.reason)


class _Deferred(RouteTable):
    """A table without its rules: what looks for anything of it finds it missing, and makes it.

    From then on it is an ordinary table, so that the way of a request has nothing to ask.
    """

    __slots__ = ()

    def __getattr__(self, name: str) -> object:
        rules = self._make()
        self.__class__ = RouteTable  # type: ignore[assignment]  # the same slots
        RouteTable.__init__(self, None, rules)
        del self._make
        return getattr(self, name)
