"""Probing a backend that is down, to learn that it is back (spec: forwarding 4.7)."""

import asyncio
import ssl

from bfe_py.balance import Cluster, Probe, Reach
from bfe_py.tls import upstream_tls
from bfe_py.upstream.client_way import anonymous_header
from bfe_py.upstream.connector import find_refusal

_DEFAULT_SECONDS = 30.0
_HEAD_LIMIT = 65536


async def probe_backend(cluster: Cluster, host: str, port: int, reach: Reach | None = None) -> bool:
    """Whether the backend at `host` and `port` passes the probe of its cluster; never raises.

    `reach` says where the backends of clusters that are confined may be.
    """
    probe = cluster.probe
    try:
        async with asyncio.timeout(probe.timeout or _DEFAULT_SECONDS):
            allowed = reach if cluster.is_confined else None
            return await _probe(cluster, probe, host, port, allowed)
    except (OSError, TimeoutError, ValueError, IndexError):
        return False
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return False


async def _probe(cluster: Cluster, probe: Probe, host: str, port: int, reach: Reach | None) -> bool:
    name, _, wanted_port = probe.host.partition(":")
    if wanted_port.isdigit():
        port = int(wanted_port)
    if probe.uses_backend_host:
        name = host
    context = None
    if probe.scheme in ("https", "tls"):
        tls = cluster.tls
        context = upstream_tls(
            verifies=tls.verifies if tls else True,
            authorities=tls.authorities if tls else (),
            certificate=tls.certificate if tls else b"",
            key=tls.key if tls else b"",
        )
        name = name or (tls.server_name if tls else "")
    reader, writer = await _open(cluster, host.strip("[]"), port, context, name or host, reach)
    try:
        if probe.scheme in ("tcp", "tls"):
            return True
        field = probe.host or f"{host}:{port}"
        writer.write(
            f"GET {probe.path} HTTP/1.1\r\nHost: {field}\r\nUser-Agent: bfe-py-probe\r\n"
            "Accept: */*\r\nConnection: close\r\n\r\n".encode()
        )
        head = await reader.readuntil(b"\n")
        return is_expected(probe, int(head.split(b" ", 2)[1][:3]))
    finally:
        writer.close()  # how that ends, over TLS after a while, says nothing about health


async def _open(
    cluster: Cluster,
    host: str,
    port: int,
    context: ssl.SSLContext | None,
    name: str,
    reach: Reach | None,
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection; it begins with the PROXY header of nobody where the cluster wants one.

    Raises:
        OSError: there is none, or `reach` refuses where it leads.
    """
    preamble = anonymous_header(cluster.proxy_version)
    early = None if preamble else context
    reader, writer = await asyncio.open_connection(
        host, port, limit=_HEAD_LIMIT, ssl=early, server_hostname=name if early else None
    )
    try:
        if reach is not None and find_refusal(reach, writer.transport) is not None:
            raise ConnectionRefusedError
        if preamble:
            writer.write(preamble)
            if context is not None:
                await writer.start_tls(context, server_hostname=name)
    except BaseException:
        writer.transport.abort()
        raise
    return reader, writer


def is_expected(probe: Probe, status: int) -> bool:
    """Whether `status` means health: an exact code, a class mask (1 to 31), or a range text."""
    if probe.status_range:
        return any(_fits(pattern, status) for pattern in probe.status_range.split("|"))
    if probe.status == 0:
        return True
    if probe.status < 32:
        return bool(probe.status >> (status // 100 - 1) & 1)
    return status == probe.status


def _fits(pattern: str, status: int) -> bool:
    return all(
        want in "xX" or want == digit
        for want, digit in zip(pattern.strip(), str(status), strict=False)
    )
