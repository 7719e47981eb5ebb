"""Exchanges come to the same with a coroutine and without: in bytes, in notes and in numbers."""

import asyncio
from collections.abc import Callable, Mapping

import pytest

from bfe_py.model import Exchange
from bfe_py.pipeline import Close, Phase
from tests.kit.both_ways import Play, see
from tests.kit.proxy_case import teapot, transform
from tests.kit.whole_way import GET, OK, Way

Handlers = Mapping[Phase, tuple[Callable[[Exchange], object], ...]]


def request(line: bytes = b"GET /a HTTP/1.1", *fields: bytes, host: bytes = b"shop.test") -> bytes:
    return b"\r\n".join([line, b"Host: " + host, *fields, b"", b""])


REQUESTS = {
    "plain": GET,
    "HEAD": request(b"HEAD /a HTTP/1.1"),
    "DELETE": request(b"DELETE /a HTTP/1.1"),
    "POST": request(b"POST /a HTTP/1.1"),
    "OPTIONS": request(b"OPTIONS /a HTTP/1.1"),
    "with a query": request(b"GET /a?b=c&d=%20 HTTP/1.1"),
    "with escapes": request(b"GET /%61%20 HTTP/1.1"),
    "with dots": request(b"GET /a/../b HTTP/1.1"),
    "without a form": request(b"GET /a%2fb HTTP/1.1"),
    "absolute": request(b"GET http://shop.test/x HTTP/1.1"),
    "HTTP/1.0": request(b"GET /a HTTP/1.0"),
    "of nobody": request(host=b"other.test"),
    "with a port": request(host=b"SHOP.test:8080"),
    "without a host": request(host=b""),
    "that goes nowhere": request(b"GET /nowhere HTTP/1.1"),
    "with many fields": request(
        b"GET /a HTTP/1.1",
        b"Cookie: a=b; c=d",
        b"X-Forwarded-For: 198.51.100.7",
        b"X-Real-Ip: 198.51.100.1",
        b"Accept: a",
        b"accept: b",
        b"Range: bytes=0-1",
        b"Max-Forwards: 0",
        b"Cache-Control: no-cache",
    ),
    "with a hop's fields": request(
        b"GET /a HTTP/1.1", b"Connection: keep-alive", b"Keep-Alive: 5", b"TE: trailers"
    ),
    "that is the last": request(b"GET /a HTTP/1.1", b"Connection: close"),
    "that expects": request(b"GET /a HTTP/1.1", b"Expect: 100-continue"),
}


def answers(*pieces: bytes, ends: bool = False) -> Play:
    """A backend that answers with `pieces`, and then may end its connection."""

    async def play(way: Way) -> None:
        over = len(way.backends) - 1
        if over < 0:
            return  # nobody was asked
        await way.answer(*pieces, over=over)
        if ends and not way.backends[over].is_closing():
            await way.end(over)
        if await way.asked():  # another attempt
            await way.answer(OK)

    return play


async def fall_silent(way: Way) -> None:
    await asyncio.sleep(3)


async def reset(way: Way) -> None:
    if way.backends:
        way.backends[-1].drop(ConnectionResetError())
    if await way.asked():
        await way.answer(OK)


async def leave(way: Way) -> None:
    way.transport.leave()


async def half_close(way: Way) -> None:
    way.client.eof_received()
    if way.backends:
        await way.answer(OK)


OK_LAST = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
MANY = b"HTTP/1.1 404 Nope\r\nDate: y\r\nServer: z\r\nKeep-Alive: 1\r\nSet-Cookie: a=b\r\n"

BACKENDS: dict[str, Play] = {
    "whole": answers(OK),
    "in pieces": answers(OK[:7], OK[7:-1], OK[-1:]),
    "head first": answers(OK[:-2], OK[-2:]),
    "without a body": answers(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    "a head only": answers(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"),
    "204": answers(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "304": answers(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n"),
    "many fields": answers(MANY + b"Content-Length: 2\r\n\r\nno"),
    "503": answers(b"HTTP/1.1 503 No\r\nContent-Length: 2\r\nRetry-After: 1\r\n\r\nno"),
    "chunked": answers(CHUNKED + b"2\r\nok\r\n0\r\n\r\n"),
    "chunked in pieces": answers(CHUNKED, b"2\r\nok", b"\r\n0\r\nSum: 1\r\n\r\n"),
    "to the end": answers(b"HTTP/1.1 200 OK\r\n\r\nok", ends=True),
    "for the last time": answers(OK_LAST),
    "and ends": answers(OK, ends=True),
    "HTTP/1.0": answers(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", ends=True),
    "too much": answers(OK + b"more"),
    "too little": answers(OK[:-1], ends=True),
    "hints first": answers(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", OK),
    "hints with it": answers(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK),
    "switch": answers(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"),
    "garbage": answers(b"SSH-2.0\r\n\r\n"),
    "events": answers(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n", b"data"),
    "nothing but an end": answers(ends=True),
    "a reset": reset,
    "nothing": fall_silent,
    "a client that leaves": leave,
    "a client that sends no more": half_close,
}


def fail(exchange: Exchange) -> None:
    raise RuntimeError("broken")


async def wait(exchange: Exchange) -> None:
    await asyncio.sleep(1)


async def wait_and_answer(exchange: Exchange) -> object:
    await asyncio.sleep(1)
    return teapot()


def change_request(exchange: Exchange) -> None:
    exchange.request.headers.set(b"X-Log-Id", b"1")
    exchange.request.headers.remove(b"accept")
    exchange.tag("a", "b")
    exchange.note("c", 1)


def frame_otherwise(exchange: Exchange) -> None:
    for name in (b"Content-Length", b"Transfer-Encoding", b"Connection", b"TE", b"Host"):
        exchange.request.headers.set(name, b"5")


def change_response(exchange: Exchange) -> None:
    assert exchange.response is not None
    exchange.response.headers.add(b"X-Seen", b"1")
    exchange.response.headers.remove(b"server")


def close(exchange: Exchange) -> None:
    exchange.closes = True


ON_WAY = (Phase.REQUEST, Phase.TENANT, Phase.ROUTE, Phase.FORWARD, Phase.RESPONSE)
MODULES: dict[str, Handlers] = {
    "change fields": {Phase.TENANT: (change_request,), Phase.RESPONSE: (change_response,)},
    "frame it otherwise": {Phase.TENANT: (frame_otherwise,)},
    "rewrite the host": {Phase.REQUEST: (lambda e: e.rewrite(host=b"shop.test:81"),)},
    "rewrite it away": {Phase.REQUEST: (lambda e: e.rewrite(host=b"other.test"),)},
    "rewrite the target": {Phase.ROUTE: (lambda e: e.rewrite(target=b"/x/./y?z"),)},
    "rewrite it badly": {Phase.ROUTE: (lambda e: e.rewrite(target=b"/x%2fy"),)},
    "change the body": {Phase.RESPONSE: (transform,)},
    "close behind it": {Phase.RESPONSE: (close,)},
    "skip RESPONSE": {
        Phase.TENANT: (lambda _: teapot(skips_response_phase=True, is_redirect=True),),
        Phase.RESPONSE: (change_response,),
    },
    **{f"answer in {one.name}": {one: (lambda _: teapot(closes=True),)} for one in ON_WAY},
    **{f"refuse in {one.name}": {one: (lambda _: Close("no"),)} for one in (*ON_WAY, Phase.FINISH)},
    **{f"wait in {one.name}": {one: (wait, change_request)} for one in ON_WAY},
    **{f"answer late in {one.name}": {one: (wait_and_answer,)} for one in ON_WAY},
    **{f"fail in {one.name}": {one: (fail,)} for one in ON_WAY},
}


def assert_same(asked: bytes, then: Play, handlers: Handlers | None = None) -> None:
    """Both ways come to the same."""

    async def play(way: Way) -> None:
        await way.say(asked)
        await then(way)
        await asyncio.sleep(1.5)
        if await way.asked():
            await then(way)

    seen = [
        see(
            play,
            is_direct=is_direct,
            handlers=handlers,
            is_trusted=True,
            rules=(('!req_path_in("/nowhere", false)', "web"),),
        )
        for is_direct in (True, False)
    ]
    assert seen[0] == seen[1]
    assert seen[0].in_flight == 0


@pytest.mark.parametrize("name", BACKENDS)
@pytest.mark.parametrize("asked", REQUESTS)
def test_whatever_is_asked_and_answered(asked: str, name: str) -> None:
    assert_same(REQUESTS[asked], BACKENDS[name])


@pytest.mark.parametrize("modules", MODULES)
@pytest.mark.parametrize(
    "name", ["whole", "in pieces", "chunked", "nothing but an end", "a client that leaves"]
)
@pytest.mark.parametrize("asked", ["HEAD", "with many fields"])
def test_whatever_modules_do(asked: str, name: str, modules: str) -> None:
    assert_same(REQUESTS[asked], BACKENDS[name], MODULES[modules])
