"""What a connection had received when it broke.

A backend that has seen enough of a request answers and closes; what we write then fails, and the
transport gives up the connection before it has read the answer, which the kernel still holds.
"""

import asyncio
import os
import socket
from collections.abc import Iterator

_PIECE = 65536
_MOST = 256 * 1024


def read_leftover(transport: asyncio.Transport) -> Iterator[bytes]:
    """Bytes that came on the broken `transport` unread; none over TLS, nobody can read those."""
    raw = transport.get_extra_info("socket")
    if raw is None or transport.get_extra_info("ssl_object") is not None:
        return
    try:
        with socket.socket(fileno=os.dup(raw.fileno())) as own:
            own.setblocking(False)
            size = 0
            while size < _MOST and (piece := own.recv(_PIECE)):
                size += len(piece)
                yield piece
    except OSError:
        return
