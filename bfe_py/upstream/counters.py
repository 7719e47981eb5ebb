"""What is counted on the way to backends."""

from typing import Protocol

from bfe_py.observe import Counters, counter, gauge


class HasIdle(Protocol):
    """What counts its idle connections itself."""

    idle_total: int


class NoPool:
    """No connections yet."""

    idle_total = 0


class UpstreamCounters(Counters, prefix="bfe_upstream"):
    """All clusters together."""

    connects: int = counter("Connections tried.", bfe="http_state.HTTP_BACKEND_CONN_ALL")
    connected: int = counter("Connections made.", bfe="http_state.HTTP_BACKEND_CONN_SUCC")
    shortages: int = counter(
        "Connections not made because there are no more descriptors or memory here."
    )
    requests: int = counter("Attempts sent.", bfe="http_state.HTTP_BACKEND_REQ_ALL")
    responses: int = counter("Attempts answered.", bfe="http_state.HTTP_BACKEND_REQ_SUCC")
    reused: int = counter("Attempts on a connection that was kept.")
    cancelled: int = counter(
        "Attempts given up because the client left.",
        bfe="http_state.HTTP_CANCEL_ON_CLIENT_CLOSE",
    )
    idle_connections: int = gauge(
        "Connections kept for later attempts.", sum_of=("pool.idle_total",)
    )
    open_connections: int = gauge("Connections to backends, idle or in use.")

    pool: HasIdle = NoPool()


class BackendCounters(Counters, prefix="bfe_backend", labels=("cluster", "backend")):
    """One backend."""

    attempts: int = counter("Attempts sent to the backend.")
    failures: int = counter("Attempts that failed and count against the backend.")
    downs: int = counter("Times the backend was marked down.")
