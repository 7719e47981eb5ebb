"""Checks of route_rule.data against host_rule.data and cluster_conf.data."""

import re

from bfe_py.config.check_hosts import tenants_of
from bfe_py.config.dynamic import AdvancedRule, BasicRule, ClusterConf, HostRule, RouteRule
from bfe_py.config.findings import Names
from bfe_py.config.positioned import PositionedFindings
from bfe_py.pipeline import Path

ADVANCED = "ADVANCED_MODE"
"""The cluster of a basic rule that leaves the choice to the advanced rules."""

_ALWAYS = re.compile(r"\s*default_t\s*\(\s*\)\s*(?://[^\n]*\s*)?")


def check_route_rule(
    routes: RouteRule,
    hosts: HostRule | None,
    clusters: ClusterConf | None,
    findings: PositionedFindings,
) -> None:
    """What BFE refuses in route_rule.data, and rules that nothing reaches.

    `hosts` and `clusters` are None where their own documents are wrong: then nothing is said of
    tenants and clusters that are not there.
    """
    if routes.version is None:
        findings.error((), '"Version" is missing', code="E011")
    if routes.basic is None and routes.advanced is None:
        findings.error((), 'both "BasicRule" and "ProductRule" are missing', code="E011")
    checks = _References(hosts, clusters, findings)
    for tenant, basic in (routes.basic or {}).items():
        checks.check_tenant(("BasicRule", tenant), tenant)
        _check_basic(tenant, basic or [], checks, findings)
    for tenant, advanced in (routes.advanced or {}).items():
        checks.check_tenant(("ProductRule", tenant), tenant)
        _check_advanced(tenant, advanced or [], checks, findings)


class _References:
    """Tenants and clusters that there are."""

    __slots__ = ("_cluster_names", "_clusters", "_findings", "_tenant_names", "_tenants")

    def __init__(
        self, hosts: HostRule | None, clusters: ClusterConf | None, findings: PositionedFindings
    ) -> None:
        self._tenants = None if hosts is None else tenants_of(hosts)
        self._clusters = None if clusters is None else (clusters.clusters or {})
        self._tenant_names = Names(self._tenants or ())
        self._cluster_names = Names(self._clusters or ())
        self._findings = findings

    def check_tenant(self, path: Path, tenant: str) -> None:
        if self._tenants is None or self._tenants.get(tenant):
            return
        if tenant in self._tenants:
            self._findings.error(path, f'tenant "{tenant}" has no host tag', code="E111")
        else:
            hint = self._tenant_names.hint(tenant)
            expected = "a tenant of HostTags in host_rule.data"
            message = f'unknown tenant "{tenant}"'
            self._findings.error(path, message, expected=expected, code="E101", hint=hint)

    def check_cluster(self, path: Path, tenant: str, cluster: str | None) -> None:
        if cluster is None:
            self._findings.error(path, '"ClusterName" is missing', code="E011")
        elif self._clusters is not None and cluster not in self._clusters:
            message = f'unknown cluster "{cluster}" in tenant "{tenant}"'
            self._findings.error(
                (*path, "ClusterName"),
                message,
                expected="a cluster of cluster_conf.data",
                code="E102",
                hint=self._cluster_names.hint(cluster),
            )


def _check_basic(
    tenant: str,
    rules: list[BasicRule | None],
    references: _References,
    findings: PositionedFindings,
) -> None:
    taken: dict[tuple[str, str, bool], int] = {}
    for index, rule in enumerate(rules):
        path: Path = ("BasicRule", tenant, index)
        if rule is None:
            findings.error(path, "a rule is null", code="E015")
            continue
        if not rule.hostnames and not rule.paths:
            findings.error(path, 'a rule has neither "Hostname" nor "Path"', code="E112")
        _check_patterns(path, rule, findings)
        if rule.cluster != ADVANCED:
            references.check_cluster(path, tenant, rule.cluster)
        for host in rule.hostnames or ("*",):
            for pattern in rule.paths or ("*",):
                key = _normal(host, pattern)
                if key in taken:
                    message = f'host "{host}" with path "{pattern}" is already in rule {taken[key]}'
                    hint = "rules count from 0; case of hosts and a / before the * do not matter"
                    findings.error(path, message, code="E109", hint=hint)
                taken[key] = index


def _normal(host: str, pattern: str) -> tuple[str, str, bool]:
    """What BFE tells basic rules apart by."""
    if not pattern.endswith("*"):
        return host.upper(), pattern, False
    return host.upper(), pattern[:-1].rstrip("/") + "/", True


def _check_patterns(path: Path, rule: BasicRule, findings: PositionedFindings) -> None:
    for index, host in enumerate(rule.hostnames or ()):
        if not host or ("*" in host.removeprefix("*.") and host != "*"):
            findings.error(
                (*path, "Hostname", index),
                f'"{host}" is no pattern of a host',
                expected="a host, *.suffix or *",
                code="E107",
            )
    for index, pattern in enumerate(rule.paths or ()):
        place = (*path, "Path", index)
        if not pattern or "*" in pattern[:-1]:
            message = f'"{pattern}" is no pattern of a path'
            expected = "a path, or the beginning of one with * at its end"
            findings.error(place, message, expected=expected, code="E108")
        elif not pattern.startswith(("/", "*")):
            message = f'no request has a path like "{pattern}"'
            findings.warning(place, message, expected="a / in front", code="W131")


def _check_advanced(
    tenant: str,
    rules: list[AdvancedRule | None],
    references: _References,
    findings: PositionedFindings,
) -> None:
    earlier: dict[str, int] = {}
    catch_all: int | None = None
    for index, rule in enumerate(rules):
        path: Path = ("ProductRule", tenant, index)
        if rule is None:
            findings.error(path, "a rule is null", code="E015")
            continue
        references.check_cluster(path, tenant, rule.cluster)
        text = rule.condition
        if text is None:
            findings.error(path, '"Cond" is missing', expected="a condition", code="E011")
            continue
        place = (*path, "Cond")
        findings.condition(place, text)
        if catch_all is not None:
            message = f"rule {index} is never reached: rule {catch_all} matches every request"
            findings.warning(place, message, code="W126")
        elif text in earlier:
            message = f"rule {index} is never reached: rule {earlier[text]} has the same condition"
            findings.warning(place, message, code="W126")
        elif _ALWAYS.fullmatch(text):
            catch_all = index
        earlier.setdefault(text, index)
