"""Where backends of tenants may be: what bfe.conf says of it, and what this machine is."""

import socket

from bfe_py.balance import Reach, ip_range
from bfe_py.model import Address, parse_address
from bfe_py.server.options import Site

# Nobody has these addresses (RFC 5737, RFC 3849): where they can be bound, any address can.
_NOBODYS = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}


def management_host(site: Site) -> str:
    """Where the management listener is: on loopback unless it is said, for BFE everywhere."""
    return site.static.server.monitor_address or ("" if site.is_compatible else "127.0.0.1")


def tenant_reach(site: Site) -> Reach:
    """Where the backends in `.rules` documents may be: never where we listen ourselves.

    A listener with a name counts as one at every address of this machine.
    """
    own: set[Address] = set()
    own_ports: set[int] = set()
    for host, port in _listeners(site):
        address = parse_address(host.strip("[]"), port)
        if address is None or _is_everywhere(address):
            own_ports.add(port)
        else:
            own.add(address)
    allowed = tuple([ip_range(network) for network in site.static.own.tenant_backends])
    return Reach(allowed, frozenset(own), frozenset(own_ports), is_here)


def _is_everywhere(address: Address) -> bool:
    return address.text in ("0.0.0.0", "::")


def _listeners(site: Site) -> list[tuple[str, int]]:
    """Host and port of every listener that is not a path."""
    server = site.static.server
    listeners = [(server.http_address, server.http_port)]
    if not site.static.own.is_tls_disabled:
        listeners.append((server.https_address, server.https_port))
    if server.is_monitored:
        listeners.append((management_host(site), server.monitor_port))
    listeners += site.listens_also
    return [(host, port) for host, port in listeners if not host.startswith("/")]


def is_here(address: Address) -> bool:
    """Whether an address is one of this machine's."""
    family = socket.AF_INET if address.is_ipv4 else socket.AF_INET6
    if not _can_bind(family, address.text):
        return False
    # With net.ipv4.ip_nonlocal_bind any address can be bound; what is ours is its own source.
    return not _can_bind(family, _NOBODYS[family]) or _is_source(family, address.text)


def _can_bind(family: socket.AddressFamily, host: str) -> bool:
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((host, 0))
    except OSError:
        return False
    return True


def _is_source(family: socket.AddressFamily, host: str) -> bool:
    """Whether packets to an address would leave from it; none is sent."""
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((host, 9))
            return str(probe.getsockname()[0]) == host
    except OSError:
        return False
