"""The PROXY protocol, versions 1 and 2: who the client of a balancer in front of us is.

The header stands before the first byte of the connection. Version 1 is a line of text, version 2 is
binary with a fixed part of 16 bytes (proxy-protocol.txt of HAProxy, sections 2.1 and 2.2). No
header is guessed: what is malformed ends the connection.
"""

from dataclasses import dataclass
from ipaddress import ip_address

from bfe_py.model import Address, parse_address

_SIGNATURE_1 = b"PROXY "
_SIGNATURE_2 = b"\r\n\r\n\x00\r\nQUIT\n"
_FIXED_2 = 16
_LONGEST_1 = 107  # "the worst case ... 107 chars with the CRLF"

_TCP4 = 0x11
_TCP6 = 0x21
_UNSPECIFIED = 0x00
_ADDRESS_BYTES = {_TCP4: 4, _TCP6: 16}

_TLV_CHECKSUM = 0x03
_POLYNOMIAL = 0x82F63B78  # CRC32c (Castagnoli), bits reversed


@dataclass(frozen=True, slots=True)
class NeedMore:
    """The bytes may become a header."""


@dataclass(frozen=True, slots=True)
class NotProxy:
    """The bytes are no PROXY header: the connection begins with them."""


@dataclass(frozen=True, slots=True)
class ProxyHeader:
    """A header of `length` bytes.

    `source` and `destination` are None where the sender speaks for itself (LOCAL) or does not know
    (UNKNOWN): the addresses of the connection count then.
    """

    length: int
    source: Address | None = None
    destination: Address | None = None


@dataclass(frozen=True, slots=True)
class Malformed:
    """The bytes began as a header and are none."""

    reason: str


Parsed = NeedMore | NotProxy | ProxyHeader | Malformed


def parse_proxy_header(data: bytes, limit: int) -> Parsed:
    """What the first bytes of a connection say.

    Args:
        data: everything that came up to now.
        limit: how many bytes a header may have.
    """
    if data.startswith(_SIGNATURE_2):
        return _parse_2(data, limit)
    if data.startswith(_SIGNATURE_1):
        return _parse_1(data, min(limit, _LONGEST_1))
    if _SIGNATURE_1.startswith(data) or _SIGNATURE_2.startswith(data):
        return NeedMore()
    return NotProxy()


def build_proxy_v1(source: Address | None, destination: Address | None) -> bytes:
    """A header of version 1; ``UNKNOWN`` without both addresses or if their families differ."""
    if source is None or destination is None or source.is_ipv4 != destination.is_ipv4:
        return b"PROXY UNKNOWN\r\n"
    family = "TCP4" if source.is_ipv4 else "TCP6"
    line = f"PROXY {family} {source.text} {destination.text} {source.port} {destination.port}\r\n"
    return line.encode("ascii")


def build_proxy_v2(source: Address | None, destination: Address | None) -> bytes:
    """A header of version 2; ``LOCAL`` without both addresses.

    Addresses of two families go as IPv6, the IPv4 one mapped (RFC 4291 section 2.5.5.2).
    """
    if source is None or destination is None:
        return _SIGNATURE_2 + b"\x20\x00\x00\x00"
    is_ipv4 = source.is_ipv4 and destination.is_ipv4
    family, size = (_TCP4, 4) if is_ipv4 else (_TCP6, 16)
    return b"".join(
        [
            _SIGNATURE_2,
            bytes([0x21, family]),
            (2 * size + 4).to_bytes(2, "big"),
            source.packed[-size:],
            destination.packed[-size:],
            source.port.to_bytes(2, "big"),
            destination.port.to_bytes(2, "big"),
        ]
    )


def _parse_1(data: bytes, limit: int) -> Parsed:
    end = data.find(b"\n", 0, limit)
    if end < 0:
        return Malformed("too-long") if len(data) >= limit else NeedMore()
    if data[end - 1 : end] != b"\r":
        return Malformed("line-end")
    words = data[: end - 1].split(b" ")[1:]
    # "the receiver must ignore anything presented before the CRLF is found"
    if words[0] == b"UNKNOWN":
        return ProxyHeader(end + 1)
    if words[0] not in (b"TCP4", b"TCP6"):
        return Malformed("family")
    if len(words) != 5:
        return Malformed("words")
    is_ipv4 = words[0] == b"TCP4"
    source = _read_address(words[1], words[3], is_ipv4=is_ipv4)
    destination = _read_address(words[2], words[4], is_ipv4=is_ipv4)
    if source is None or destination is None:
        return Malformed("address")
    return ProxyHeader(end + 1, source, destination)


def _read_address(text: bytes, port: bytes, *, is_ipv4: bool) -> Address | None:
    # "heading zeroes are not permitted", neither in ports nor in addresses
    if not port.isdigit() or len(port) > 5 or (port[:1] == b"0" and port != b"0"):
        return None
    if int(port) > 65535:
        return None
    address = parse_address(text.decode("latin-1"), int(port))
    # A mapped address is IPv4 in the wrong family.
    return address if address is not None and address.is_ipv4 == is_ipv4 else None


def _parse_2(data: bytes, limit: int) -> Parsed:
    if len(data) < _FIXED_2:
        return NeedMore()
    version, command = divmod(data[12], 16)
    length = _FIXED_2 + int.from_bytes(data[14:16], "big")
    if version != 2 or command > 1:
        return Malformed("version" if version != 2 else "command")
    if length > limit:
        return Malformed("too-long")
    if len(data) < length:
        return NeedMore()
    # LOCAL: "The receiver must accept this connection as valid and must use the real connection
    # endpoints and discard the protocol block including the family which is ignored."
    if command == 0 or data[13] == _UNSPECIFIED:
        return ProxyHeader(length)
    size = _ADDRESS_BYTES.get(data[13])
    if size is None:
        return Malformed("family")
    return _read_block(data[:length], size)


def _read_block(header: bytes, size: int) -> Parsed:
    ports = _FIXED_2 + 2 * size
    if len(header) < ports + 4:
        return Malformed("address")
    fault = _check_fields(header, ports + 4)
    if fault is not None:
        return fault
    source = _address_of(header[_FIXED_2 : _FIXED_2 + size], header[ports : ports + 2])
    destination = _address_of(header[_FIXED_2 + size : ports], header[ports + 2 : ports + 4])
    return ProxyHeader(len(header), source, destination)


def _address_of(packed: bytes, port: bytes) -> Address | None:
    return parse_address(str(ip_address(packed)), int.from_bytes(port, "big"))


def _check_fields(header: bytes, start: int) -> Malformed | None:
    """Refuse type-length-value fields that are cut off, and a checksum that does not match."""
    while start < len(header):
        value = start + 3
        stop = value + int.from_bytes(header[start + 1 : value], "big")
        if stop > len(header) or value > len(header):
            return Malformed("field")
        if header[start] == _TLV_CHECKSUM:
            without = header[:value] + bytes(stop - value) + header[stop:]
            if header[value:stop] != _crc32c(without).to_bytes(4, "big"):
                return Malformed("checksum")
        start = stop
    return None


def _remainder(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (_POLYNOMIAL if byte & 1 else 0)
    return byte


_REMAINDERS = tuple([_remainder(byte) for byte in range(256)])


def _crc32c(content: bytes) -> int:
    checksum = 0xFFFFFFFF
    for byte in content:
        checksum = checksum >> 8 ^ _REMAINDERS[(checksum ^ byte) & 0xFF]
    return checksum ^ 0xFFFFFFFF
