"""Exchanges that take too long altogether."""

import asyncio
from collections.abc import Callable

from bfe_py.downstream import Terms
from bfe_py.model import Body, Fault, Headers, Reply, RequestHead, ResponseHead
from tests.kit.client_connection import GET, ClientCase
from tests.kit.transports import run_case, settle

in_loop = run_case(lambda: ClientCase(Terms(exchange_seconds=20.0)).connect())

Begin = Callable[[Reply], None]


class Waiting:
    """Serves until it is interrupted, then as the proxy does."""

    def __init__(self, case: ClientCase, begin: Begin = lambda _: None) -> None:
        self.begin = begin
        self.go = asyncio.Event()
        self.faults: list[str] = []
        case.answer = self.serve

    async def serve(self, head: RequestHead, body: Body, reply: Reply) -> None:
        self.begin(reply)
        try:
            await asyncio.get_running_loop().create_task(self.go.wait())
        except Fault as fault:
            self.faults.append(fault.code)
            if reply.has_begun:
                reply.abort()
            else:
                reply.send_whole(ResponseHead(fault.status(compatible=False)), b"")
        else:
            reply.send_end()


def streams(status: int, media_type: bytes) -> Begin:
    def begin(reply: Reply) -> None:
        headers = Headers([(b"Content-Type", media_type)])
        reply.send_head(ResponseHead(status, headers, body_length=None))
        reply.flush()

    return begin


@in_loop
async def test_an_exchange_that_takes_too_long_is_told_so_and_the_next_may_follow(
    case: ClientCase,
) -> None:
    waiting = Waiting(case)
    await case.say(GET)
    await asyncio.sleep(19)
    assert case.transport.take() == b""
    await asyncio.sleep(2)
    assert case.transport.take().startswith(b"HTTP/1.1 504 ")
    assert waiting.faults == ["EXCHANGE_TIMEOUT"]
    await asyncio.sleep(10)
    await case.say(GET)
    await asyncio.sleep(19)
    assert case.transport.take() == b""
    await asyncio.sleep(2)
    assert case.transport.take().startswith(b"HTTP/1.1 504 ")


@in_loop
async def test_an_answer_that_has_begun_is_cut_off(case: ClientCase) -> None:
    waiting = Waiting(case, streams(200, b"text/plain"))
    await case.say(GET)
    await asyncio.sleep(21)
    assert waiting.faults == ["EXCHANGE_TIMEOUT"]
    assert case.transport.is_aborted


@in_loop
async def test_an_event_stream_has_no_end_in_time(case: ClientCase) -> None:
    waiting = Waiting(case, streams(200, b"text/event-stream"))
    await case.say(GET)
    await asyncio.sleep(3600)
    waiting.go.set()
    await settle()
    assert waiting.faults == []
    assert case.transport.take().endswith(b"0\r\n\r\n")


@in_loop
async def test_an_exchange_that_is_over_in_time_is_left_alone(case: ClientCase) -> None:
    waiting = Waiting(case, streams(200, b"text/plain"))
    await case.say(GET)
    waiting.go.set()
    await settle()
    assert case.transport.take().endswith(b"0\r\n\r\n")
    await asyncio.sleep(30)
    assert waiting.faults == []
    assert not case.transport.is_closing()


@in_loop
async def test_a_connection_that_is_gone_has_no_exchange_to_end(case: ClientCase) -> None:
    waiting = Waiting(case)
    await case.say(GET)
    case.transport.drop()
    await asyncio.sleep(30)
    assert waiting.faults == []
    waiting.go.set()
    await settle()


def test_without_a_limit_an_exchange_takes_as_long_as_it_does() -> None:
    async def check(case: ClientCase) -> None:
        waiting = Waiting(case)
        await case.say(GET)
        await asyncio.sleep(86_400)
        assert waiting.faults == []
        case.transport.drop()
        waiting.go.set()
        await settle()

    run_case(lambda: ClientCase().connect())(check)()
