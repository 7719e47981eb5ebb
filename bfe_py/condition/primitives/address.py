"""Addresses: of the client, of the peer, and the one that was connected to."""

from operator import attrgetter

from bfe_py.condition.arguments import Address, Addresses, Buckets, Case
from bfe_py.condition.facts import Facts
from bfe_py.condition.matching import Atom, Missing, compare, in_buckets
from bfe_py.condition.ranges import AddressSource, between, one_of, shown
from bfe_py.condition.registry import Comparison, Reads, primitive

_client: AddressSource = attrgetter("client_address")
_peer: AddressSource = attrgetter("socket_address")
_vip: AddressSource = attrgetter("vip")
_client_text = shown(_client)
_peer_text = shown(_peer)
_vip_text = shown(_vip)


def _is_trusted(facts: Facts) -> bool:
    return facts.is_trusted


@primitive(compares=Comparison.RANGE, missing=Missing.FALSE)
def req_cip_range(start: Address, end: Address) -> Atom:
    """The client's address lies in the range, both ends included."""
    return between(_client, _client_text, start, end)


@primitive(compares=Comparison.BUCKET, missing=Missing.FALSE)
def req_cip_hash_in(buckets: Buckets) -> Atom:
    """The text of the client's address falls into one of the buckets."""
    return compare(_client_text, in_buckets(buckets, Case.SENSITIVE), Missing.FALSE)


@primitive(compares=Comparison.HOLDS, missing=Missing.FALSE, reads=Reads.SESSION)
def req_cip_trusted() -> Atom:
    """The peer is one whose forwarded fields count."""
    return Atom(_is_trusted, _is_trusted)


@primitive(compares=Comparison.EQUALS, missing=Missing.FALSE, reads=Reads.SESSION)
def req_vip_in(addresses: Addresses) -> Atom:
    """The address that the client connected to is one of the addresses."""
    return one_of(_vip, _vip_text, addresses)


@primitive(compares=Comparison.RANGE, missing=Missing.FALSE, reads=Reads.SESSION)
def req_vip_range(start: Address, end: Address) -> Atom:
    """The address that the client connected to lies in the range, both ends included."""
    return between(_vip, _vip_text, start, end)


@primitive(compares=Comparison.RANGE, missing=Missing.FALSE, reads=Reads.SESSION)
def ses_vip_range(start: Address, end: Address) -> Atom:
    """The address that the client connected to lies in the range, both ends included."""
    return between(_vip, _vip_text, start, end)


@primitive(compares=Comparison.RANGE, missing=Missing.FALSE, reads=Reads.SESSION)
def ses_sip_range(start: Address, end: Address) -> Atom:
    """The address of the connection's peer lies in the range, both ends included."""
    return between(_peer, _peer_text, start, end)
