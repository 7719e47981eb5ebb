"""Hash key of an exchange."""

import pytest

from bfe_py.balance import Affinity, HashSource, hash_key, short_key
from bfe_py.model import Address, parse_address

RANDOM = b"8 random"
PEER = parse_address("10.0.0.1")
PACKED = bytes(10) + b"\xff\xff\x0a\x00\x00\x01"
ID, PREFERRED = HashSource.CLIENT_ID, HashSource.CLIENT_ID_OR_ADDRESS


def key_of(
    affinity: Affinity,
    *,
    fields: dict[str, str] | None = None,
    cookies: dict[str, str] | None = None,
    address: Address | bytes | None = PEER,
    target: bytes = b"/t?q",
) -> bytes:
    asked: list[int] = []

    def random(size: int) -> bytes:
        asked.append(size)
        return RANDOM

    key = hash_key(
        affinity,
        header=(fields or {}).get,
        cookie=(cookies or {}).get,
        address=address,
        target=target,
        random=random,
    )
    assert asked == ([8] if key == RANDOM else [])
    return key


@pytest.mark.parametrize(
    ("affinity", "fields", "cookies", "key"),
    [
        (Affinity(ID, header="X-Id"), {"X-Id": "me"}, {}, b"me"),
        (Affinity(ID, header="X-Id"), {"X-Id": "d\udcfc1"}, {}, b"d\xfc1"),
        (Affinity(ID, header="X-Id"), {"X-Id": ""}, {}, RANDOM),
        (Affinity(ID, header="X-Id"), {}, {"X-Id": "me"}, RANDOM),
        (Affinity(ID, cookie="UID"), {"UID": "no"}, {"UID": "c1"}, b"c1"),
        (Affinity(ID, cookie="UID"), {}, {"UID": '"q 1"'}, b'"q 1"'),
        (Affinity(ID, cookie="UID"), {}, {"UID": ""}, RANDOM),
        (Affinity(ID, cookie="UID"), {}, {}, RANDOM),
        (Affinity(ID, header="X-Id", cookie="UID"), {"X-Id": "me"}, {"UID": "c1"}, b"me"),
        (Affinity(ID, header="X-Id", cookie="UID"), {"X-Id": ""}, {"UID": "c1"}, b"c1"),
        (Affinity(PREFERRED, header="X-Id"), {"X-Id": "me"}, {}, b"me"),
        (Affinity(PREFERRED, header="X-Id"), {"X-Id": ""}, {}, PACKED),
        (Affinity(PREFERRED, cookie="UID"), {}, {}, PACKED),
        (Affinity(PREFERRED, cookie="UID"), {}, {"UID": ""}, RANDOM),
        (Affinity(PREFERRED), {}, {}, PACKED),
        (Affinity(HashSource.CLIENT_ADDRESS), {}, {}, PACKED),
        (Affinity(HashSource.TARGET), {}, {}, b"/t?q"),
    ],
)
def test_the_key_comes_from_what_the_cluster_names(
    affinity: Affinity, fields: dict[str, str], cookies: dict[str, str], key: bytes
) -> None:
    assert key_of(affinity, fields=fields, cookies=cookies) == key


@pytest.mark.parametrize("source", [HashSource.CLIENT_ADDRESS, PREFERRED])
def test_an_unknown_address_is_random(source: HashSource) -> None:
    assert key_of(Affinity(source), address=None) == RANDOM


def test_an_empty_target_is_random() -> None:
    assert key_of(Affinity(HashSource.TARGET), target=b"") == RANDOM


def test_bytes_stand_for_the_address_as_they_are() -> None:
    assert PEER is not None
    assert key_of(Affinity(), address=short_key(PEER)) == b"\x0a\x00\x00\x01"


def test_an_ipv6_address_has_no_short_form() -> None:
    address = parse_address("2001:db8::1")
    assert address is not None
    assert short_key(address) == address.packed
    assert len(address.packed) == 16
