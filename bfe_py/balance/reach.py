"""Reach: where the backends of tenants may be.

Whoever names a backend has this proxy send requests there, from where the proxy stands: behind the
firewall, on the machine itself, beside its management listener. So what a tenant names is looked
at, as an address in the configuration and again as the address that a connection leads to, because
a name may lead anywhere by then. Clusters of BFE's files are the operator's own and go anywhere.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import ip_network

from bfe_py.model import Address, IpRange, parse_address


def ip_range(network: str) -> IpRange:
    """Addresses of a network, or one address.

    Raises:
        ValueError: it is neither.
    """
    parsed = ip_network(network, strict=False)
    first, last = parse_address(str(parsed[0])), parse_address(str(parsed[-1]))
    assert first is not None
    assert last is not None
    return IpRange(first.value, last.value)


def _ranges(*networks: str) -> tuple[IpRange, ...]:
    return tuple([ip_range(network) for network in networks])


_LOOPBACK = _ranges("127.0.0.0/8", "::1")
_NO_MACHINE = _ranges("0.0.0.0/8", "::", "224.0.0.0/4", "255.255.255.255", "ff00::/8")
"""Stand for this machine as a whole, or for many machines."""
_LINK_LOCAL = _ranges("169.254.0.0/16", "fe80::/10")
_METADATA = _ranges("fd00:ec2::254", "100.100.100.200", "168.63.129.16")
"""Where clouds tell a machine its credentials, besides 169.254.169.254."""
_NAT64 = ip_range("64:ff9b::/96")
"""Lead to the IPv4 address in their last four bytes (RFC 6052 section 2.1)."""

_LOCAL_ADDRESSES = ("127.0.0.1", "::1")
_LOCAL_NAMES = frozenset(
    {
        "localhost",
        "localhost.localdomain",
        "localhost4",
        "localhost4.localdomain4",
        "localhost6",
        "localhost6.localdomain6",
        "ip6-localhost",
        "ip6-loopback",
    }
)

_OWN = "this proxy listens there itself"
_NOT_ONE = "no single machine has this address"
_NOT_LINK_LOCAL = "link-local addresses are closed unless TenantBackends of bfe.conf names them"
_NOT_METADATA = "clouds tell machines their credentials there, unless TenantBackends names it"
_NOT_ALLOWED = "TenantBackends of bfe.conf leaves it out"


def _nowhere(_address: Address) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Reach:
    """Where the backends of tenants may be.

    `allowed` are the ranges that they may lie in, none: any. Link-local addresses and those of the
    clouds' metadata are closed even so, unless a range holds nothing else. `own` are the addresses
    and ports that we listen on, `own_ports` those of listeners at every address of this machine,
    and `is_here` says whether an address (loopback aside) is one of them.
    """

    allowed: tuple[IpRange, ...] = ()
    own: frozenset[Address] = frozenset()
    own_ports: frozenset[int] = frozenset()
    is_here: Callable[[Address], bool] = _nowhere

    def find_refusal(self, host: str, port: int) -> str | None:
        """Why no backend of a tenant may be at `host` and `port`, in a few words; None if it may.

        `host` is an address, in brackets or with a zone if need be, or a name. A name is let pass
        that only a look-up can tell; ask again with the address that it led to.
        """
        plain = host.strip("[]").partition("%")[0].lower().removesuffix(".")
        local = plain in _LOCAL_NAMES or plain.endswith(".localhost")
        texts = _LOCAL_ADDRESSES if local else (plain,)
        found = [parse_address(text, port) for text in texts]
        addresses = [address for address in found if address is not None]
        if any(self._is_own(_translated(address)) for address in addresses):
            return _OWN
        reasons = [self._find_closed(address) for address in addresses]
        return None if None in reasons or not reasons else reasons[0]

    def _is_own(self, address: Address) -> bool:
        if address in self.own:
            return True
        if address.port not in self.own_ports:
            return False
        return _lies_in(address, _LOOPBACK) or self.is_here(address)

    def _find_closed(self, address: Address) -> str | None:
        target = _translated(address)
        if _lies_in(target, _NO_MACHINE):
            return _NOT_ONE
        for closed, reason in ((_LINK_LOCAL, _NOT_LINK_LOCAL), (_METADATA, _NOT_METADATA)):
            if _lies_in(target, closed):
                return None if self._is_opened(target, closed) else reason
        if self.allowed and not _lies_in(address, self.allowed):
            return _NOT_ALLOWED
        return None

    def _is_opened(self, address: Address, closed: tuple[IpRange, ...]) -> bool:
        """Whether a range that holds nothing but what is `closed` holds `address`."""
        return any(
            wide.first <= one.first and one.last <= wide.last and address in one
            for one in self.allowed
            for wide in closed
        )


def _lies_in(address: Address, ranges: Iterable[IpRange]) -> bool:
    """Whether one of `ranges` has `address`; one of IPv6 has none of IPv4, mapped or not."""
    return any(address in one and address.is_ipv4 == (one.first >> 32 == 0xFFFF) for one in ranges)


def _translated(address: Address) -> Address:
    """The IPv4 address that a translator makes of `address`, or itself."""
    if address not in _NAT64:
        return address
    inner = ".".join([str(byte) for byte in address.packed[-4:]])
    found = parse_address(inner, address.port)
    assert found is not None
    return found
