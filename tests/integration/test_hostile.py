"""Odd and hostile requests: what reaches a backend is clean, whatever came in.

The corpus are the requests of the recorded HTTP/1 cases, which were made to find out where a proxy
is lax, and a table of known attacks.
"""

import asyncio
import base64
import json
import re
from pathlib import Path

import pytest

from tests.kit.plane import FakeBackend, run, running_backend, running_plane

CASES = Path(__file__).parents[1] / "golden/cases.jsonl"

HEAD = re.compile(
    rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+ (?:/[\x21-\x22\x24-\x7e]*|\*|[A-Za-z0-9.\[\]:-]+:\d+) HTTP/1\.1\r\n"
    rb"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+: ?[\x21-\x7e\x80-\xff]?(?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?\r\n)+"
    rb"\r\n"
)

ATTACKS = [
    (
        b"POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG"
    ),
    (b"POST / HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n"),
    (
        b"POST / HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"
    ),
    (b"POST / HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
    (b"POST / HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"),
    (b"POST / HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n"),
    (b"POST / HTTP/1.0\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    (b"POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: +5\r\n\r\nhello"),
    (b"POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 5, 5\r\n\r\nhello"),
    (b"POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"),
    (b"POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 0x5\r\n\r\nhello"),
    (b"POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: \r\n\r\n"),
    (b"GET / HTTP/1.1\r\nHost: shop.test\r\nX: a\r\n b\r\n\r\n"),
    (b"GET / HTTP/1.1\r\nHost: shop.test\r\n X: a\r\n\r\n"),
    (b"GET / HTTP/1.1\r\nHost: shop.test\r\nX: a\x00b\r\n\r\n"),
    (b"GET / HTTP/1.1\r\nHost: shop.test\r\nX: a\rb\r\n\r\n"),
    (b"GET / HTTP/1.1\r\nHost: shop.test\r\n: empty\r\n\r\n"),
    (b"GET / HTTP/1.1\r\nHost: shop.test\r\nHost: evil.test\r\n\r\n"),
    (b"GET http://evil.test/ HTTP/1.1\r\nHost: shop.test\r\n\r\n"),
    (b"GET /\x7f HTTP/1.1\r\nHost: shop.test\r\n\r\n"),
    (b"GET /a b HTTP/1.1\r\nHost: shop.test\r\n\r\n"),
    (b"GET /caf\xc3\xa9 HTTP/1.1\r\nHost: shop.test\r\n\r\n"),
    (b"GET /..%2fadmin HTTP/1.1\r\nHost: shop.test\r\n\r\n"),
    (b"GET /a/../../admin HTTP/1.1\r\nHost: shop.test\r\n\r\n"),
    (b"G@T / HTTP/1.1\r\nHost: shop.test\r\n\r\n"),
    (b"GET / HTTP/9.9\r\nHost: shop.test\r\n\r\n"),
    (b"GET /\r\nHost: shop.test\r\n\r\n"),
    (
        b"POST / HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\nhello\r\n0\r\n\r\n"
    ),
    (
        b"POST / HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n00000000000000005\r\nhello\r\n0\r\n\r\n"
    ),
    (
        b"POST / HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloXX0\r\n\r\n"
    ),
]


def recorded() -> list[tuple[str, bytes]]:
    found = []
    for line in CASES.read_text().splitlines():
        case = json.loads(line)
        if case["area"] != "http1":
            continue
        for number, request in enumerate(case["requests"]):
            if "raw_base64" in request:
                raw = base64.b64decode(request["raw_base64"])
            elif "raw_parts" in request:
                raw = b"".join(
                    text.encode("latin-1") * times for text, times in request["raw_parts"]
                )
            else:
                continue
            raw = re.sub(rb"[a-z0-9-]+\.golden", b"shop.test", raw)
            found.append((f"{case['id']}-{number}", raw))
    return found


async def record(
    backend: FakeBackend, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Keeps every byte; answers as soon as a head is there."""
    seen = bytearray()
    backend.heads.append(seen)
    while piece := await reader.read(65536):
        seen += piece
        if b"\r\n\r\n" in seen and not seen.endswith(b"answered"):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
            return


def check(name: str, raw: bytes) -> None:
    async def main() -> None:
        async with (
            running_backend(record) as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
            try:
                writer.write(raw)
                writer.write_eof()
                async with asyncio.timeout(5):
                    answer = await reader.read()
            except ConnectionError:
                answer = b""
            finally:
                writer.close()
            assert not answer or answer.startswith(b"HTTP/1."), name
            for seen in backend.heads:
                head, blank, _ = bytes(seen).partition(b"\r\n\r\n")
                if blank:
                    assert HEAD.fullmatch(head + blank), (name, head)
                    names = [line.split(b":")[0].lower() for line in head.split(b"\r\n")[1:]]
                    assert names.count(b"host") == 1, (name, head)
                    framing = names.count(b"content-length") + names.count(b"transfer-encoding")
                    assert framing <= 1, (name, head)
            assert plane.registry.counters(type(plane.endpoint.counters)).crashes == 0, name

    run(main())


@pytest.mark.parametrize("raw", ATTACKS, ids=range(len(ATTACKS)))
def test_an_attack_leaves_nothing_behind_that_means_two_things(raw: bytes):
    check(repr(raw), raw)


@pytest.mark.parametrize(
    ("name", "raw"), recorded(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_what_reaches_a_backend_is_clean(name: str, raw: bytes):
    check(name, raw)
