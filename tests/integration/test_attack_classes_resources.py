"""Known classes of attacks on time and memory: slow peers, endless input, bombs, and Python's own."""

import ast
import asyncio
import contextlib
import json
import socket
from pathlib import Path

import pytest

import bfe_py
from bfe_py.downstream import Terms
from tests.kit.answers import body, count, settle, status
from tests.kit.plane import Plane, ask, run, running_backend, running_plane, until
from tests.kit.wire_messages import message
from tests.kit.wire_rules import GOT_OK, Rule, answered, get, hold, ok, params, passed, post

GET = get(b"Connection: close")


async def drip(plane: Plane, start: bytes, piece: bytes, pause: float) -> bytes:
    """Send `start`, then `piece` again and again; what comes back until the other side ends it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
    answer = b""
    try:
        writer.write(start)
        while not writer.transport.is_closing():
            writer.write(piece)
            with contextlib.suppress(TimeoutError, ConnectionError):
                async with asyncio.timeout(pause):
                    while got := await reader.read(65536):
                        answer += got
                break
        return answer
    finally:
        writer.transport.abort()


# --- slowloris, slow body, slow reader


@pytest.mark.parametrize(
    ("start", "piece"),
    [(b"", b"G"), (b"GET / HTTP/1.1\r\n", b"X: y\r\n"), (get()[:-2], b"X"), (get() + b"GE", b"T")],
    ids=["method", "fields", "name", "next head"],
)
def test_slowloris_is_ended_however_lively_it_is(start: bytes, piece: bytes):
    async def main() -> None:
        terms = Terms(header_seconds=0.1)
        async with (
            running_backend() as backend,
            running_plane([("127.0.0.1", backend.port)], terms=terms) as plane,
        ):
            async with asyncio.timeout(5):
                answer = await drip(plane, start, piece, 0.01)
            assert b"HTTP/1.1 408 " in answer
            assert count(plane, "bfe_client_timeouts_total") == 1
            await settle(plane)

    run(main())


def test_slowloris_by_the_hundred_keeps_nobody_waiting():
    async def main() -> None:
        async with (
            running_backend() as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            writers = []
            for _ in range(200):
                _, writer = await asyncio.open_connection("127.0.0.1", plane.port)
                writer.write(get()[:-2])
                writers.append(writer)
            await until(lambda: count(plane, "bfe_client_connections_active") == 200)
            for _ in range(3):
                assert status(await ask(plane.port, GET)) == 200
            for writer in writers:
                writer.close()
            await settle(plane)

    run(main())


def test_a_slow_body_that_stands_still_is_ended():
    async def main() -> None:
        async with (
            running_backend() as backend,
            running_plane([("127.0.0.1", backend.port)], terms=Terms(body_seconds=0.1)) as plane,
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
            writer.write(post(b"Content-Length: 1000", body=b"x"))
            async with asyncio.timeout(5):
                assert status(await reader.read()) == 408
            writer.close()
            await settle(plane)
            assert plane.down == []

    run(main())


async def endless(backend, reader, writer) -> None:
    """Takes all of a request slowly or answers without end, whatever comes first."""
    head = await backend.head(reader)
    if head.startswith(b"GET"):
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()
    await reader.read()


async def sip(plane: Plane, pause: float) -> None:
    """Take an endless answer in sips until it is cut off."""
    loop = asyncio.get_running_loop()
    with socket.socket() as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.connect(("127.0.0.1", plane.port))
        raw.setblocking(False)
        await loop.sock_sendall(raw, GET)
        with contextlib.suppress(ConnectionError):
            while await loop.sock_recv(raw, 5):  # noqa: ASYNC110 - it reads as slowly as that
                await asyncio.sleep(pause)


def test_a_slow_body_is_ended_below_240_bytes_a_second_in_both_directions():
    async def main() -> None:
        async with (
            running_backend(endless) as backend,
            running_plane([("127.0.0.1", backend.port)], send_buffer=4096) as plane,
        ):
            both = [drip(plane, post(b"Content-Length: 99999"), b"x", 0.05), sip(plane, 0.05)]
            gathered = asyncio.gather(*both)
            await until(lambda: count(plane, "bfe_client_connections_active") == 2)
            # 5 seconds of grace, and as much again to find out.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(9):
                    while plane.endpoint.connections:  # noqa: ASYNC110
                        await asyncio.sleep(0.05)
            left = len(plane.endpoint.connections)
            gathered.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await gathered
            assert left == 0

    run(main())


# --- endless input


@pytest.mark.parametrize(
    ("start", "piece", "wanted"),
    [
        (b"GET /", b"a" * 4096, 414),
        (b"GET / HTTP/1.1\r\n", b"X: y\r\n" * 600, 431),
        (b"GET / HTTP/1.1\r\nX: ", b"a" * 4096, 431),
        (post(b"Transfer-Encoding: chunked"), b"1;" + b"a" * 4096, 400),
        (post(b"Transfer-Encoding: chunked", body=b"0\r\n"), b"X: y\r\n" * 600, 400),
    ],
    ids=["target", "fields", "value", "extensions", "trailers"],
)
def test_endless_input_is_ended_where_its_limit_is(start: bytes, piece: bytes, wanted: int):
    async def main() -> None:
        async with (
            running_backend(endless) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            async with asyncio.timeout(5):
                assert status(await drip(plane, start, piece, 0.001)) == wanted
            await settle(plane)
            assert count(plane, "bfe_client_bytes_read_total") < 1024 * 1024

    run(main())


# --- bombs: nothing is inflated, nothing is stored

GZIPPED = b"\x1f\x8b\x08\x00" + b"\x00" * 96
BOMBS = [
    passed("request", "", post(b"Content-Encoding: gzip", b"Content-Length: 100", body=GZIPPED), message("POST /p HTTP/1.1", "Host: shop.test", "Content-Encoding: gzip", "Content-Length: 100", body=GZIPPED)),
    answered("response", "", ok(b"Content-Encoding: gzip", b"Content-Length: 100", body=GZIPPED), message("HTTP/1.1 200 OK", "Content-Encoding: gzip", "Content-Length: 100", body=GZIPPED)),
]  # fmt: skip


@pytest.mark.parametrize("rule", params(BOMBS))
def test_a_decompression_bomb_is_not_inflated(rule: Rule):
    hold(rule)


def test_cache_poisoning_finds_no_cache():
    seen = message("GET / HTTP/1.1", "Host: shop.test", "X-Forwarded-Host: evil.test")
    forged = get(b"X-Forwarded-Host: evil.test")
    hold(passed("", "", forged * 2, seen, seen, gets=(GOT_OK, GOT_OK)))


# --- rules that take long


@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(a|aa)+$", "^(.*a){20}$"])
def test_redos_in_a_rule_is_linear(pattern: str):
    rules = ((f'req_header_value_regmatch("X-A", "{pattern}")', "web"),)

    async def main() -> None:
        async with running_plane([], rules=rules) as plane:
            for _ in range(20):
                answer = await ask(
                    plane.port, get(b"X-A: " + b"a" * 8000 + b"!", b"Connection: close")
                )
                assert status(answer) == 500  # no rule for it

    run(main())


# --- Python's own

NESTED = 200_000
TEXTS = {
    "lists": b"[" * NESTED,
    "objects": b'{"kind":' * NESTED,
    "closed": b'{"kind":' * NESTED + b"1" + b"}" * NESTED,
    "digits": b'{"kind": ' + b"9" * 1_000_000 + b"}",
    "exponent": b'{"kind": 1e999999999}',
    "escapes": b'{"kind": "' + b"\\ud800" * 100_000 + b'"}',
    "names": json.dumps({f"k{number}": number for number in range(50_000)}).encode(),
    "not utf-8": b'{"kind": "\xff\xfe"}',
}


@pytest.mark.parametrize("content", TEXTS.values(), ids=list(TEXTS))
def test_python_a_body_of_json_is_read_within_bounds(content: bytes):
    rules = (('req_body_json_in("kind", "big", false)', "web"),)

    async def main() -> None:
        async with running_plane([], rules=rules) as plane:
            length = b"Content-Length: %d" % len(content)
            answer = await ask(plane.port, post(length, b"Connection: close", body=content))
            assert status(answer) == 500  # no rule for it
            assert plane.endpoint.counters.crashes == 0
            await settle(plane)

    run(main())


@pytest.mark.parametrize(
    "raw",
    [
        get(b"Cookie: " + b"a=b;" * 15_000, b"Connection: close"),
        get(b"Connection: close", start=b"GET /?" + b"a=b&" * 2000 + b" HTTP/1.1"),
        get(b"Connection: close", b"Connection: " + b"x," * 30_000),
        get(b"Connection: close", b"X-Forwarded-For: " + b"1," * 30_000),
    ],
    ids=["cookies", "query", "options", "addresses"],
)
def test_python_many_names_cost_no_more_than_their_bytes(raw: bytes):
    rules = (('req_cookie_key_in("z") || req_query_key_in("z") || default_t()', "web"),)

    async def main() -> None:
        async with (
            running_backend() as backend,
            running_plane([("127.0.0.1", backend.port)], rules=rules) as plane,
        ):
            for _ in range(5):
                assert body(await ask(plane.port, raw)).startswith(b"GET /")
            await settle(plane)

    run(main())


def test_python_nothing_is_read_that_could_run_code():
    unsafe = {"pickle", "marshal", "shelve", "dill", "yaml", "jsonpickle"}
    for path in Path(bfe_py.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names.append(node.module or "")
            assert not unsafe & {name.partition(".")[0] for name in names}, path
