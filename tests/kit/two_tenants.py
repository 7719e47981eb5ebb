"""A plane whose snapshot knows more than one tenant, and what each exchange was taken for."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from bfe_py.model import Exchange
from bfe_py.pipeline import Phase
from bfe_py.tenant import HostEntry, HostTable, TenantTable
from tests.kit.plane import Plane


@dataclass
class Notes:
    """Tenant and target of every exchange, as the rules see them."""

    tenants: list[str] = field(default_factory=list)
    targets: list[bytes] = field(default_factory=list)

    def take(self, exchange: Exchange) -> None:
        self.tenants.append(exchange.tenant)
        self.targets.append(exchange.upstream_target)

    @property
    def handlers(self):
        """For the plane that is to be watched."""
        return {Phase.TENANT: (self.take,)}


def serve_hosts(plane: Plane, hosts: Iterable[tuple[str, str]]) -> None:
    """From now on `plane` serves (host, tenant) pairs, each tenant as it served `shop`."""
    current = plane.store.current
    entries = [(host, HostEntry(tenant, "tag")) for host, tenant in hosts]
    plane.store.swap(
        replace(
            current,
            tenants=TenantTable(HostTable(entries), {}, None),
            routes={entry.tenant: current.routes["shop"] for _, entry in entries},
        )
    )
