"""Checks over all groups: what loads, but cannot work together."""

from collections.abc import Collection, Iterable

from bfe_py.config.check_routes import ADVANCED
from bfe_py.config.conditions import ConditionCache
from bfe_py.config.dynamic import BalanceGroup, ModuleGroup, ServerGroup, Tree
from bfe_py.config.findings import Names, Report
from bfe_py.config.groups import Decoded
from bfe_py.config.places import DocumentPlaces, Places
from bfe_py.config.positioned import PositionedFindings
from bfe_py.pipeline import GLOBAL

Key = tuple[str, ...]


def check_tree(tree: Tree, report: Report, decoded: Iterable[Decoded] = ()) -> None:
    """Report what the groups of `tree` say of each other: warnings, as BFE lets all of it pass.

    `decoded` are the groups that the tree was made of; without them findings belong to documents
    under their usual names, and to no line.
    """
    checks = _Checks(tree, report, decoded)
    if tree.server is not None and tree.balance is not None:
        checks.check_clusters(tree.server, tree.balance)
    checks.check_modules()


class _Checks:
    __slots__ = ("_findings", "_report", "_tree")

    def __init__(self, tree: Tree, report: Report, decoded: Iterable[Decoded]) -> None:
        self._tree = tree
        self._report = report
        self._findings: dict[Key, PositionedFindings] = {}
        for each in decoded:
            for key, path in _documents(each):
                places = each.places.get(path) or DocumentPlaces(path)
                self._findings[key] = _take(places, report)

    def check_clusters(self, server: ServerGroup, balance: BalanceGroup) -> None:
        weighted = balance.gslb.clusters or {}
        findings = self._about("route_rule.data")
        names = Names(weighted)
        told: set[str] = set()
        for path, cluster in _routed(server):
            if cluster not in weighted and cluster not in told:
                told.add(cluster)
                message = f'cluster "{cluster}" has routes but no weights: requests for it fail'
                expected = "the cluster in gslb.data"
                hint = names.hint(cluster)
                findings.warning(path, message, expected=expected, code="W127", hint=hint)
        settings = server.clusters.clusters or {}
        findings = self._about("gslb.data")
        names = Names(settings)
        for cluster in weighted:
            if cluster not in settings:
                path = ("Clusters", cluster)
                message = f'cluster "{cluster}" has weights but no settings: no rule can name it'
                findings.warning(path, message, code="W128", hint=names.hint(cluster))

    def check_modules(self) -> None:
        tenants = self._known_tenants()
        names = Names(tenants)
        for module, documents in self._tree.modules.items():
            for name, document in documents.items():
                findings = self._about(module, name)
                for tenant in document.tenants:
                    if tenant not in tenants and tenant != GLOBAL:
                        message = f'{module} has rules for "{tenant}", to which no host belongs'
                        hint = names.hint(tenant)
                        findings.warning(("Config", tenant), message, code="W301", hint=hint)

    def _known_tenants(self) -> Collection[str]:
        server = self._tree.server
        shared = {} if server is None else (server.hosts.tags or {})
        return {*shared, *self._tree.tenants}

    def _about(self, *key: str) -> PositionedFindings:
        found = self._findings.get(key)
        return found or _take(DocumentPlaces("/".join(key)), self._report)


def _documents(decoded: Decoded) -> list[tuple[Key, str]]:
    """The documents that findings over all groups belong to, with their paths."""
    paths = decoded.group.paths
    match decoded.value:
        case ServerGroup():
            return [(("route_rule.data",), paths[2])]
        case BalanceGroup():
            return [(("gslb.data",), paths[0])]
        case ModuleGroup(module=module, documents=documents):
            return [((module, name), path) for name, path in zip(documents, paths, strict=True)]
        case _:
            return []


def _take(places: Places, report: Report) -> PositionedFindings:
    return PositionedFindings(places, report, ConditionCache(), lambda _: None)


def _routed(server: ServerGroup) -> list[tuple[tuple[str | int, ...], str]]:
    """Every cluster that a rule names, with the rule's place."""
    found: list[tuple[tuple[str | int, ...], str]] = []
    for key, tables in (
        ("BasicRule", server.routes.basic or {}),
        ("ProductRule", server.routes.advanced or {}),
    ):
        for tenant, rules in tables.items():
            for index, rule in enumerate(rules or ()):
                cluster = None if rule is None else rule.cluster
                if cluster is not None and (key, cluster) != ("BasicRule", ADVANCED):
                    found.append(((key, tenant, index, "ClusterName"), cluster))
    return found
