"""Checks of host_rule.data and vip_rule.data."""

from collections.abc import Iterator

from bfe_py.config.dynamic import HostRule, VipRule
from bfe_py.config.findings import Names
from bfe_py.config.positioned import PositionedFindings
from bfe_py.model import parse_address
from bfe_py.pipeline import Path


def tenants_of(hosts: HostRule) -> dict[str, list[str]]:
    """Tenant -> its tags."""
    return {tenant: tags or [] for tenant, tags in (hosts.tags or {}).items()}


def check_host_rule(hosts: HostRule, findings: PositionedFindings) -> None:
    """What BFE refuses in host_rule.data, and what it lets chance decide."""
    for key, value in (
        ("Version", hosts.version),
        ("Hosts", hosts.hosts),
        ("HostTags", hosts.tags),
    ):
        if value is None:
            findings.error((), f'"{key}" is missing', code="E011")
    _check_tags(hosts, findings)
    _check_names(hosts, findings)
    _check_default(hosts, findings)


def _check_tags(hosts: HostRule, findings: PositionedFindings) -> None:
    holders: dict[str, str] = {}
    for tenant, tags in (hosts.tags or {}).items():
        if tags is None:
            findings.error(("HostTags", tenant), f'"{tenant}" has null for tags', code="E015")
        for index, tag in enumerate(tags or ()):
            holder = holders.setdefault(tag, tenant)
            if holder != tenant:
                path = ("HostTags", tenant, index)
                findings.warning(path, f'tag "{tag}" is also listed under "{holder}"', code="W122")
    names = Names(holders)
    for tag in hosts.hosts or ():
        if tag not in holders and hosts.tags is not None:
            message = f'tag "{tag}" belongs to no tenant'
            expected = "the tag in a list of HostTags"
            findings.error(
                ("Hosts", tag), message, expected=expected, code="E104", hint=names.hint(tag)
            )


def _check_names(hosts: HostRule, findings: PositionedFindings) -> None:
    seen: dict[str, str] = {}
    folded: dict[str, str] = {}
    for path, host in _all_hosts(hosts, findings):
        tag = str(path[1])
        if host in seen:
            message = f'host "{host}" is already listed under tag "{seen[host]}"'
            findings.error(path, message, code="E103")
            continue
        seen[host] = tag
        other = folded.setdefault(host.lower(), host)
        if other != host:
            message = f'hosts "{host}" and "{other}" differ in case only'
            findings.warning(path, message, code="W120")
        doubt = _doubt(host)
        if doubt:
            findings.warning(path, f'host "{host}" {doubt}', code="W121")


def _all_hosts(
    hosts: HostRule, findings: PositionedFindings
) -> Iterator[tuple[tuple[str, str, int], str]]:
    for tag, names in (hosts.hosts or {}).items():
        if names is None:
            findings.error(("Hosts", tag), f'tag "{tag}" has null for hosts', code="E015")
        for index, host in enumerate(names or ()):
            yield ("Hosts", tag, index), host


def _doubt(host: str) -> str:
    """Why no request is for `host` as it is written."""
    rest = host[2:] if host.startswith("*.") else host
    if "*" in rest and host != "*":
        return "has a * elsewhere than in front: it does not stand for anything there"
    if not host:
        return "is empty"
    if any(char in host for char in "/: "):
        return "is more than a host name"
    return ""


def _check_default(hosts: HostRule, findings: PositionedFindings) -> None:
    default = hosts.default_tenant
    if default is None or hosts.tags is None:
        return
    path: Path = ("DefaultProduct",)
    if default not in hosts.tags:
        hint = Names(hosts.tags).hint(default)
        findings.error(path, f'unknown tenant "{default}"', code="E105", hint=hint)
    elif not hosts.tags[default]:
        message = f'tenant "{default}" has no host tag and cannot have routes'
        findings.warning(path, message, code="W124")


def check_vip_rule(vips: VipRule, hosts: HostRule | None, findings: PositionedFindings) -> None:
    """What BFE refuses in vip_rule.data, and what it lets chance decide."""
    if not vips.version:
        findings.error(("Version",), '"Version" is missing or empty', code="E011")
    tenants = None if hosts is None else tenants_of(hosts)
    names = Names(tenants or ())
    holders: dict[int, str] = {}
    for tenant, addresses in (vips.vips or {}).items():
        if tenants is not None and tenant not in tenants:
            path: Path = ("Vips", tenant)
            message = f'unknown tenant "{tenant}"'
            findings.warning(path, message, code="W125", hint=names.hint(tenant))
        for index, text in enumerate(addresses or ()):
            path = ("Vips", tenant, index)
            address = parse_address(text)
            if address is None:
                message = f'"{text}" is no IP address'
                findings.error(path, message, expected="an IP address", code="E106")
                continue
            holder = holders.setdefault(address.value, tenant)
            if holder != tenant:
                message = f'address {text} is also listed under "{holder}"'
                findings.warning(path, message, code="W123")
