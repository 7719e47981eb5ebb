"""The same plays on both ways of an exchange: without a coroutine, and with one."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bfe_py.model import Exchange, Fault
from bfe_py.observe import Reading
from tests.kit.transports import run_plain
from tests.kit.whole_way import OK, Way

Play = Callable[[Way], Awaitable[None]]

_TIMES = frozenset(
    {
        "cluster_ended",
        "cluster_started",
        "head_ended",
        "head_started",
        "response_ended",
        "response_started",
        "started",
    }
)
_OWN = frozenset(
    {"_cookies", "_fault", "_query", "attempt", "request", "response", "session", "transforms"}
)


@dataclass(frozen=True)
class Seen:
    """What is seen of a play from outside, and what is noted and counted.

    `ends`: of all connections, the client's first, whether it was closed, cut off, closed by half.
    """

    to_client: bytes
    to_backends: list[bytes]
    ends: list[tuple[bool, bool, bool]]
    exchanges: list[dict[str, object]]
    counted: Reading
    in_flight: int


def see(play: Play, *, is_direct: bool, **settings: object) -> Seen:
    """Play once, behind an exchange after which a connection is kept, and before another one."""

    async def main() -> Seen:
        way = Way(is_direct=is_direct, **settings)
        await _exchange(way)
        await play(way)
        if not way.transport.is_closing() and not way.transport.has_ended:
            await _exchange(way)
        ends = [
            (one.is_closed, one.is_aborted, one.has_ended) for one in (way.transport, *way.backends)
        ]
        way.transport.leave()
        await asyncio.sleep(10)  # until all that still waits is given up
        return Seen(
            way.transport.kept,
            [one.kept for one in way.backends],
            ends,
            [fields_of(one) for one in way.finished],
            way.registry.read(),
            way.in_flight,
        )

    return run_plain(main())


async def _exchange(way: Way) -> None:
    if await way.say():
        await way.answer(OK)


def fields_of(exchange: Exchange) -> dict[str, object]:
    """All that an exchange notes, but for times."""
    names = sorted(set(Exchange.__slots__) - _TIMES - _OWN)
    fields = {name: getattr(exchange, name) for name in names}
    request, response, attempt = exchange.request, exchange.response, exchange.attempt
    fields["request"] = (request.method, request.target, list(request.headers), request.options)
    fields["fault"] = _said(exchange.fault)
    if response is not None:
        fields["response"] = (response.status, list(response.headers), response.body_length)
    if attempt is not None:
        fields["attempt"] = (attempt.cluster, attempt.backend, attempt.port, attempt.is_reused)
        fields["attempt's fault"] = _said(attempt.fault)
    session = exchange.session
    fields["granted"] = (session.idle_seconds, session.read_seconds, session.write_seconds)
    fields["of session"] = (session.requests, session.bytes_read)
    return fields


def _said(fault: Fault | None) -> tuple[object, ...] | None:
    return None if fault is None else (fault.kind, fault.detail, fault.request_sent)
