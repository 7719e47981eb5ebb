"""Reads the PROXY header of an accepted socket and not a byte more.

The bytes are looked at with MSG_PEEK; only a whole header is taken off the socket, so that whoever
reads next (TLS or HTTP) starts where it should.
"""

import asyncio
import socket

from bfe_py.downstream.counters import ProxyHeaderCounters
from bfe_py.protocol import Malformed, NeedMore, NotProxy, ProxyHeader, parse_proxy_header

_V1_SIGNATURE = b"PROXY"


class PreambleError(Exception):
    """The connection is to be closed: its PROXY header is malformed or did not come."""


async def read_proxy_header(
    loop: asyncio.AbstractEventLoop,
    accepted: socket.socket,
    limit: int,
    seconds: float,
    counters: ProxyHeaderCounters,
) -> ProxyHeader | None:
    """The header of `accepted`, None if it has none.

    Args:
        limit: bytes a header may have.
        seconds: time for all of it.

    Raises:
        PreambleError: malformed, too long, too late, or the client left.
    """
    try:
        async with asyncio.timeout(seconds):
            return await _read(loop, accepted, limit, counters)
    except (TimeoutError, ConnectionError) as error:
        counters.read_errors += 1
        raise PreambleError("no whole header") from error


async def _read(
    loop: asyncio.AbstractEventLoop,
    accepted: socket.socket,
    limit: int,
    counters: ProxyHeaderCounters,
) -> ProxyHeader | None:
    have = 0
    while True:
        # Ask the kernel to wake us for more than we have seen, or a partial header would spin.
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, have + 1)
        await _wait_readable(loop, accepted)
        try:
            seen = accepted.recv(limit + 1, socket.MSG_PEEK)
        except (BlockingIOError, InterruptedError):
            continue  # woken for nothing
        if len(seen) <= have:
            counters.read_errors += 1
            raise PreambleError("closed")
        have = len(seen)
        match parse_proxy_header(seen, limit):
            case NeedMore():
                continue
            case NotProxy():
                counters.absent += 1
                accepted.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)
                return None
            case Malformed(reason):
                _count_signature(seen, counters)
                counters.invalid += 1
                raise PreambleError(reason)
            case ProxyHeader() as header:
                _count_signature(seen, counters)
                if seen.startswith(_V1_SIGNATURE):
                    counters.accepted_v1 += 1
                else:
                    counters.accepted_v2 += 1
                accepted.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)
                accepted.recv(header.length)
                return header


def _count_signature(seen: bytes, counters: ProxyHeaderCounters) -> None:
    if seen.startswith(_V1_SIGNATURE):
        counters.matched_v1 += 1
    else:
        counters.matched_v2 += 1


async def _wait_readable(loop: asyncio.AbstractEventLoop, accepted: socket.socket) -> None:
    ready = loop.create_future()
    loop.add_reader(accepted, _set_ready, ready)
    try:
        await ready
    finally:
        loop.remove_reader(accepted)


def _set_ready(ready: "asyncio.Future[None]") -> None:
    if not ready.done():
        ready.set_result(None)
