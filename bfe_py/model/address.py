"""Addresses, parsed once and compared as integers."""

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, ip_address

import msgspec

_MAPPED = 0xFFFF << 32


class Address(msgspec.Struct, frozen=True):
    """An IP address with a port.

    `value` is the 128-bit address, IPv4 in ``::ffff:0:0/96``; `text` the canonical text (dotted
    quad also for a mapped address, RFC 5952 otherwise); `port` 0 where there is none.
    """

    value: int
    text: str
    port: int = 0

    @property
    def packed(self) -> bytes:
        """16 bytes, IPv4 mapped: the hash key that BFE uses."""
        return self.value.to_bytes(16, "big")

    @property
    def is_ipv4(self) -> bool:
        """Whether it is an IPv4 address, mapped or not."""
        return self.value >> 32 == 0xFFFF

    @property
    def is_private(self) -> bool:
        """Loopback, link-local or a range for private use (RFC 1918, RFC 4193)."""
        return ip_address(self.text).is_private

    def __str__(self) -> str:
        return f"{self.text}:{self.port}" if self.is_ipv4 else f"[{self.text}]:{self.port}"


UNIX_PEER = Address(0, "", 0)
"""Stands for a peer that has no address."""


def parse_address(text: str, port: int = 0) -> Address | None:
    """Address of `text`, or None: no zone, no brackets, no port, no leading zeros."""
    parsed = _parse(text)
    return None if parsed is None else Address(*parsed, port)


@lru_cache(maxsize=8192)  # the same clients come again and again
def _parse(text: str) -> tuple[int, str] | None:
    if "%" in text:
        return None
    try:
        parsed = ip_address(text)
    except ValueError:
        return None
    if isinstance(parsed, IPv6Address):
        mapped = parsed.ipv4_mapped
        if mapped is None:
            return int(parsed), parsed.compressed
        parsed = mapped
    return _MAPPED | int(parsed), str(parsed)


@dataclass(frozen=True, slots=True)
class IpRange:
    """Addresses from `first` to `last`, both included; an IPv6 range may cover mapped IPv4."""

    first: int
    last: int

    def __contains__(self, address: Address) -> bool:
        return self.first <= address.value <= self.last
