"""Files of tenants: read only where they lie in a folder of that tenant.

A tenant writes into its own folder whatever it likes: a link to a key of somebody else, a pipe that
nobody ever writes to, a file without end. None of these is read. The folder itself may be a link:
it was made by who runs the proxy.
"""

import os
import stat
from pathlib import Path

LARGEST = 1 << 20
"""Bytes of a file; the certificates of every public authority together are a quarter of that."""

# A pipe is opened without waiting for who writes to it.
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def read_confined(folder: Path, name: str) -> bytes | None:
    """Content of the file `name` below `folder`; None if it is not to be had.

    Raises:
        OSError: it cannot be read, or a link has just taken its place.
        RuntimeError: its links lead in a circle.
        ValueError: it lies elsewhere, or its name is none.
    """
    base = folder.resolve(strict=True)
    parts = (base / name).resolve(strict=True).relative_to(base).parts
    # From here on no link is followed: one that appears only now leads nowhere.
    descriptor = os.open(base, _FLAGS | os.O_DIRECTORY)
    try:
        for part in parts:
            inner = os.open(part, _FLAGS, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        return _read(descriptor)
    finally:
        os.close(descriptor)


def _read(descriptor: int) -> bytes | None:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        return None
    with open(descriptor, "rb", closefd=False) as file:
        content = file.read(LARGEST + 1)
    return content if len(content) <= LARGEST else None
