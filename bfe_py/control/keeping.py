"""Keeping: files of the state directory, whole or not at all, and for nobody else's eyes."""

import os
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

_DIGEST = 16


def digest_of(content: bytes) -> bytes:
    """What stands for `content`."""
    return blake2b(content, digest_size=_DIGEST).digest()


def write_whole(path: Path, content: bytes) -> None:
    """Put `content` in the place of what is at `path`.

    Raises:
        OSError: it cannot be; then what was there still is.
    """
    fresh = path.with_name(path.name + ".new")
    try:
        fresh.unlink(missing_ok=True)
        with open(fresh, "xb", opener=_open_private) as file:
            file.write(content)
        fresh.replace(path)
    except OSError:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def seal(head: bytes, packed: bytes) -> bytes:
    """`packed` behind `head` and its own digest: what `unseal` knows again."""
    return head + digest_of(packed) + packed


def unseal(head: bytes, content: bytes) -> bytes | None:
    """What was sealed with that very `head`; None if it is of another kind, or damaged."""
    start = len(head) + _DIGEST
    packed = content[start:]
    if content[: len(head)] != head or content[len(head) : start] != digest_of(packed):
        return None
    return packed
