"""Where a key falls: MurmurHash3 as BFE takes it."""

import mmh3


def hash_of(key: bytes) -> int:
    """First 64 bits, unsigned, of MurmurHash3 x64 128 of `key` with seed 0."""
    value: int = mmh3.hash64(key, signed=False)[0]
    return value
