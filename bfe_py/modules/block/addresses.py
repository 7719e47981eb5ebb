"""A list of addresses, ranges and networks, and whether an address is in it."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from bfe_py.model import Address, IpRange, parse_address
from bfe_py.pipeline import Findings

_EXPECTED = "an address, two addresses, or a network like 192.0.2.0/24"


@dataclass(frozen=True, slots=True)
class AddressList:
    """Addresses as ranges that rise and neither touch nor overlap."""

    firsts: tuple[int, ...]
    lasts: tuple[int, ...]

    def __contains__(self, address: Address) -> bool:
        index = bisect_right(self.firsts, address.value) - 1
        return index >= 0 and address.value <= self.lasts[index]

    def __len__(self) -> int:
        return len(self.firsts)


def merge_ranges(ranges: Iterable[IpRange]) -> AddressList:
    """The addresses of all `ranges`."""
    firsts: list[int] = []
    lasts: list[int] = []
    for each in sorted(ranges, key=lambda each: each.first):
        if lasts and each.first <= lasts[-1] + 1:
            lasts[-1] = max(lasts[-1], each.last)
        else:
            firsts.append(each.first)
            lasts.append(each.last)
    return AddressList(tuple(firsts), tuple(lasts))


def compile_addresses(content: bytes, findings: Findings) -> AddressList:
    """List in `content`, one entry a line; what is wrong goes to `findings` by number of line.

    Blank lines and lines that begin with ``#`` do not count. Two addresses, with blanks or tabs
    between them, are a range with both its ends.
    """
    ranges = []
    for number, line in enumerate(content.split(b"\n"), 1):
        text = line.decode("utf-8", "replace").strip(" \t\r")
        if not text or text.startswith("#"):
            continue
        entry = _parse_entry(text)
        if isinstance(entry, str):
            findings.error((number,), entry, expected=_EXPECTED)
        else:
            ranges.append(entry)
    return merge_ranges(ranges)


def _parse_entry(text: str) -> IpRange | str:
    words = text.split()
    if len(words) == 1 and "/" in text:
        return _parse_network(text)
    addresses = [parse_address(word) for word in words]
    wrong = [word for word, address in zip(words, addresses, strict=True) if address is None]
    if wrong:
        return f"not an address: {wrong[0]!r}"
    known = [address for address in addresses if address is not None]
    if len(known) > 2:
        return f"{len(known)} addresses in one line"
    first, last = known[0], known[-1]
    if first.is_ipv4 != last.is_ipv4:
        return "one end of the range is IPv4, the other IPv6"
    if first.value > last.value:
        return "the range ends before it begins"
    return IpRange(first.value, last.value)


def _parse_network(text: str) -> IpRange | str:
    start, _, length = text.partition("/")
    address = parse_address(start)
    if address is None:
        return f"not an address: {start!r}"
    bits = 128 if ":" in start else 32
    if not (length.isascii() and length.isdigit() and int(length) <= bits):
        return f"not the length of a prefix: {length!r}"
    rest = (1 << (bits - int(length))) - 1
    return IpRange(address.value & ~rest, address.value | rest)
