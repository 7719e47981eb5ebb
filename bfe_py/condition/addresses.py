"""Addresses as 128-bit integers; IPv4 stands in ::ffff:0:0/96."""

import ipaddress

_MAPPED = 0xFFFF << 32
_LARGEST_V4 = _MAPPED | 0xFFFFFFFF


def parse_address(text: str) -> int | None:
    """Integer for an address in text, or None if it is none.

    No zone, no brackets, no port, no blanks, no leading zeros.
    """
    if "%" in text or "/" in text:
        return None
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    number = int(address)
    return number | _MAPPED if address.version == 4 else number


def is_v4(address: int) -> bool:
    """The address is IPv4, written as such or mapped into IPv6."""
    return _MAPPED <= address <= _LARGEST_V4


def format_address(address: int) -> str:
    """Canonical text: dotted for IPv4, mapped too; RFC 5952 for IPv6."""
    if is_v4(address):
        return str(ipaddress.IPv4Address(address & 0xFFFFFFFF))
    return str(ipaddress.IPv6Address(address))


def network_ends(text: str) -> tuple[str, str] | None:
    """First and last address of a CIDR network in text, or None if it is none."""
    if "/" not in text:
        return None
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    return str(network[0]), str(network[-1])
