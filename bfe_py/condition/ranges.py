"""Addresses of a subject compared with ranges and sets of addresses."""

from collections.abc import Callable
from typing import TypeAlias

from bfe_py.condition.addresses import format_address, is_v4
from bfe_py.condition.arguments import Address, Addresses, ArgumentError
from bfe_py.condition.facts import Facts
from bfe_py.condition.matching import Atom
from bfe_py.condition.problems import Finding

AddressSource: TypeAlias = Callable[[Facts], int | None]
"""Reads one address of a subject."""


def shown(source: AddressSource) -> Callable[[Facts], str | None]:
    """Source of the same address as text."""

    def read(facts: Facts) -> str | None:
        address = source(facts)
        return None if address is None else format_address(address)

    return read


def between(
    source: AddressSource, read: Callable[[Facts], object], start: Address, end: Address
) -> Atom:
    """The address lies from `start` to `end`, both included; ``::`` to ``ff..`` takes in IPv4.

    Raises:
        ArgumentError: the ends are of two families, or the wrong way round.
    """
    first, last = start.value, end.value
    ends = f"startIP[{start.text}] and endIP[{end.text}]"
    if is_v4(first) != is_v4(last):
        reference = f"{ends} has different addr type(IPv4/IPv6)"
        message = f"`{start.text}` and `{end.text}` are not of one family"
        raise ArgumentError([Finding(message, reference=reference)], parameter=1)
    if first > last:
        reference = f"startIP[{start.text}] must <= endIP[{end.text}]"
        message = f"the range ends at `{end.text}`, before its start `{start.text}`"
        expected = "the smaller address first"
        raise ArgumentError([Finding(message, 0, -1, expected, "", reference)], parameter=1)

    def matches(facts: Facts) -> bool:
        address = source(facts)
        return address is not None and first <= address <= last

    return Atom(matches, read)


def one_of(source: AddressSource, read: Callable[[Facts], object], addresses: Addresses) -> Atom:
    """The address is one of `addresses`."""
    values = addresses.values
    return Atom(lambda facts: source(facts) in values, read)
