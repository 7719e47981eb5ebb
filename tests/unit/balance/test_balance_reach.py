import pytest

from bfe_py.balance import Reach, ip_range
from bfe_py.model import parse_address

OWN = "this proxy listens there itself"
MANAGEMENT = parse_address("127.0.0.1", 8421)
PUBLIC = parse_address("10.0.0.1", 8080)
V6 = parse_address("2001:db8::1", 8080)
HERE = ("10.0.0.1", "2001:db8::1")


def is_here(address):
    return address.text in HERE


def reach(*allowed, own=(MANAGEMENT, PUBLIC, V6), own_ports=()):
    return Reach(tuple(map(ip_range, allowed)), frozenset(own), frozenset(own_ports), is_here)


@pytest.mark.parametrize(
    ("host", "port", "reason"),
    [
        ("127.0.0.1", 8421, OWN),
        ("[::ffff:127.0.0.1]", 8421, OWN),
        ("::ffff:127.0.0.1", 8421, OWN),
        ("[::ffff:7f00:1]", 8421, OWN),
        ("localhost", 8421, OWN),
        ("LocalHost.", 8421, OWN),
        ("localhost.localdomain", 8421, OWN),
        ("localhost6.localdomain6", 8421, OWN),
        ("ip6-loopback", 8421, OWN),
        ("some.localhost", 8421, OWN),
        ("10.0.0.1", 8080, OWN),
        ("[2001:db8:0::1]", 8080, OWN),
        ("127.0.0.2", 8421, None),
        ("[::1]", 8421, None),
        ("127.0.0.1", 8080, None),
        ("127.0.0.1", 9001, None),
        ("localhost", 9001, None),
        ("10.0.0.1", 8081, None),
        ("10.0.0.2", 8080, None),
        ("notlocalhost", 8421, None),
        ("backend.example", 8421, None),
    ],
)
def test_where_this_proxy_listens_no_tenant_has_a_backend(host, port, reason):
    assert reach().find_refusal(host, port) == reason


@pytest.mark.parametrize(
    ("host", "port", "reason"),
    [
        ("127.0.0.1", 8080, OWN),
        ("127.8.8.8", 8080, OWN),
        ("[::1]", 8080, OWN),
        ("localhost", 8080, OWN),
        ("10.0.0.1", 8080, OWN),
        ("[::ffff:10.0.0.1]", 8080, OWN),
        ("[2001:db8::1]", 8080, OWN),
        ("10.0.0.2", 8080, None),
        ("10.0.0.1", 8081, None),
        ("127.0.0.1", 8081, None),
    ],
)
def test_a_listener_at_every_address_is_at_every_address_of_this_machine(host, port, reason):
    assert reach(own=(), own_ports=(8080,)).find_refusal(host, port) == reason


@pytest.mark.parametrize(
    "host",
    [
        "0.0.0.0",
        "0.1.2.3",
        "[::]",
        "[::ffff:0.0.0.0]",
        "224.0.0.1",
        "239.255.255.250",
        "255.255.255.255",
        "[ff02::1]",
        "[::ffff:224.0.0.1]",
        "[64:ff9b::]",
    ],
)
@pytest.mark.parametrize(
    "allowed", [(), ("0.0.0.0/0", "::/0"), ("0.0.0.0/8", "224.0.0.0/3", "::/128", "ff00::/8")]
)
def test_what_is_no_single_machine_is_no_backend_whatever_is_allowed(host, allowed):
    reason = reach(*allowed).find_refusal(host, 80)

    assert reason is not None
    assert reason.startswith("no single machine")


CLOSED = [
    "169.254.169.254",
    "169.254.0.1",
    "[::ffff:169.254.169.254]",
    "[64:ff9b::169.254.169.254]",
    "[64:ff9b::a9fe:a9fe]",
    "[fe80::1]",
    "fe80::1%eth0",
    "[febf::1]",
    "100.100.100.200",
    "168.63.129.16",
    "[fd00:ec2::254]",
]


@pytest.mark.parametrize("host", CLOSED)
@pytest.mark.parametrize(
    "allowed", [(), ("0.0.0.0/0", "::/0"), ("169.0.0.0/8", "fc00::/6", "10.0.0.0/8")]
)
def test_what_only_this_machine_should_ask_is_closed(host, allowed):
    reason = reach(*allowed).find_refusal(host, 80)

    assert reason is not None


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("169.254.7.1", "169.254.7.0/24"),
        ("[::ffff:169.254.7.1]", "169.254.7.0/24"),
        ("169.254.169.254", "169.254.0.0/16"),
        ("[fe80::1]", "fe80::/10"),
        ("[fd00:ec2::254]", "fd00:ec2::254"),
        ("100.100.100.200", "100.100.100.200/32"),
    ],
)
def test_a_range_of_nothing_else_opens_it(host, allowed):
    assert reach(allowed).find_refusal(host, 80) is None
    assert reach("10.0.0.0/8", allowed).find_refusal(host, 80) is None


@pytest.mark.parametrize(
    ("host", "is_allowed"),
    [
        ("10.1.2.3", True),
        ("[::ffff:10.1.2.3]", True),
        ("192.0.2.7", True),
        ("192.0.2.8", False),
        ("127.0.0.1", False),
        ("[2001:db8:1::1]", True),
        ("[2001:db8:2::1]", False),
        ("localhost", False),
        ("backend.example", True),
    ],
)
def test_ranges_are_all_that_is_allowed(host, is_allowed):
    policy = reach("10.0.0.0/8", "192.0.2.7", "2001:db8:1::/48")

    reason = policy.find_refusal(host, 80)

    assert reason == (None if is_allowed else "TenantBackends of bfe.conf leaves it out")


def test_a_range_of_ipv6_is_none_of_ipv4():
    assert reach("::/0").find_refusal("10.0.0.2", 80) is not None
    assert reach("::/0").find_refusal("2001:db8::2", 80) is None


@pytest.mark.parametrize("allowed", ["127.0.0.0/8", "::1", "127.0.0.1"])
def test_this_machine_by_name_is_either_of_its_addresses(allowed):
    assert reach(allowed).find_refusal("localhost", 9001) is None
    assert reach(allowed).find_refusal("localhost", 8421) == OWN


def test_our_own_listeners_are_in_no_range():
    assert reach("127.0.0.0/8").find_refusal("127.0.0.1", 8421) == OWN


def test_without_a_word_there_are_no_listeners_and_any_machine_is_allowed():
    assert Reach().find_refusal("127.0.0.1", 8421) is None
    assert Reach().find_refusal("192.0.2.1", 80) is None
    assert Reach(own_ports=frozenset({80})).find_refusal("192.0.2.1", 80) is None
    assert Reach(own_ports=frozenset({80})).find_refusal("127.0.0.1", 80) == OWN


@pytest.mark.parametrize(
    ("network", "first", "last"),
    [
        ("10.0.0.0/8", "10.0.0.0", "10.255.255.255"),
        ("10.1.2.3/8", "10.0.0.0", "10.255.255.255"),
        ("192.0.2.7", "192.0.2.7", "192.0.2.7"),
        ("fe80::/10", "fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ],
)
def test_a_network_is_a_range(network, first, last):
    found = ip_range(network)

    assert (found.first, found.last) == (parse_address(first).value, parse_address(last).value)


def test_what_is_no_network_is_no_range():
    with pytest.raises(ValueError, match="x"):
        ip_range("x")
