from operator import attrgetter

import pytest

from bfe_py.condition.arguments import Address, Addresses, ArgumentError
from bfe_py.condition.ranges import between, one_of, shown
from bfe_py.condition.sketch import RequestSketch

SOURCE = attrgetter("vip")


def matches(start, end, address):
    atom = between(SOURCE, shown(SOURCE), Address.parse(start), Address.parse(end))
    return atom.matches(RequestSketch(vip=Address.parse(address).value))


@pytest.mark.parametrize(
    ("start", "end", "inside", "outside"),
    [
        (
            "10.0.0.1",
            "10.0.0.9",
            ["10.0.0.1", "10.0.0.9", "::ffff:10.0.0.5"],
            ["10.0.0.0", "10.0.0.10", "::5"],
        ),
        ("::ffff:10.0.0.1", "10.0.0.9", ["10.0.0.3"], ["10.0.1.3"]),
        ("::1", "1::", ["::1", "1::", "10.0.0.1"], ["::", "1::1"]),
        ("9.255.255.255", "10.0.0.0", ["10.0.0.0"], ["9.255.255.254"]),
    ],
)
def test_ranges_include_both_ends(start, end, inside, outside):
    assert all(matches(start, end, each) for each in inside)
    assert not any(matches(start, end, each) for each in outside)


@pytest.mark.parametrize(
    ("start", "end", "reference"),
    [
        ("1.1.1.1", "1.1.1.0", "startIP[1.1.1.1] must <= endIP[1.1.1.0]"),
        ("::1", "10.0.0.1", "startIP[::1] and endIP[10.0.0.1] has different addr type(IPv4/IPv6)"),
        ("10.0.0.1", "::1", "startIP[10.0.0.1] and endIP[::1] has different addr type(IPv4/IPv6)"),
    ],
)
def test_ends_are_of_one_family_and_in_order(start, end, reference):
    with pytest.raises(ArgumentError) as caught:
        matches(start, end, "::1")
    assert caught.value.findings[0].reference == reference
    assert caught.value.parameter == 1


def test_an_unknown_address_is_in_no_range_and_no_set():
    facts = RequestSketch()
    atom = between(SOURCE, shown(SOURCE), Address.parse("::"), Address.parse("ffff::"))
    assert not atom.matches(facts)
    assert atom.read(facts) is None
    assert not one_of(SOURCE, shown(SOURCE), Addresses.parse("::")).matches(facts)


def test_addresses_are_compared_as_numbers():
    atom = one_of(SOURCE, shown(SOURCE), Addresses.parse("::ffff:10.0.0.1|::2"))
    facts = RequestSketch(vip=Address.parse("10.0.0.1").value)
    assert atom.matches(facts)
    assert atom.read(facts) == "10.0.0.1"
