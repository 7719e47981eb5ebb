"""The way to backends: connections, their pool, and sending one attempt."""

from bfe_py.upstream.client import Upstream
from bfe_py.upstream.connector import Connector
from bfe_py.upstream.counters import BackendCounters, UpstreamCounters
from bfe_py.upstream.forward import Forwarder, Outcome
from bfe_py.upstream.lane import Begun
from bfe_py.upstream.pool import Pool, PoolKey
from bfe_py.upstream.probe import probe_backend
from bfe_py.upstream.request import build_request
from bfe_py.upstream.response import UpstreamResponse
from bfe_py.upstream.verdicts import ask, settled

__all__ = [
    "BackendCounters",
    "Begun",
    "Connector",
    "Forwarder",
    "Outcome",
    "Pool",
    "PoolKey",
    "Upstream",
    "UpstreamCounters",
    "UpstreamResponse",
    "ask",
    "build_request",
    "probe_backend",
    "settled",
]
