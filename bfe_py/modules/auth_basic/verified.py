"""Credentials that were right not long ago: a slow hash need not be computed for each request."""

import hashlib
from collections import OrderedDict


class VerifiedCredentials:
    """Keyed digests of (stored hash, password) that fit; the least recently used ones go first.

    A stored hash that changes makes other digests, so that what was verified with it is forgotten.
    """

    __slots__ = ("_digests", "_key", "_limit")

    def __init__(self, key: bytes, limit: int) -> None:
        self._key = key
        self._limit = limit
        self._digests: OrderedDict[bytes, None] = OrderedDict()

    def digest(self, stored: bytes, password: bytes) -> bytes:
        """What stands for `password` tried against the hash `stored`."""
        content = len(stored).to_bytes(4, "big") + stored + password
        return hashlib.blake2b(content, digest_size=32, key=self._key).digest()

    def add(self, digest: bytes) -> None:
        """The password fits."""
        self._digests[digest] = None
        self._digests.move_to_end(digest)
        if len(self._digests) > self._limit:
            self._digests.popitem(last=False)

    def has(self, digest: bytes) -> bool:
        """Whether the password is known to fit."""
        if digest not in self._digests:
            return False
        self._digests.move_to_end(digest)
        return True

    def __len__(self) -> int:
        return len(self._digests)
