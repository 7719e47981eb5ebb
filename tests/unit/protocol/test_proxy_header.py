"""The PROXY protocol, versions 1 and 2."""

import pytest

from bfe_py.model import Address, parse_address
from bfe_py.protocol import (
    Malformed,
    NeedMore,
    NotProxy,
    ProxyHeader,
    build_proxy_v1,
    build_proxy_v2,
    parse_proxy_header,
)

LIMIT = 4096
SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"


def address(text: str, port: int) -> Address:
    found = parse_address(text, port)
    assert found is not None
    return found


ONE, TWO = address("198.51.100.9", 1000), address("192.0.2.10", 80)
SIX, SEVEN = address("2001:db8::1", 1000), address("2001:db8::10", 80)
PACKED = bytes([198, 51, 100, 9, 192, 0, 2, 10]) + b"\x03\xe8\x00\x50"


def version_2(command: int, family: int, block: bytes) -> bytes:
    return SIGNATURE + bytes([command, family]) + len(block).to_bytes(2, "big") + block


def field(kind: int, value: bytes) -> bytes:
    return bytes([kind]) + len(value).to_bytes(2, "big") + value


HEADERS = [
    (b"PROXY TCP4 198.51.100.9 192.0.2.10 1000 80\r\n", ONE, TWO),
    (b"PROXY TCP6 2001:db8::1 2001:DB8:0:0::10 1000 80\r\n", SIX, SEVEN),
    (
        b"PROXY TCP4 1.1.1.1 2.2.2.2 0 65535\r\n",
        address("1.1.1.1", 0),
        address("2.2.2.2", 65535),
    ),
    (b"PROXY UNKNOWN\r\n", None, None),
    (b"PROXY UNKNOWN 1.1.1.1 2.2.2.2 1 2\r\n", None, None),
    (b"PROXY UNKNOWN \x00 anything\r\n", None, None),
    (version_2(0x21, 0x11, PACKED), ONE, TWO),
    (version_2(0x21, 0x21, SIX.packed + SEVEN.packed + PACKED[8:]), SIX, SEVEN),
    (version_2(0x21, 0x21, ONE.packed + TWO.packed + PACKED[8:]), ONE, TWO),
    (version_2(0x21, 0x11, PACKED + field(2, b"a.t") + field(4, b"")), ONE, TWO),
    (version_2(0x21, 0x00, b""), None, None),
    (version_2(0x21, 0x00, b"abc"), None, None),
    (version_2(0x20, 0x00, b""), None, None),
    (version_2(0x20, 0x11, PACKED), None, None),
    (version_2(0x20, 0xFF, b"abc"), None, None),
]


@pytest.mark.parametrize(("wire", "source", "destination"), HEADERS)
def test_a_header_tells_who_the_client_is(wire, source, destination):
    expected = ProxyHeader(len(wire), source, destination)
    assert parse_proxy_header(wire, LIMIT) == expected
    assert parse_proxy_header(wire + b"GET / HTTP/1.1\r\n", LIMIT) == expected
    for size in range(len(wire)):
        assert parse_proxy_header(wire[:size], LIMIT) == NeedMore()


MALFORMED = [
    (b"PROXY \r\n", "family"),
    (b"PROXY TCP4 1.1.1.1 192.0.2.10 12345 80\n", "line-end"),
    (b"PROXY TCP5 1.1.1.1 2.2.2.2 1 2\r\n", "family"),
    (b"PROXY tcp4 1.1.1.1 2.2.2.2 1 2\r\n", "family"),
    (b"PROXY / HTTP/1.1\r\n", "family"),
    (b"PROXY  TCP4 1.1.1.1 2.2.2.2 1 2\r\n", "family"),
    (b"PROXY TCP4 1.1.1.1 2.2.2.2 1\r\n", "words"),
    (b"PROXY TCP4 1.1.1.1 2.2.2.2 1 2 3\r\n", "words"),
    (b"PROXY TCP4 1.1.1.1  2.2.2.2 1\r\n", "address"),
    (b"PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n", "address"),
    (b"PROXY TCP6 1.1.1.1 2.2.2.2 1 2\r\n", "address"),
    (b"PROXY TCP6 2001:db8::1 2.2.2.2 1 2\r\n", "address"),
    (b"PROXY TCP6 ::ffff:1.2.3.4 2001:db8::10 1 2\r\n", "address"),
    (b"PROXY TCP6 fe80::1%eth0 2001:db8::10 1 2\r\n", "address"),
    (b"PROXY TCP4 1.1.1.01 2.2.2.2 1 2\r\n", "address"),
    (b"PROXY TCP4 1.1.1.1 2.2.2.2 80000 80\r\n", "address"),
    (b"PROXY TCP4 1.1.1.1 2.2.2.2 65536 80\r\n", "address"),
    (b"PROXY TCP4 1.1.1.1 2.2.2.2 080 80\r\n", "address"),
    (b"PROXY TCP4 1.1.1.1 2.2.2.2 +1 80\r\n", "address"),
    (b"PROXY TCP4 1.1.1.1 2.2.2.2 111111 80\r\n", "address"),
    (b"PROXY TCP4 1.1.1.1 2.2.2.2  80\r\n", "address"),
    (b"PROXY TCP4 \xff 2.2.2.2 1 80\r\n", "address"),
    (b"PROXY UNKNOWN " + b"a" * 93, "too-long"),
    (version_2(0x11, 0x11, PACKED), "version"),
    (version_2(0x22, 0x11, PACKED), "command"),
    (version_2(0x21, 0x12, PACKED), "family"),
    (version_2(0x21, 0x31, bytes(216)), "family"),
    (version_2(0x21, 0x10, PACKED), "family"),
    (version_2(0x21, 0x11, PACKED[:-1]), "address"),
    (version_2(0x21, 0x21, bytes(35)), "address"),
    (version_2(0x21, 0x11, PACKED + b"\x02"), "field"),
    (version_2(0x21, 0x11, PACKED + b"\x02\x00"), "field"),
    (version_2(0x21, 0x11, PACKED + b"\x02\x00\x05abc"), "field"),
    (version_2(0x21, 0x11, PACKED + field(3, b"1234")), "checksum"),
    (version_2(0x21, 0x11, PACKED + field(3, b"")), "checksum"),
    (SIGNATURE + b"\x21\x11\xff\xff", "too-long"),
]


@pytest.mark.parametrize(("wire", "reason"), MALFORMED)
def test_a_malformed_header_is_no_reason_to_guess(wire, reason):
    assert parse_proxy_header(wire, LIMIT) == Malformed(reason)


@pytest.mark.parametrize(
    "wire", [b"GET / HTTP/1.1\r\n", b"POST", b"PRI *", b"PROXYX", b"\r\nGET", b"\x16\x03\x01", b"\r\n\r\n\x01"]
)  # fmt: skip
def test_other_first_bytes_are_no_header(wire):
    assert parse_proxy_header(wire, LIMIT) == NotProxy()


def test_the_limit_counts_for_both_versions():
    for wire, *_ in HEADERS:
        assert isinstance(parse_proxy_header(wire, len(wire)), ProxyHeader)
        assert parse_proxy_header(wire, len(wire) - 1) == Malformed("too-long")


def test_a_checksum_that_matches_is_accepted():
    # the check value of CRC32c, RFC 3720 appendix B.4, is made of the same table
    plain = version_2(0x21, 0x11, PACKED + field(3, bytes(4)))
    checksum = 0xFFFFFFFF
    for byte in plain:
        checksum ^= byte
        for _ in range(8):
            checksum = checksum >> 1 ^ (0x82F63B78 if checksum & 1 else 0)
    wire = plain[:-4] + (checksum ^ 0xFFFFFFFF).to_bytes(4, "big")
    assert parse_proxy_header(wire, LIMIT) == ProxyHeader(len(wire), ONE, TWO)


@pytest.mark.parametrize(
    ("source", "destination", "text"),
    [
        (ONE, TWO, b"PROXY TCP4 198.51.100.9 192.0.2.10 1000 80\r\n"),
        (SIX, SEVEN, b"PROXY TCP6 2001:db8::1 2001:db8::10 1000 80\r\n"),
        (ONE, SEVEN, b"PROXY UNKNOWN\r\n"),
        (None, TWO, b"PROXY UNKNOWN\r\n"),
        (ONE, None, b"PROXY UNKNOWN\r\n"),
    ],
)
def test_version_1_is_written_as_it_is_read(source, destination, text):
    wire = build_proxy_v1(source, destination)
    assert wire == text
    parsed = parse_proxy_header(wire, LIMIT)
    known = b"UNKNOWN" not in text
    assert parsed == ProxyHeader(len(wire), *((source, destination) if known else ()))


@pytest.mark.parametrize(
    ("source", "destination"), [(ONE, TWO), (SIX, SEVEN), (ONE, SEVEN), (SIX, TWO)]
)
def test_version_2_is_written_as_it_is_read(source, destination):
    wire = build_proxy_v2(source, destination)
    assert parse_proxy_header(wire, LIMIT) == ProxyHeader(len(wire), source, destination)


def test_version_2_speaks_for_itself_without_addresses():
    for pair in ((None, TWO), (ONE, None)):
        wire = build_proxy_v2(*pair)
        assert parse_proxy_header(wire, LIMIT) == ProxyHeader(16)
