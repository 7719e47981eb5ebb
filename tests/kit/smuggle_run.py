"""Runs the corpus: clients, the real proxy, taps, and real backends.

Each way to play a case is a place: the second number of the address that its clients come from. The
third and fourth are the case's own.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.kit.process import Running, running
from tests.kit.smuggle_backends import (
    NGINX_COMMAND,
    LenientServer,
    Nginx,
    StrictServer,
    running_lenient,
    running_nginx,
)
from tests.kit.smuggle_client import Delivery, cut, deliver_all, source_address
from tests.kit.smuggle_corpus import Answer, Case, Change
from tests.kit.smuggle_evidence import Evidence
from tests.kit.smuggle_origin import LATE_SECONDS, PROBE, Origin
from tests.kit.smuggle_tap import Tap
from tests.kit.smuggle_tree import TRUSTED_PLACE, Route, write_tree

NGINX, STRICT, LENIENT, BY_BYTES, ORIGIN, CHANGES = 16, 17, 18, 20, 24, 28
PLACES = {NGINX: "nginx", STRICT: "strict", LENIENT: "lenient", BY_BYTES: "strict"}
"""Where requests are played, with the backend that is there."""

_MOST_BY_BYTES = 4096

_Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True)
class Decks:
    """What is played; `recorded` are ids and bytes for which nothing is foretold."""

    cases: list[Case]
    recorded: list[tuple[str, bytes]]
    answers: list[Answer]
    changes: list[Change]
    rules: dict[str, object]


@dataclass
class _Backends:
    nginx: Nginx | None
    strict: StrictServer
    lenient: LenientServer
    origin: Origin
    taps: dict[str, Tap]


async def play(root: Path, mode: str, decks: Decks) -> Evidence:
    """Play everything in `mode` (``default`` or ``compat``)."""
    evidence = Evidence()
    async with _running_backends(root) as backends:
        backends.origin.answers = {
            source_address(ORIGIN, number): answer for number, answer in enumerate(decks.answers)
        }
        tree = write_tree(root / "proxy/conf", _routes(backends), decks.rules)
        arguments = ("--compat", "bfe") if mode == "compat" else ()
        with running(tree, *arguments) as proxy:
            await _play_requests(proxy, evidence, mode, decks, has_nginx=backends.nginx is not None)
            await _play_changes(proxy, evidence, decks.changes)
            await _play_answers(proxy, evidence, decks.answers)
            await _settle(backends)
            await asyncio.to_thread(_count, proxy, evidence)
            evidence.log = proxy.log()
        evidence.read_log(tree.root / "access.log")
        _collect(evidence, backends)
    return evidence


# --- what there is


@asynccontextmanager
async def _running_backends(root: Path) -> AsyncIterator[_Backends]:
    async with AsyncExitStack() as stack:
        # An nginx that is not installed is replaced by nothing: its places stay empty.
        nginx = stack.enter_context(running_nginx(root / "nginx")) if NGINX_COMMAND else None
        lenient = stack.enter_context(running_lenient())
        strict, origin = StrictServer(), Origin()
        strict.port = await _listen(stack, strict.serve)
        ports = {"strict": strict.port, "lenient": lenient.port}
        ports["origin"] = await _listen(stack, origin.serve)
        if nginx is not None:
            ports["nginx"] = nginx.port
        taps = {name: Tap(port) for name, port in ports.items()}
        for tap in taps.values():
            await tap.start()
            stack.push_async_callback(tap.stop)
        yield _Backends(nginx, strict, lenient, origin, taps)


async def _listen(stack: AsyncExitStack, serve: _Serve) -> int:
    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=1024)
    stack.callback(server.close)
    port: int = server.sockets[0].getsockname()[1]
    return port


def _routes(backends: _Backends) -> list[Route]:
    places = {
        "strict": (STRICT, BY_BYTES, CHANGES, TRUSTED_PLACE),
        "lenient": (LENIENT,),
        "origin": (ORIGIN,),
        "nginx": (NGINX,),
    }
    return [Route(name, places[name], tap.port) for name, tap in backends.taps.items()]


# --- what is sent


async def _play_requests(
    proxy: Running, evidence: Evidence, mode: str, decks: Decks, *, has_nginx: bool
) -> None:
    deliveries = []
    for place, backend in PLACES.items():
        if backend == "nginx" and not has_nginx:
            continue
        for number, case in enumerate(decks.cases):
            if not case.skips_backend(backend, mode):
                ends = case.ends or bool(case.finding_in(mode)) or case.of(mode).answers[-1] < 400
                deliveries.append(_delivery(place, number, case.wire, ends=ends))
        for number, (_, wire) in enumerate(decks.recorded, len(decks.cases)):
            deliveries.append(_delivery(place, number, wire, ends=True))
    await _deliver(proxy, evidence, deliveries)


def _delivery(place: int, number: int, wire: bytes, *, ends: bool) -> Delivery:
    pieces = [wire]
    if place == BY_BYTES:
        pieces = cut(wire, 1 if len(wire) <= _MOST_BY_BYTES else _MOST_BY_BYTES - 1)
    return Delivery(source_address(place, number), pieces, ends)


async def _play_changes(proxy: Running, evidence: Evidence, changes: list[Change]) -> None:
    deliveries = [
        Delivery(
            source_address(TRUSTED_PLACE if change.is_trusted else CHANGES, number),
            [change.wire],
            ends=True,
        )
        for number, change in enumerate(changes)
    ]
    await _deliver(proxy, evidence, deliveries)


async def _play_answers(proxy: Running, evidence: Evidence, answers: list[Answer]) -> None:
    # One after the other: a connection that one case spoils would be another one's.
    for number, answer in enumerate(answers):
        source = source_address(ORIGIN, number)
        is_late = answer.then == "late" or answer.rest
        pause = 3 * LATE_SECONDS if is_late else 0.0
        pieces = [answer.request, answer.rest, PROBE] if answer.rest else [answer.request, PROBE]
        delivery = Delivery(source, pieces, ends=True, pause=pause)
        await _deliver(proxy, evidence, [delivery])


async def _deliver(proxy: Running, evidence: Evidence, deliveries: list[Delivery]) -> None:
    answers = await deliver_all(proxy.tree.http, deliveries)
    for delivery, answer in zip(deliveries, answers, strict=True):
        evidence.played[delivery.source].answer = answer


# --- what was seen


async def _settle(backends: _Backends) -> None:
    """nginx writes its log behind its answer."""
    for _ in range(200):
        tapes = backends.taps["nginx"].tapes if backends.nginx is not None else []
        answered = sum(bytes(tape.answered).count(b"HTTP/1.1 ") for tape in tapes)
        if backends.nginx is None or len(backends.nginx.sights()) >= answered:
            return
        await asyncio.sleep(0.01)


def _count(proxy: Running, evidence: Evidence) -> None:
    evidence.totals = proxy.totals()


def _collect(evidence: Evidence, backends: _Backends) -> None:
    for name, tap in backends.taps.items():
        for tape in tap.tapes:
            evidence.read_tape(name, tape)
    servers: list[Nginx | StrictServer | LenientServer] = [backends.strict, backends.lenient]
    if backends.nginx is not None:
        servers.append(backends.nginx)
    for server in servers:
        evidence.add_sights(server.name, server.sights())
    for peer, visits in backends.origin.visits.items():
        evidence.played[peer].visits = visits
