"""Known classes of attacks on proxies that speak HTTP/1: smuggling, splitting, disguise.

What has to be refused goes through the real way with a request hidden in it that nobody may see.
The rules of the protocol themselves are tables in `tests/conformance`; attacks on resources and on
who somebody is are in the files beside this one.
"""

import contextlib
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bfe_py.model import Exchange, ResponseHead
from bfe_py.pipeline import Phase, Respond
from tests.kit.answers import settle
from tests.kit.plane import ask, run, running_backend, running_plane
from tests.kit.wire_messages import message
from tests.kit.wire_rules import (
    GOT_OK,
    OK,
    Answer,
    HalfClose,
    Rule,
    Wait,
    answered,
    chunked,
    get,
    hold,
    ok,
    params,
    passed,
    post,
    refused,
    unusable,
)

HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: shop.test\r\n\r\n"
LAST = b"0\r\n\r\n"
LENGTH = b"Content-Length: %d" % len(HIDDEN)
ALL = b"Content-Length: %d" % len(LAST + HIDDEN)
TE = b"Transfer-Encoding: chunked"
CLOSE = get(b"Connection: close")


def hidden(name: str, *lines: bytes, body: bytes = LAST, status: int = 400) -> Rule:
    """A POST that is refused, with a request hidden behind what some take for its end."""
    return refused(name, "", post(*lines, body=body + HIDDEN), status)


def in_chunks(name: str, lines: bytes) -> Rule:
    """Odd chunks that are refused, with a request hidden behind what some take for their end."""
    return refused(name, "", chunked(lines + HIDDEN), may_begin=True)


def carried(start: str) -> Any:
    """The hidden request where it belongs: in the content of another one."""
    return message(start, "Host: shop.test", LENGTH.decode(), body=HIDDEN)


FRAMING = [
    hidden("CL.TE", ALL, TE),
    hidden("TE.CL", TE, b"Content-Length: 4", body=b"29\r\n"),
    hidden("TE.TE", TE, b"Transfer-Encoding: x"),
    hidden("TE.TE in one line", b"Transfer-Encoding: x, chunked", status=501),
    hidden("TE with a vertical tab", b"Transfer-Encoding:\x0bchunked", ALL),
    hidden("TE behind a line feed", b"X: x\n" + TE, ALL),
    hidden("TE behind a carriage return", b"X: x\r" + TE, ALL),
    hidden("TE folded", b"X: x", b" " + TE, ALL),
    hidden("TE with its value folded", b"Transfer-Encoding:", b" chunked", ALL),
    hidden("TE with a NUL", TE + b"\x00", ALL),
    hidden("TE behind a blank", b"Transfer-Encoding : chunked", ALL),
    unusable("CL.TE of a response", "", ok(b"Content-Length: 5", TE, body=LAST + OK.wire)),
]  # fmt: skip

LENGTHS = [
    hidden("CL.CL", b"Content-Length: 0", LENGTH, body=b""),
    hidden("CL as a list", b"Content-Length: 0, 41", body=b""),
    hidden("CL with a sign", b"Content-Length: +41", body=b""),
    hidden("CL in hex", b"Content-Length: 0x29", body=b""),
    hidden("CL empty", b"Content-Length: ", body=b""),
    hidden("CL wraps 64 bits", b"Content-Length: 18446744073709551657", body=b""),
    hidden("CL not ASCII", b"Content-Length: \xc2\xb2", body=b""),
    passed("CL nominated away", "", post(b"Connection: Content-Length", LENGTH, body=HIDDEN), carried("POST /p HTTP/1.1")),
    passed("CL of GET", "", get(LENGTH, body=HIDDEN), carried("GET / HTTP/1.1")),
    unusable("CL.CL of a response", "", ok(b"Content-Length: 0", b"Content-Length: 38", body=OK.wire)),
    answered("0.CL of a response", "", ok(b"Content-Length: 0") + OK.wire, message("HTTP/1.1 200 OK", "Content-Length: 0")),
]  # fmt: skip

CHUNKS = [
    in_chunks("extension ends with a line feed", b"2;\nxx\r\n" + LAST),
    in_chunks("extension with a carriage return", b"2;a\rb\r\nxx\r\n" + LAST),
    in_chunks("extensions without end", b"2;" + b"a" * 100_000),
    in_chunks("size ends with a line feed", b"2\nxx\r\n" + LAST),
    in_chunks("size ends with a carriage return", b"2\r2\r\n" + LAST),
    in_chunks("size wraps 64 bits", b"10000000000000002\r\nxx\r\n" + LAST),
    in_chunks("size has a sign", b"+2\r\nxx\r\n" + LAST),
    in_chunks("size has a blank", b"2 \r\nxx\r\n" + LAST),
    in_chunks("size is missing", b"\r\n" + LAST),
    in_chunks("size without end", b"0" * 100_000),
    in_chunks("data end with a line feed", b"2\r\nxx\n" + LAST),
    in_chunks("data end with nothing", b"2\r\nxx" + LAST),
    in_chunks("data end with two others", b"2\r\nxxAA" + LAST),
    in_chunks("end with a line feed", b"0\n\n"),
    Rule("size of 64 bits", "", (chunked(b"FFFFFFFFFFFFFFFF\r\n" + HIDDEN), HalfClose()), refused("", "", b"").gets, may_begin=True),
]  # fmt: skip

LINES = [
    refused("blank before the colon", "", get(b"Content-Length : 41", body=HIDDEN)),
    refused("folded", "", get(b"X: x", b"\tContent-Length: 41", body=HIDDEN)),
    refused("folded first line", "", b"GET / HTTP/1.1\r\n X: x\r\nHost: shop.test\r\n\r\n" + HIDDEN),
    refused("empty name", "", get(b": x", LENGTH, body=HIDDEN)),
    refused("empty name ends the head", "", get(b":", body=HIDDEN)),
    refused("line feeds end the head", "", get(b"X: x\n\nGET /hidden HTTP/1.1", body=HIDDEN)),
]  # fmt: skip

SPLITTING = [
    refused("NUL in a value", "", get(b"X: a\x00b", body=HIDDEN)),
    refused("NUL in a name", "", get(b"X\x00: a", body=HIDDEN)),
    refused("NUL in the target", "", get(start=b"GET /\x00 HTTP/1.1", body=HIDDEN)),
    refused("carriage return in the target", "", get(start=b"GET /\rX:x HTTP/1.1", body=HIDDEN)),
    refused("line feed in the target", "", get(start=b"GET /\nX: x HTTP/1.1", body=HIDDEN)),
    refused("line feed in the method", "", get(start=b"GET\n / HTTP/1.1", body=HIDDEN)),
    unusable("line feed in a response", "", ok(b"X: a\nSet-Cookie: b=c", b"Content-Length: 0")),
    unusable("carriage return in a response", "", ok(b"X: a\rSet-Cookie: b", b"Content-Length: 0")),
    unusable("NUL in a response", "", ok(b"X: a\x00b", b"Content-Length: 0")),
]  # fmt: skip

OVERFLOWS = [
    passed("name over one byte", "", get(b"Content-Length0" + b"a" * 255 + b": 1"), message("GET / HTTP/1.1", "Host: shop.test", "Content-Length0" + "a" * 255 + ": 1")),
    refused("name over two bytes", "", get(b"Content-Length0" + b"a" * 65536 + b": 1"), 431),
    refused("value over two bytes", "", get(b"X: " + b"a" * 65536), 431),
    refused("target over two bytes", "", get(start=b"GET /" + b"a" * 65536 + b" HTTP/1.1"), 414),
]  # fmt: skip

EXPECT = post(b"Expect: 100-continue", LENGTH)
POSTED = carried("POST /p HTTP/1.1")
CONTINUE = message("HTTP/1.1 100 Continue")
EXPECTATIONS = [
    passed("0.CL with Expect", "", (EXPECT, Wait(b"\r\n\r\n"), HIDDEN), POSTED, gets=(CONTINUE, GOT_OK)),
    passed("continue of a backend", "", (EXPECT, Wait(b"\r\n\r\n"), HIDDEN), POSTED, gets=(CONTINUE, GOT_OK), answers=(Answer(ok(start=b"HTTP/1.1 100 Continue") + OK.wire),)),
    refused("Expect in disguise", "", (post(b"Expect: y 100-continue", LENGTH, body=HIDDEN),), 417),
    refused("Expect behind a line feed", "", (post(b"Expect: 100-continue\n", LENGTH, body=HIDDEN),)),
]  # fmt: skip


@pytest.mark.parametrize("rule", params(FRAMING))
def test_cl_te_and_te_cl_and_te_te(rule: Rule):
    hold(rule)


@pytest.mark.parametrize("rule", params(LENGTHS))
def test_cl_value_tricks(rule: Rule):
    hold(rule)


@pytest.mark.parametrize("rule", params(CHUNKS))
def test_chunk_size_and_extension_abuse(rule: Rule):
    hold(rule)


def test_h11_chunk_terminators_are_those_of_a_mended_release():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    (floor,) = [
        each.removeprefix("h11>=").split(".")
        for each in project["project"]["dependencies"]
        if each.startswith("h11")
    ]
    assert [int(number) for number in floor] >= [0, 16]


@pytest.mark.parametrize("rule", params(LINES))
def test_header_whitespace_and_empty_names(rule: Rule):
    hold(rule)


@pytest.mark.parametrize("rule", params(SPLITTING))
def test_controls_in_values_and_targets(rule: Rule):
    hold(rule)


@pytest.mark.parametrize("rule", params(OVERFLOWS))
def test_integer_overflow_in_header_lengths(rule: Rule):
    hold(rule)


@pytest.mark.parametrize("rule", params(EXPECTATIONS))
def test_expect_games(rule: Rule):
    hold(rule)


def test_expect_games_end_with_an_early_answer():
    # Whoever is answered before its body was wanted may send it or not: so nothing can follow.
    gone = message("HTTP/1.1 403 Forbidden", "Content-Length: 0", "Connection: close")
    refuse = {Phase.TENANT: (lambda _: Respond(ResponseHead(403, body_length=0)),)}
    sends = (EXPECT, Wait(b"\r\n\r\n"), HIDDEN)
    hold(Rule("early", "", sends, (gone,), plane={"handlers": refuse}))


@pytest.mark.parametrize("direction", [Phase.FORWARD, Phase.RESPONSE])
def test_controls_that_a_module_puts_into_a_field_reach_nobody(direction: Phase):
    def split(exchange: Exchange) -> None:
        head = exchange.request if direction is Phase.FORWARD else exchange.response
        head.headers.set(b"X-A", b"a\r\nX-Evil: b")

    async def main() -> None:
        async with (
            running_backend() as backend,
            running_plane([("127.0.0.1", backend.port)], handlers={direction: (split,)}) as plane,
        ):
            with contextlib.suppress(ConnectionError):
                assert b"X-Evil" not in await ask(plane.port, CLOSE)
            assert b"X-Evil" not in b"".join(backend.heads)
            await settle(plane)

    run(main())
