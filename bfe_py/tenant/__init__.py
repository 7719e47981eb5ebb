"""Whose request it is: host, virtual address or default to tenant."""

from bfe_py.tenant.hosts import HostEntry, HostTable
from bfe_py.tenant.table import TenantMatch, TenantTable

__all__ = ["HostEntry", "HostTable", "TenantMatch", "TenantTable"]
