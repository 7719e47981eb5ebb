"""What becomes of an exchange whose client leaves, says no more, or takes nothing."""

import asyncio

from bfe_py.downstream import Terms
from bfe_py.model import Body, Reply, RequestHead, ResponseHead
from bfe_py.transport import NO_RATE
from tests.kit.client_connection import GET, ClientCase, Held, post, read_in_vain
from tests.kit.transports import run_case, settle

in_loop = run_case(lambda: ClientCase().connect())
unhurried = run_case(lambda: ClientCase(Terms(least_rate=NO_RATE)).connect())
securely = run_case(lambda: ClientCase(is_secure=True).connect())


@in_loop
async def test_a_client_that_leaves_is_told_to_who_serves_it(case: ClientCase) -> None:
    held = Held(case)
    await case.say(GET)
    case.transport.drop(ConnectionResetError())
    assert held.left == ["gone"]
    assert case.phases.closed == []
    held.go.set()
    await settle()
    assert held.left == ["gone", "CLIENT_WRITE"]
    assert case.fault == "CLIENT_RESET"
    assert case.endpoint.counters.unfinished == 1
    assert case.endpoint.counters.requests_active == 0


@in_loop
async def test_a_client_that_left_earlier_is_told_at_once(case: ClientCase) -> None:
    held = Held(case)
    await case.say(GET)
    case.transport.drop()
    assert held.reply is not None
    held.reply.when_gone(lambda: held.left.append("late"))
    assert held.left == ["gone", "late"]
    held.reply.when_gone(None)
    held.go.set()
    await settle()


@in_loop
async def test_a_body_whose_sender_leaves_fails(case: ClientCase) -> None:
    codes: list[str] = []

    async def read(head: RequestHead, body: Body, reply: Reply) -> None:
        codes.append(await read_in_vain(body))
        reply.abort()

    case.answer = read
    await case.say(post(6) + b"abc")
    case.transport.drop()
    await settle()
    assert codes == ["CLIENT_CLOSE"]
    assert case.fault == "CLIENT_CLOSE"


@in_loop
async def test_a_client_that_half_closes_gets_its_answer_and_then_the_end(
    case: ClientCase,
) -> None:
    held = Held(case)
    await case.say(GET)
    assert case.connection.eof_received() is True
    assert held.left == []
    held.go.set()
    await settle()
    assert case.transport.take().startswith(b"HTTP/1.1 204 ")
    assert case.transport.is_closed
    case.transport.drop()
    assert case.fault == "CLIENT_CLOSE"


@in_loop
async def test_a_client_that_half_closes_may_count_as_gone(case: ClientCase) -> None:
    held = Held(case)
    await case.say(GET)
    assert held.reply is not None
    held.reply.when_gone(lambda: held.left.append("half"), counts_half_close=True)
    case.connection.eof_received()
    assert held.left == ["half"]
    held.reply.when_gone(lambda: held.left.append("again"), counts_half_close=True)
    assert held.left == ["half", "again"]
    held.go.set()
    await settle()


@securely
async def test_over_tls_the_end_of_the_input_is_the_end(case: ClientCase) -> None:
    held = Held(case)
    await case.say(GET)
    assert case.connection.eof_received() is False
    held.go.set()
    await settle()


# --- too little comes, or is taken


@unhurried
async def test_a_body_that_stands_still_is_given_up(case: ClientCase) -> None:
    codes: list[str] = []

    async def read(head: RequestHead, body: Body, reply: Reply) -> None:
        codes.append(await read_in_vain(body))
        reply.announce_close()
        reply.send_whole(ResponseHead(408), b"")

    case.answer = read
    await case.say(post(9) + b"abc")
    await asyncio.sleep(29)
    await case.say(b"def")
    await asyncio.sleep(29)
    assert codes == []
    await asyncio.sleep(2)
    assert codes == ["CLIENT_TIMEOUT"]
    assert case.transport.take().startswith(b"HTTP/1.1 408 ")
    assert case.endpoint.counters.timeouts == 1


@in_loop
async def test_a_body_that_comes_too_slowly_is_given_up(case: ClientCase) -> None:
    codes: list[str] = []

    async def read(head: RequestHead, body: Body, reply: Reply) -> None:
        codes.append(await read_in_vain(body))
        reply.abort()

    case.answer = read
    await case.say(post(9999) + b"abc")
    for _ in range(10):
        await case.say(b"x" * 300)
        await asyncio.sleep(1)
    assert codes == []
    for _ in range(20):
        await case.say(b"x" * 100)
        await asyncio.sleep(1)
    assert codes == ["CLIENT_TIMEOUT"]


@in_loop
async def test_a_client_that_waits_to_be_asked_for_a_body_is_given_time(case: ClientCase) -> None:
    Held(case)
    await case.say(post(6, b"Expect: 100-continue"))
    await asyncio.sleep(29)
    assert case.endpoint.counters.timeouts == 0
    await asyncio.sleep(2)
    assert case.endpoint.counters.timeouts == 1


@in_loop
async def test_what_the_cluster_grants_for_a_body_counts_from_then_on(case: ClientCase) -> None:
    async def route(head: RequestHead, body: Body, reply: Reply) -> None:
        case.connection.session.read_seconds = 2.0
        await read_in_vain(body)
        reply.abort()

    case.answer = route
    await case.say(post(9))
    await asyncio.sleep(2.1)
    assert case.endpoint.counters.timeouts == 1


@unhurried
async def test_a_client_that_takes_nothing_is_cut_off(case: ClientCase) -> None:
    held = Held(case)
    await case.say(GET)
    case.transport.buffered = 100_000
    case.connection.pause_writing()
    await asyncio.sleep(59)
    case.transport.buffered = 90_000
    await asyncio.sleep(59)
    assert not case.transport.is_aborted
    await asyncio.sleep(61)
    assert case.transport.is_aborted
    case.transport.drop()
    held.go.set()
    await settle()
    assert held.left == ["gone", "CLIENT_WRITE"]
    assert case.fault == "CLIENT_WRITE"
    assert case.endpoint.counters.stalled == 1
    assert case.endpoint.counters.crashes == 0


@in_loop
async def test_a_client_that_takes_all_is_not(case: ClientCase) -> None:
    held = Held(case)
    await case.say(GET)
    case.transport.buffered = 100_000
    case.connection.pause_writing()
    case.connection.resume_writing()
    await asyncio.sleep(1000)
    assert not case.transport.is_aborted
    held.go.set()
    await settle()


@unhurried
async def test_what_a_client_owes_is_due_although_it_takes_nothing(case: ClientCase) -> None:
    Held(case)
    await case.say(post(6) + b"abc")
    case.connection.pause_writing()
    case.connection.resume_writing()
    await asyncio.sleep(31)
    assert case.endpoint.counters.timeouts == 1
