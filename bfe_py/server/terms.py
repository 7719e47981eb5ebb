"""What bfe.conf says, as the small pieces that the parts of the data plane are made with."""

import resource

from bfe_py.balance import ip_range
from bfe_py.config import Static
from bfe_py.downstream import ProxyPolicy, Terms
from bfe_py.model import IpRange
from bfe_py.protocol import Dialect, Limits
from bfe_py.proxy import Policy
from bfe_py.transport import LeastRate

_PROXY_HEADER_BYTES = 2048
_NO_LIMIT = 1 << 31

_LOCAL_NETWORKS = (
    "127.0.0.0/8",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "::1/128",
    "fc00::/7",
    "fe80::/10",
)
"""Whose PROXY headers count where nobody says so: loopback and private ranges."""


def client_terms(static: Static, *, is_compatible: bool) -> Terms:
    """What clients of the data plane are granted."""
    server, own = static.server, static.own
    return Terms(
        limits=Limits(
            target=server.target_bytes,
            header=server.header_bytes,
            fields=_NO_LIMIT if own.compat_header_count else own.header_fields,
            trailer=own.trailer_bytes,
            trailer_fields=own.trailer_fields,
            chunk_extensions=own.chunk_extension_bytes,
        ),
        dialect=Dialect(
            forwards_underscores=own.compat_header_names,
            accepts_authority_conflict=own.compat_authority,
            accepts_empty_host=own.compat_authority,
            refuses_bad_escapes=is_compatible,
        ),
        is_compatible=own.compat_status,
        hides_timeouts=is_compatible,
        follows_bfe=is_compatible,
        keeps_alive=server.is_kept_alive,
        header_seconds=server.read_timeout,
        idle_seconds=own.idle_seconds,
        least_rate=LeastRate(float(own.body_rate), float(own.body_grace_seconds)),
        exchange_seconds=float(own.exchange_seconds),
        handshake_seconds=server.handshake_timeout,
        requests=own.connection_requests or _NO_LIMIT,
        connections=_most_connections(own.worker_connections),
        all_connections=own.connections or _NO_LIMIT,
        address_connections=own.address_connections or _NO_LIMIT,
    )


def _most_connections(configured: int) -> int:
    """As configured, as far as there are descriptors; 0: `default_connections`."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return min(configured, max(soft * 8 // 10, 1)) or default_connections()


def default_connections() -> int:
    """As many as the descriptors allow: each may need another one for its backend."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(soft * 8 // 10 // 2, 1)


def backend_dialect(*, is_compatible: bool) -> Dialect:
    """What backends may write that is no good HTTP."""
    return Dialect(accepts_odd_responses=is_compatible)


def exchange_policy(static: Static, *, is_compatible: bool) -> Policy:
    """How exchanges behave where BFE and better manners part."""
    own = static.own
    return Policy(
        statuses_as_bfe=own.compat_status,
        paths_as_sent=own.compat_paths,
        is_compatible=is_compatible,
        body_limit=own.body_bytes,
        tunnel_seconds=own.tunnel_seconds,
    )


def proxy_header_policy(static: Static) -> ProxyPolicy | None:
    """Whose PROXY headers count; None: there are none on these listeners."""
    server, own = static.server, static.own
    if server.load_balancer != "PROXY":
        return None
    trusted: tuple[IpRange, ...] | None = tuple(
        [ip_range(network) for network in own.proxy_trusted or _LOCAL_NETWORKS]
    )
    if own.compat_proxy_trust and not own.proxy_trusted:
        trusted = None
    return ProxyPolicy(
        trusted,
        limit=server.proxy_header_bytes or _PROXY_HEADER_BYTES,
        seconds=server.read_timeout,
    )
