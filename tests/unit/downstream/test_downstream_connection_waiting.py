"""Requests that wait behind another one, and answers that wait for their client."""

import asyncio

from bfe_py.downstream import Terms
from bfe_py.model import Body, Fault, Headers, Reply, RequestHead, ResponseHead
from bfe_py.transport import NO_RATE
from tests.kit.client_connection import GET, ClientCase, in_callback
from tests.kit.transports import run_case, settle

OK = b"HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 2\r\n\r\nok"
TAKEN = 100_000

in_loop = run_case(lambda: ClientCase(answer=answer_two).connect())
unhurried = run_case(lambda: ClientCase(Terms(least_rate=NO_RATE)).connect())


async def answer_two(head: RequestHead, body: Body, reply: Reply) -> None:
    fields = Headers([(b"Date", b"x"), (b"Content-Length", b"2")])
    reply.send_whole(ResponseHead(200, fields, body_length=2), b"ok")


class Full:
    """Answers fill up what the transport takes, each of them."""

    def __init__(self, case: ClientCase) -> None:
        self.case = case
        case.answer = self.serve

    async def serve(self, head: RequestHead, body: Body, reply: Reply) -> None:
        self.case.transport.buffered = TAKEN
        self.case.connection.pause_writing()
        await answer_two(head, body, reply)

    async def take(self) -> bytes:
        """The client takes all that waits; what else it hears then."""
        self.case.transport.buffered = 0
        await in_callback(self.case.connection.resume_writing)
        return await self.case.heard()


# --- requests


@in_loop
async def test_a_request_is_answered_before_the_callback_that_brought_it_returns(
    case: ClientCase,
) -> None:
    heard: list[bytes] = []

    def say() -> None:
        case.connection.data_received(GET)
        heard.append(case.transport.take())
        case.connection.data_received(GET)
        heard.append(case.transport.take())

    await in_callback(say)
    assert heard == [OK, OK]


@in_loop
async def test_one_that_came_together_with_another_is_served_in_the_next_turn(
    case: ClientCase,
) -> None:
    heard: list[bytes] = []

    def say() -> None:
        case.loop.call_soon(lambda: heard.append(b"another connection"))
        case.connection.data_received(GET * 2)
        heard.append(case.transport.take())

    await in_callback(say)
    assert await case.heard() == OK
    assert heard == [OK, b"another connection"]


@in_loop
async def test_one_that_waits_is_not_served_once_its_client_has_left(case: ClientCase) -> None:
    def say_and_leave() -> None:
        case.connection.data_received(GET * 2)
        case.transport.drop()

    await in_callback(say_and_leave)
    await settle()
    assert len(case.heads) == 1
    assert case.fault == "CLIENT_CLOSE"
    assert case.endpoint.connections == set()
    assert case.endpoint.counters.requests_active == 0


@in_loop
async def test_one_that_waits_is_not_served_on_a_connection_that_was_cut(case: ClientCase) -> None:
    def say_and_cut() -> None:
        case.connection.data_received(GET * 2)
        case.connection.abort()

    await in_callback(say_and_cut)
    await settle()
    assert len(case.heads) == 1
    case.transport.drop()
    assert case.fault == ""


@in_loop
async def test_a_connection_where_one_waits_ends_when_we_drain(case: ClientCase) -> None:
    def say_and_drain() -> None:
        case.connection.data_received(GET * 2)
        case.endpoint.drain()

    await in_callback(say_and_drain)
    await settle()
    assert case.transport.has_ended
    assert case.endpoint.counters.requests_active == 0


@in_loop
async def test_one_that_waits_is_answered_although_no_more_will_come(case: ClientCase) -> None:
    def say_all() -> None:
        case.connection.data_received(GET * 2)
        assert case.connection.eof_received() is True

    await in_callback(say_all)
    await settle()
    assert len(case.heads) == 2
    assert case.transport.take().count(b"200 OK") == 2
    assert case.transport.is_closed


@in_loop
async def test_one_of_which_only_a_part_waits_is_served_when_it_is_whole(case: ClientCase) -> None:
    assert await case.say(GET + GET[:9]) == OK
    assert not case.transport.is_reading_paused
    assert await case.say(GET[9:]) == OK


# --- answers


@in_loop
async def test_an_answer_that_is_not_taken_holds_back_what_came_with_its_request(
    case: ClientCase,
) -> None:
    full = Full(case)
    assert await case.say(GET * 2) == OK
    assert len(case.heads) == 1
    assert await full.take() == OK
    assert len(case.heads) == 2


@in_loop
async def test_an_answer_that_is_not_taken_holds_back_what_comes_later(case: ClientCase) -> None:
    full = Full(case)
    assert await case.say(GET) == OK
    assert await case.say(GET) == b""
    assert len(case.heads) == 1
    assert case.transport.is_reading_paused
    assert await full.take() == OK
    assert len(case.heads) == 2
    assert await full.take() == b""
    assert not case.transport.is_closing()
    assert not case.transport.is_reading_paused
    assert case.endpoint.counters.requests_active == 0


@in_loop
async def test_a_client_that_leaves_while_it_does_not_take_ends_the_session(
    case: ClientCase,
) -> None:
    Full(case)
    await case.say(GET)
    assert case.endpoint.counters.requests_active == 1
    case.transport.drop(ConnectionResetError())
    await settle()
    assert case.fault == "CLIENT_RESET"
    assert case.endpoint.counters.requests_active == 0


@in_loop
async def test_a_client_that_sends_no_more_and_takes_its_answer_late_gets_the_end(
    case: ClientCase,
) -> None:
    full = Full(case)
    assert await case.say(GET) == OK
    assert case.connection.eof_received() is True
    assert not case.transport.is_closing()
    await full.take()
    assert case.transport.is_closed


@unhurried
async def test_a_client_that_takes_some_and_then_nothing_is_cut_off(case: ClientCase) -> None:
    codes: list[str] = []

    async def stream(head: RequestHead, body: Body, reply: Reply) -> None:
        reply.send_head(ResponseHead(200, body_length=None))
        try:
            while True:
                reply.send_body(b"piece")
                case.transport.buffered = TAKEN
                case.connection.pause_writing()
                await reply.wait_writable()
        except Fault as fault:
            codes.append(fault.code)
            reply.abort()

    case.answer = stream
    await case.say(GET)
    await asyncio.sleep(59)
    case.transport.buffered = 0
    await in_callback(case.connection.resume_writing)
    assert (await case.heard()).count(b"piece") == 1
    await asyncio.sleep(59)
    assert not case.transport.is_aborted
    await asyncio.sleep(71)
    assert case.transport.is_aborted
    assert codes == ["CLIENT_WRITE"]
    case.transport.drop()
    assert case.fault == "CLIENT_WRITE"
    assert case.endpoint.counters.stalled == 1
    assert case.endpoint.counters.requests_active == 0


@in_loop
async def test_who_serves_may_fail_behind_the_answer(case: ClientCase) -> None:
    async def answer_and_crash(head: RequestHead, body: Body, reply: Reply) -> None:
        await answer_two(head, body, reply)
        raise RuntimeError("broken")

    case.answer = answer_and_crash
    assert await case.say(GET) == OK
    assert case.transport.has_ended
    assert not case.transport.is_aborted
    assert case.endpoint.counters.crashes == 1


@in_loop
async def test_who_serves_may_end_the_connection_behind_the_answer(case: ClientCase) -> None:
    async def answer_and_close(head: RequestHead, body: Body, reply: Reply) -> None:
        await answer_two(head, body, reply)
        reply.announce_close()
        reply.abort()

    case.answer = answer_and_close
    assert await case.say(GET) == OK
    assert case.transport.has_ended
    assert not case.transport.is_aborted
