"""Who has a host, an address, a name or the default, when several want it."""

import pytest

from bfe_py.config.dynamic import HostRule, ServerGroup, TenantGroup, VipRule
from bfe_py.config.findings import Report
from bfe_py.config.rules_file import (
    SHARED,
    Claim,
    Refusal,
    describe_refusal,
    group_claims,
    report_refused,
    resolve_claims,
    shared_claims,
)
from bfe_py.config.text import Text

HOST = Claim("host", "h.example")
OTHER = Claim("host", "o.example")


def group(tenant: str, *hosts: str) -> TenantGroup:
    return TenantGroup(tenant=tenant, hosts=list(hosts))


def groups(**hosts: str) -> dict[str, TenantGroup]:
    """Tenants with hosts, ``a="h o"``: letters stand for names."""
    return {
        tenant: group(tenant, *[f"{each}.example" for each in names.split()])
        for tenant, names in hosts.items()
    }


def refused(shared: frozenset[Claim], tenants: dict[str, TenantGroup], holders: dict[Claim, str]):
    return dict(resolve_claims(shared, tenants, holders).refused)


def test_bfe_files_claim_tenants_hosts_addresses_and_the_default() -> None:
    server = ServerGroup(
        hosts=HostRule(
            default_tenant="blog",
            hosts={"web": ["Shop.Example.", "*.shop.example"], "none": None},
            tags={"shop": ["web"], "blog": None},
        ),
        vips=VipRule(vips={"shop": ["::ffff:192.0.2.1", "nonsense"], "blog": None}),
    )

    assert shared_claims(server) == {
        Claim("tenant", "shop"),
        Claim("tenant", "blog"),
        Claim("host", "shop.example"),
        Claim("host", "*.shop.example"),
        Claim("vip", "192.0.2.1"),
        Claim("vip", "nonsense"),
        Claim("default"),
    }


def test_nothing_claims_nothing() -> None:
    assert shared_claims(None) == shared_claims(ServerGroup()) == frozenset()


def test_a_rules_file_claims_its_name_and_what_is_in_it() -> None:
    shop = TenantGroup(tenant="shop", hosts=["*"], vips=["192.0.2.1"], is_default=True)

    assert group_claims(shop) == {
        Claim("tenant", "shop"),
        Claim("host", "*"),
        Claim("vip", "192.0.2.1"),
        Claim("default"),
    }
    assert group_claims(group("blog")) == {Claim("tenant", "blog")}


def test_at_a_cold_start_bfe_files_come_first() -> None:
    claims = resolve_claims(frozenset({HOST}), groups(a="h o", b="o"), {})

    assert claims.refused == {"a": (Refusal(HOST, SHARED),)}
    assert claims.holders == {HOST: SHARED, OTHER: "b", Claim("tenant", "b"): "b"}


def test_at_a_cold_start_tenants_come_by_name() -> None:
    assert refused(frozenset(), groups(b="h", a="h"), {}) == {"b": (Refusal(HOST, "a"),)}


@pytest.mark.parametrize("shared", [frozenset(), frozenset({OTHER})])
def test_a_claim_stays_with_its_holder(shared: frozenset[Claim]) -> None:
    assert refused(shared, groups(a="h", b="h"), {HOST: "b"}) == {"a": (Refusal(HOST, "b"),)}


def test_bfe_files_are_refused_what_a_tenant_holds() -> None:
    claims = resolve_claims(frozenset({HOST, OTHER}), groups(a="h"), {HOST: "a", OTHER: SHARED})

    assert claims.refused == {SHARED: (Refusal(HOST, "a"),)}
    assert claims.holders == {HOST: "a", OTHER: SHARED, Claim("tenant", "a"): "a"}


def test_what_its_holder_gives_up_is_free() -> None:
    assert refused(frozenset(), groups(a="h", b="o"), {HOST: "b"}) == {}


def test_what_the_holder_of_a_file_that_is_gone_had_is_free() -> None:
    claims = resolve_claims(frozenset(), groups(a="h"), {HOST: "b", OTHER: SHARED})

    assert claims.refused == {}
    assert claims.holders == {HOST: "a", Claim("tenant", "a"): "a"}


def test_a_holder_that_is_refused_keeps_all_that_it_had() -> None:
    # c gives h up for o, which b holds: c goes on with its old version, and a cannot have h.
    claims = resolve_claims(frozenset(), groups(a="h", b="o", c="o"), {HOST: "c", OTHER: "b"})

    assert claims.refused == {"c": (Refusal(OTHER, "b"),), "a": (Refusal(HOST, "c"),)}
    assert claims.holders == {HOST: "c", OTHER: "b", Claim("tenant", "b"): "b"}


def test_a_tenant_cannot_have_the_name_of_one_in_bfe_files() -> None:
    name = Claim("tenant", "shop")

    assert refused(frozenset({name}), {"shop": group("shop")}, {}) == {
        "shop": (Refusal(name, SHARED),)
    }


def test_all_reasons_are_told() -> None:
    tenants = groups(a="o h", b="h o")

    assert refused(frozenset(), tenants, {}) == {"b": (Refusal(HOST, "a"), Refusal(OTHER, "a"))}


@pytest.mark.parametrize(
    ("claim", "place", "message"),
    [
        (HOST, (3, 18), "the host h.example belongs to tenant blog already"),
        (Claim("vip", "192.0.2.1"), (4, 6), "the vip 192.0.2.1 belongs to tenant blog already"),
        (Claim("vip", "192.0.2.9"), (1, 1), "the vip 192.0.2.9 belongs to tenant blog already"),
        (Claim("default"), (5, 1), "the default tenant is that of tenant blog already"),
        (Claim("tenant", "shop"), (1, 1), "there is a tenant shop in tenant blog already"),
    ],
)
def test_a_refusal_is_reported_where_the_claim_stands(
    claim: Claim, place: tuple[int, int], message: str
) -> None:
    text = '# shop, h.example\nlet a = req_host_in("h.example")\nhosts a.example, H.example.\nvips ::ffff:192.0.2.1\ndefault\n'
    report = Report()
    report_refused((Refusal(claim, "blog"),), Text("rules/shop.rules", text), report)
    [finding] = report

    assert (finding.severity, finding.code, finding.message) == ("error", "E110", message)
    assert (finding.line, finding.column) == place
    assert finding.document == "rules/shop.rules"


def test_bfe_files_are_called_by_that_name() -> None:
    assert describe_refusal(Refusal(HOST, SHARED)) == (
        "the host h.example belongs to BFE's files already"
    )
