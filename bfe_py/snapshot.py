"""Snapshot: all dynamic configuration as one frozen value; and the reference that is swapped."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bfe_py.balance import Balancer, Cluster
from bfe_py.pipeline import Chain, Phase
from bfe_py.route import RouteTable
from bfe_py.tenant import TenantTable
from bfe_py.tls import Certificates


@dataclass(frozen=True, slots=True)
class Versions:
    """Version texts of the files, as BFE's /monitor pages show them."""

    host_rule: str = ""
    vip_rule: str = ""
    route_rule: str = ""
    cluster_conf: str = ""
    cluster_table: str = ""
    gslb_timestamp: str = ""
    gslb_source: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that a request needs of the dynamic configuration.

    `body_phases` names, for tenants with rules that read the body, the first phase that does;
    `any_body_phase` is that of rules for every tenant. Both are empty or None almost always.
    """

    version: str
    tenants: TenantTable
    routes: Mapping[str, RouteTable]
    clusters: Mapping[str, Cluster]
    balancers: Mapping[str, Balancer]
    chain: Chain
    certificates: Certificates
    versions: Versions = field(default_factory=Versions)
    body_phases: Mapping[str, Phase] = field(default_factory=dict)
    any_body_phase: Phase | None = None
    token: object = field(default_factory=object)
    """This snapshot and no other; may be kept by what must not keep all of it."""


class SnapshotStore:
    """Holds the snapshot for new exchanges; an exchange pins it by keeping its own reference."""

    __slots__ = ("current",)

    def __init__(self, first: Snapshot) -> None:
        self.current = first

    def swap(self, new: Snapshot) -> Snapshot:
        """Make `new` the current one; answers the one before."""
        old, self.current = self.current, new
        return old
