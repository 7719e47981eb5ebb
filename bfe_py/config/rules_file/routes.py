"""Routes: the routes of a file, and the clusters that they lead to."""

from dataclasses import dataclass

from lark import Token

from bfe_py.config.findings import Names
from bfe_py.config.rules_file.remarks import Remarks, span_of
from bfe_py.config.text import Span

CATCH_ALL = "default_t()"
"""Condition of a route that has none written."""


@dataclass(frozen=True, slots=True)
class Route:
    """One route: its condition without names, and the cluster as the file calls it."""

    condition: str
    cluster: str


class Routes:
    """Routes in order; a cluster may stand behind the routes that name it."""

    def __init__(self, remarks: Remarks) -> None:
        self._remarks = remarks
        self.routes: list[Route] = []
        self._clusters: dict[str, Span] = {}
        self._targets: list[Token] = []
        self._catch_all: Span | None = None
        self._unreachable: Span | None = None

    def add_cluster(self, name: str, span: Span) -> None:
        """There is a cluster of that name."""
        first = self._clusters.setdefault(name, span)
        if first != span:
            line = self._remarks.line(first[0])
            message = f"the cluster {name} stands twice; line {line} has it too"
            self._remarks.error("E700", span, message)

    def add(self, span: Span, condition: str | None, cluster: Token) -> None:
        """There is a route; a condition that was reported is None."""
        self._targets.append(cluster)
        self.routes.append(Route(condition or "", str(cluster)))
        if self._catch_all is not None and self._unreachable is None:
            self._unreachable = span
        if condition == CATCH_ALL and self._catch_all is None:
            self._catch_all = span

    def check(self) -> None:
        """Report routes to clusters that are not there."""
        names = Names(self._clusters)
        for target in self._targets:
            if target not in self._clusters:
                message = f"there is no cluster {target} in this file"
                self._remarks.error("E102", span_of(target), message, hint=names.hint(target))

    def doubt(self) -> None:
        """Doubt routes that are never reached, clusters without a route, and no routes at all."""
        if self._catch_all is not None and self._unreachable is not None:
            line = self._remarks.line(self._catch_all[0])
            message = f"no request gets here: the route on line {line} takes them all"
            self._remarks.warning("W126", self._unreachable, message)
        used = {str(target) for target in self._targets}
        for name, span in self._clusters.items():
            if name not in used:
                self._remarks.warning("W130", span, f"no route leads to the cluster {name}")
        if not self.routes:
            self._remarks.warning("W700", (0, 0), "the tenant has no routes", "`route -> CLUSTER`")
