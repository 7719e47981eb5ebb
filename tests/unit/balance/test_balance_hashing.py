"""Hash of a key."""

import pytest

from bfe_py.balance.hashing import hash_of
from bfe_py.model import parse_address


def packed(text: str) -> bytes:
    address = parse_address(text)
    assert address is not None
    return address.packed


def test_the_hash_is_the_first_half_of_murmur3() -> None:
    assert hash_of(b"hello") == 0xCBD8A7B341BD9B02
    assert hash_of(b"") == 0


@pytest.mark.parametrize(
    ("key", "divisor", "rest"),
    [
        (b"val", 100, 4),
        (b"/index.html?a=1", 100, 32),
        (b"user-1", 100, 58),
        (packed("1.1.1.1"), 100, 32),
        (packed("10.0.0.1"), 100, 76),
        (packed("10.0.0.2"), 100, 8),
        (b"alice", 400, 186),
        (b"bob", 400, 173),
    ],
)
def test_known_places(key: bytes, divisor: int, rest: int) -> None:
    assert hash_of(key) % divisor == rest
