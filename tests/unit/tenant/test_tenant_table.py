"""Tenant of a request: by host, by virtual address, by default."""

import pytest

from bfe_py.tenant import HostEntry, HostTable, TenantMatch, TenantTable

VIP = 0xFFFF_C000_020A
HOSTS = HostTable(
    [("one.test", HostEntry("one", "one_tag")), ("*.two.test", HostEntry("two", "t"))]
)


@pytest.mark.parametrize(
    ("host", "vip", "match"),
    [
        ("one.test", None, TenantMatch("one", "one_tag", "host")),
        ("one.test", VIP, TenantMatch("one", "one_tag", "host")),
        ("x.two.test", None, TenantMatch("two", "t", "host")),
        ("unknown.test", VIP, TenantMatch("shop", "", "vip")),
        ("unknown.test", 1, TenantMatch("rest", "", "default")),
        ("unknown.test", None, TenantMatch("rest", "", "default")),
        ("", None, TenantMatch("rest", "", "default")),
    ],
)
def test_host_then_vip_then_default(host: str, vip: int | None, match: TenantMatch) -> None:
    assert TenantTable(HOSTS, {VIP: "shop"}, "rest").find(host, vip) == match


@pytest.mark.parametrize("vip", [None, 1])
def test_an_unknown_host_has_no_tenant(vip: int | None) -> None:
    assert TenantTable(HOSTS, {VIP: "shop"}, None).find("unknown.test", vip) is None
