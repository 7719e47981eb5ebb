"""Clients: listeners, their connections, and the bodies and replies of exchanges."""

from bfe_py.downstream.cooling import Cooling
from bfe_py.downstream.counters import ClientCounters, ProxyHeaderCounters, TlsCounters
from bfe_py.downstream.endpoint import Endpoint, Serve
from bfe_py.downstream.listener import Listener, ProxyPolicy
from bfe_py.downstream.terms import Terms

__all__ = [
    "ClientCounters",
    "Cooling",
    "Endpoint",
    "Listener",
    "ProxyHeaderCounters",
    "ProxyPolicy",
    "Serve",
    "Terms",
    "TlsCounters",
]
