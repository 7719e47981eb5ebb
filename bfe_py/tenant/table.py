"""Host, virtual address or default to tenant."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from bfe_py.tenant.hosts import HostEntry, HostTable

How = Literal["host", "vip", "default"]


@dataclass(frozen=True, slots=True)
class TenantMatch:
    """Whose request it is. `tag` is empty unless the host decided."""

    tenant: str
    tag: str
    how: How


class TenantTable:
    """Finds the tenant of a request by host, then by the address the client connected to.

    Args:
        hosts: who owns which host.
        vips: 128-bit address (IPv4 mapped) -> tenant.
        default: tenant of whatever neither of them knows; None: nobody's.
    """

    __slots__ = ("_default", "_hosts", "_vips")

    def __init__(
        self, hosts: HostTable[HostEntry], vips: Mapping[int, str], default: str | None
    ) -> None:
        # Every possible answer is made here: a request only looks one up.
        self._hosts = hosts.convert(_by_host)
        self._vips = {vip: TenantMatch(tenant, "", "vip") for vip, tenant in vips.items()}
        self._default = None if default is None else TenantMatch(default, "", "default")

    def find(self, host: str, vip: int | None) -> TenantMatch | None:
        """Tenant of a request, or None.

        Args:
            host: cut at its first colon.
            vip: destination of the PROXY header, if one came.
        """
        match = self._hosts.find(host)
        if match is not None:
            return match
        if vip is not None:
            match = self._vips.get(vip)
            if match is not None:
                return match
        return self._default


def _by_host(entry: HostEntry) -> TenantMatch:
    return TenantMatch(entry.tenant, entry.tag, "host")
