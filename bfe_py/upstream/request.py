"""The request that goes to a backend, made of the exchange."""

from bfe_py.balance import Cluster
from bfe_py.model import Exchange, RequestHead
from bfe_py.protocol import ONE_HOP, one_hop_names

NOT_FORWARDED = ONE_HOP | {b"content-length", b"expect", b"host"}
"""Names of the fields that no backend gets as they came."""

TE = frozenset({b"te"})
"""The one of them that may go on, in part."""

_NO_OPTIONS: frozenset[bytes] = frozenset()
_UPGRADE = frozenset({b"upgrade"})


def build_request(exchange: Exchange, cluster: Cluster, host: str, port: int) -> RequestHead:
    """Head for the backend at `host` and `port`: fields of the client without those of its hop.

    Its authority is the Host that the client sent, or the backend's own where the cluster says so
    or the client sent none. Expect is answered here and never relayed. A TE that is passed on is
    nominated by Connection (RFC 9110 section 10.1.4), which BFE leaves out. So is an Upgrade that
    `settle_upgrade` has left.
    """
    request = exchange.request
    authority = exchange.host_field
    if cluster.replaces_host or not authority:
        authority = f"{host}:{port}".encode()
    left_out, options = NOT_FORWARDED, _NO_OPTIONS
    if b"te" in request.headers:
        te = request.headers.get_all(b"te")
        left_out = one_hop_names(_NO_OPTIONS, te, NOT_FORWARDED)
        if b"te" not in left_out and not exchange.compatible:
            options = TE
    if request.options and b"upgrade" in request.options and b"upgrade" in request.headers:
        left_out -= _UPGRADE
        options |= _UPGRADE
    return RequestHead(
        request.method,
        exchange.upstream_target,
        request.headers,
        b"1.1",
        request.body_length,
        authority,
        False,
        options,
        0.0,
        left_out,
    )
