"""Answers that come while the request is still on its way, and what becomes of the rest of it."""

import asyncio

import pytest

from bfe_py.balance import Probe
from bfe_py.model import ResponseHead
from bfe_py.pipeline import Phase, Respond
from tests.kit.answers import count, settle
from tests.kit.leaving import LEAVES, Leave
from tests.kit.plane import FakeBackend, run, running_backend, running_plane, until
from tests.kit.wire_messages import Message, message, read_responses
from tests.kit.wire_rules import PROBE, chunked, get, post

HIDDEN = get(start=b"GET /hidden HTTP/1.1")
EARLY = message("HTTP/1.1 403 Forbidden", "Content-Length: 2", body=b"no")
ALSO = message("HTTP/1.1 200 OK", "Content-Length: 2", "Connection: close", body=b"ok")


async def early(backend: FakeBackend, reader, writer) -> None:
    """Refuses a POST as soon as its head is there; takes what comes behind it."""
    head = await backend.head(reader)
    if head.startswith(b"POST"):
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
    else:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    await reader.read()


def refuse(_: object) -> Respond:
    """What a module does."""
    return Respond(ResponseHead(403, body_length=2), b"no")


HANDLERS = {
    "backend": {},
    "module": {Phase.ROUTE: (lambda each: refuse(each) if each.method == "POST" else None,)},
}
whoever = pytest.mark.parametrize("handlers", HANDLERS.values(), ids=list(HANDLERS))


async def talk(begin: bytes, rest: bytes, handlers) -> tuple[list[Message], list[bytes]]:
    """Responses to `begin`, and to `rest` sent once the first one is there; heads at the backend."""
    async with (
        running_backend(early) as backend,
        running_plane(
            [("127.0.0.1", backend.port)], handlers=handlers, probe=Probe(failures=1)
        ) as plane,
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
        got = b""
        try:
            writer.write(begin)
            async with asyncio.timeout(5):
                while not got.endswith(b"no"):
                    got += await reader.read(65536)
                writer.write(rest)
                while piece := await reader.read(65536):
                    got += piece
        finally:
            writer.transport.abort()
        await settle(plane)
        assert plane.down == []
        assert count(plane, "bfe_backend_failures_total") == 0
        return read_responses(got, [], has_eof=True), backend.heads


@whoever
@pytest.mark.parametrize("size", [0, 1, 50_000])
def test_a_rest_that_is_short_is_passed_over_and_the_connection_lives_on(size: int, handlers):
    content = b"x" * 1000 + HIDDEN + b"x" * size
    length = b"Content-Length: %d" % len(content)
    sent = len(post(length)) + 1000
    wire = post(length, body=content) + PROBE
    got, heads = run(talk(wire[:sent], wire[sent:], handlers))
    assert got == [EARLY, ALSO]
    assert not any(b"/hidden" in head for head in heads)


@whoever
def test_a_rest_in_chunks_that_is_short_is_passed_over_too(handlers):
    begin = chunked(b"5\r\nhello\r\n")
    rest = b"%x\r\n%b\r\n0\r\n\r\n" % (len(HIDDEN), HIDDEN)
    got, heads = run(talk(begin, rest + PROBE, handlers))
    assert got == [EARLY, ALSO]
    assert not any(b"/hidden" in head for head in heads)


@whoever
def test_a_rest_that_is_long_ends_the_connection(handlers):
    content = b"x" * 1000 + HIDDEN * 10_000
    wire = post(b"Content-Length: %d" % len(content), body=content)
    sent = len(wire) - len(HIDDEN) * 10_000
    got, heads = run(talk(wire[:sent], wire[sent:] + PROBE, handlers))
    assert got == [EARLY]
    assert not any(b"/hidden" in head for head in heads)


@whoever
@pytest.mark.parametrize("rest", [b"ZZ\r\n", b"5\r\nhelloXX", b"5\nhello\r\n0\r\n\r\n"])
def test_a_rest_that_is_malformed_ends_the_connection(rest: bytes, handlers):
    got, heads = run(talk(chunked(b"5\r\nhello\r\n"), rest + HIDDEN + PROBE, handlers))
    assert got == [EARLY]
    assert not any(b"/hidden" in head for head in heads)


@pytest.mark.parametrize("leave", LEAVES, ids=["reset", "close"])
def test_a_client_may_leave_with_its_early_answer(leave: Leave):
    async def main() -> None:
        async with (
            running_backend(early) as backend,
            running_plane([("127.0.0.1", backend.port)], probe=Probe(failures=1)) as plane,
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
            writer.write(post(b"Content-Length: 100", body=b"x"))
            await reader.readuntil(b"no")
            leave(writer)
            await settle(plane)
            assert plane.down == []
            assert count(plane, "bfe_upstream_open_connections") == 0

    run(main())


def test_hints_come_while_the_request_is_still_on_its_way():
    async def script(backend: FakeBackend, reader, writer) -> None:
        await backend.head(reader)
        writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
        await reader.readexactly(2)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await reader.read()

    async def main() -> None:
        async with (
            running_backend(script) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
            writer.write(post(b"Content-Length: 2", b"Connection: close"))
            async with asyncio.timeout(5):
                hints = await reader.readuntil(b"\r\n\r\n")
                assert hints == b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
                writer.write(b"hi")
                assert read_responses(await reader.read(), [], has_eof=True) == [ALSO]
            writer.close()
            await settle(plane)

    run(main())


def test_the_connection_of_an_early_answer_is_used_for_nobody_else():
    async def main() -> None:
        async with (
            running_backend(early) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
            writer.write(post(b"Content-Length: 100", body=b"x"))
            await reader.readuntil(b"no")
            await until(lambda: count(plane, "bfe_upstream_open_connections") == 0)
            writer.transport.abort()
            await settle(plane)

    run(main())
