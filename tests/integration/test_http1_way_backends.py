"""Backends that leave in the middle of a message, at many bytes of it, over real sockets.

What was begun is never made to look whole, a body that was sent is never sent again, and what a
kept connection that turns out to be closed means depends on what was asked.
"""

import asyncio
import contextlib

import pytest

from bfe_py.balance import Probe, Retry
from bfe_py.model import Kind, Side
from tests.kit.answers import body, count, settle, status
from tests.kit.leaving import LEAVES, Faults, Leave, reset
from tests.kit.plane import FakeBackend, ask, run, running_backend, running_plane, until
from tests.kit.wire_messages import read_responses
from tests.kit.wire_rules import get, post

LAST = b"Connection: close"
GET = get(LAST)
leaving = pytest.mark.parametrize("leave", LEAVES, ids=["reset", "close"])

COUNTED = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n"
HEADS = {wire: wire.index(b"\r\n\r\n") + 4 for wire in (COUNTED, CHUNKED)}


def breaking_off(wire: bytes, leave: Leave):
    """Answers every request with `wire` and leaves."""

    async def script(backend: FakeBackend, reader, writer) -> None:
        await backend.head(reader)
        writer.write(wire)
        await writer.drain()
        leave(writer)

    return script


async def ask_one(script, raw: bytes, **settings) -> tuple[bytes, FakeBackend, Faults, float]:
    """Answer of the first of two such backends, the two as one, and what was counted."""
    faults = Faults()
    async with (
        running_backend(script) as backend,
        running_plane([("127.0.0.1", backend.port)], handlers=faults.handlers, **settings) as plane,
    ):
        answer = b""
        reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
        writer.write(raw)
        with contextlib.suppress(ConnectionError):
            async with asyncio.timeout(5):
                while piece := await reader.read(65536):
                    answer += piece
        writer.close()
        await settle(plane)
        assert count(plane, "bfe_upstream_cancelled_total") == 0
        return answer, backend, faults, count(plane, "bfe_backend_failures_total")


@leaving
@pytest.mark.parametrize("cut", range(0, HEADS[COUNTED], 3))
def test_a_backend_that_leaves_in_its_head_is_a_bad_gateway(cut: int, leave: Leave):
    answer, backend, faults, failures = run(ask_one(breaking_off(COUNTED[:cut], leave), GET))
    assert status(answer) == 502
    assert body(answer) == b""
    assert len(backend.heads) == 1
    assert [fault.kind for fault in faults.seen] == [Kind.READ_RESPONSE]
    assert failures == 1


@leaving
@pytest.mark.parametrize(
    ("wire", "cut"),
    [
        pytest.param(wire, cut, id=f"{name}-{cut}")
        for name, wire in (("counted", COUNTED), ("chunked", CHUNKED))
        for cut in range(HEADS[wire], len(wire))
    ],
)
def test_a_backend_that_leaves_in_its_body_leaves_half_an_answer(wire, cut: int, leave: Leave):
    answer, backend, faults, _ = run(ask_one(breaking_off(wire[:cut], leave), GET))
    got = read_responses(answer, ["GET"], has_eof=True) if answer else []
    assert not any(one.is_whole for one in got)
    assert len(backend.heads) == 1
    assert [fault.kind for fault in faults.seen] == [Kind.RESPONSE_BODY]


def test_a_client_of_http_1_0_is_not_made_to_believe_that_half_an_answer_is_all():
    wire = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"

    async def main() -> None:
        async with (
            running_backend(breaking_off(wire, reset)) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
            writer.write(get(start=b"GET / HTTP/1.0"))
            try:
                with pytest.raises(ConnectionResetError):
                    await reader.read()
            finally:
                writer.transport.abort()
                await settle(plane)

    run(main())


@leaving
def test_a_backend_that_leaves_after_its_answer_does_no_harm(leave: Leave):
    answer, _, faults, failures = run(ask_one(breaking_off(COUNTED, leave), GET))
    assert body(answer) == b"hello"
    assert faults.seen == [None]
    assert failures == 0


# --- while it is sent a body


@leaving
@pytest.mark.parametrize("method", [b"POST", b"PUT"])
@pytest.mark.parametrize("taken", [0, 1, 500, 1000])
@pytest.mark.parametrize("is_chunked", [False, True], ids=["counted", "chunked"])
def test_a_body_that_was_begun_is_never_sent_again(taken, method, is_chunked, leave: Leave):
    content = b"x" * 1000
    raw = post(b"Content-Length: 1000", LAST, body=content)
    if is_chunked:
        raw = post(
            b"Transfer-Encoding: chunked", LAST, body=b"3e8\r\n" + content + b"\r\n0\r\n\r\n"
        )
    raw = raw.replace(b"POST", method)
    seen = 0

    async def script(backend: FakeBackend, reader, writer) -> None:
        nonlocal seen
        await backend.head(reader)
        if taken:
            seen += len(await reader.readexactly(taken))
        leave(writer)

    retry = Retry(same_cluster=3, cross_cluster=3, idempotent=True)
    answer, backend, faults, failures = run(ask_one(script, raw, retry=retry))
    assert status(answer) == 502
    assert len(backend.heads) == 1
    assert seen == taken
    assert [fault.side for fault in faults.seen] == [Side.BACKEND]
    assert failures == 1


# --- kept connections that are closed


async def once_each(backend: FakeBackend, reader, writer) -> None:
    """Answers the first request of a connection, and hangs up when the next one comes."""
    await backend.head(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    with contextlib.suppress(asyncio.IncompleteReadError):
        await backend.head(reader)


async def ask_again(raw: bytes, script=once_each, **settings) -> tuple[int, list[bytes], float]:
    """Status of `raw` on a kept connection that turns out to be closed, heads, failures."""
    settings.setdefault("retry", Retry(same_cluster=0))
    async with (
        running_backend(script) as backend,
        running_plane([("127.0.0.1", backend.port)], probe=Probe(failures=1), **settings) as plane,
    ):
        assert status(await ask(plane.port, GET)) == 200
        await until(lambda: count(plane, "bfe_upstream_idle_connections") == 1)
        answer = await ask(plane.port, raw)
        await settle(plane)
        assert plane.down == []
        return status(answer), backend.heads[1:], count(plane, "bfe_backend_failures_total")


@pytest.mark.parametrize("method", [b"GET", b"HEAD", b"OPTIONS", b"TRACE", b"PUT", b"DELETE"])
def test_a_stale_connection_costs_an_idempotent_request_nothing(method: bytes):
    # RFC 9110 section 9.2.2: such a method may be tried again by whoever sends it.
    answer, heads, failures = run(ask_again(get(LAST, start=method + b" / HTTP/1.1")))
    assert answer == 200
    assert heads == [heads[0]] * 2
    assert failures == 0


@pytest.mark.parametrize("method", [b"POST", b"PATCH", b"LOCK", b"get"])
def test_a_stale_connection_is_told_to_who_asked_for_something_else(method: bytes):
    answer, heads, failures = run(ask_again(get(LAST, start=method + b" / HTTP/1.1")))
    assert answer == 502
    assert len(heads) == 1
    assert failures == 0


@pytest.mark.parametrize("method", [b"POST", b"PUT", b"GET"])
@pytest.mark.parametrize("field", [b"Content-Length: 5", b"Transfer-Encoding: chunked"])
def test_a_stale_connection_ends_a_request_with_a_body(method: bytes, field: bytes):
    content = b"hello" if b"Length" in field else b"5\r\nhello\r\n0\r\n\r\n"
    raw = get(LAST, field, start=method + b" / HTTP/1.1", body=content)
    answer, heads, failures = run(ask_again(raw))
    assert answer == 502
    assert len(heads) == 1
    assert failures == 0


def test_a_stale_connection_that_began_to_answer_is_no_stale_one():
    async def script(backend: FakeBackend, reader, writer) -> None:
        await backend.head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        with contextlib.suppress(asyncio.IncompleteReadError):
            await backend.head(reader)
            writer.write(b"HTTP/1.1 200")

    answer, heads, _ = run(ask_again(GET, script, counts_failures=False))
    assert answer == 502
    assert len(heads) == 1


@leaving
@pytest.mark.parametrize("raw", [GET, post(LAST, b"Content-Length: 5", body=b"hello")])
def test_a_kept_connection_that_is_closed_in_time_is_not_used(raw: bytes, leave: Leave):
    async def main() -> None:
        writers = []

        async def script(backend: FakeBackend, reader, writer) -> None:
            writers.append(writer)
            await backend.head(reader)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            await reader.read()

        async with (
            running_backend(script) as backend,
            running_plane([("127.0.0.1", backend.port)], retry=Retry(same_cluster=0)) as plane,
        ):
            assert status(await ask(plane.port, GET)) == 200
            leave(writers[0])
            await until(lambda: count(plane, "bfe_upstream_open_connections") == 0)
            assert status(await ask(plane.port, raw)) == 200
            await settle(plane)
            assert count(plane, "bfe_backend_failures_total") == 0
            assert backend.connections == 2

    run(main())


@pytest.mark.parametrize(("is_idempotent", "wanted"), [(True, 200), (False, 502)])
def test_a_fresh_connection_that_is_closed_is_tried_elsewhere_if_that_is_allowed(
    is_idempotent: bool, wanted: int
):
    async def hang_up(backend: FakeBackend, reader, writer) -> None:
        await backend.head(reader)

    async def main() -> None:
        async with running_backend(hang_up) as bad, running_backend() as good:
            backends = [("127.0.0.1", bad.port), ("127.0.0.1", good.port)]
            retry = Retry(same_cluster=1, idempotent=is_idempotent)
            async with running_plane(backends, retry=retry) as plane:
                answers = [status(await ask(plane.port, GET)) for _ in range(2)]
                await settle(plane)
                assert sorted(answers) == sorted([200, wanted])
                assert len(bad.heads) == 1
                assert count(plane, "bfe_backend_failures_total") == 1

    run(main())
