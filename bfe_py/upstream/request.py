"""The request that goes to a backend, made of the exchange."""

from bfe_py.balance import Cluster
from bfe_py.model import Exchange, Headers, RequestHead
from bfe_py.protocol import strip_hop_by_hop

_NOT_FORWARDED = frozenset({b"host", b"expect"})


def build_request(exchange: Exchange, cluster: Cluster, host: str, port: int) -> RequestHead:
    """Head for the backend at `host` and `port`: fields of the client without those of its hop.

    Host comes first, as the client sent it, or the backend's own where the cluster says so or the
    client sent none. Expect is answered here and never relayed.
    """
    request = exchange.request
    headers = request.headers.copy()
    strip_hop_by_hop(headers)
    field = exchange.host_field
    if cluster.replaces_host or not field:
        field = f"{host}:{port}".encode()
    lines = [line for line in headers.lines() if line[0] not in _NOT_FORWARDED]
    lines.insert(0, (b"host", b"Host", field))
    return RequestHead(
        request.method,
        exchange.upstream_target,
        Headers.from_lines(lines),
        body_length=request.body_length,
    )
