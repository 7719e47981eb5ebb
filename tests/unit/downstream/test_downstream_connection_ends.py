"""How the connection of a client ends, and who is said to have ended it."""

import asyncio

from bfe_py.downstream import Terms
from bfe_py.model import Body, Headers, Reply, RequestHead, ResponseHead
from bfe_py.transport import NO_RATE
from tests.kit.client_connection import GET, LAST, ClientCase, Held, post
from tests.kit.transports import run_case, run_plain, settle

in_loop = run_case(lambda: ClientCase().connect())
unhurried = run_case(lambda: ClientCase(Terms(least_rate=NO_RATE)).connect())
once = run_case(lambda: ClientCase(Terms(requests=1)).connect())
securely_once = run_case(lambda: ClientCase(Terms(requests=1), is_secure=True).connect())
unhurried_once = run_case(lambda: ClientCase(Terms(requests=1, least_rate=NO_RATE)).connect())
securely = run_case(lambda: ClientCase(is_secure=True).connect())


# --- before a request


@in_loop
async def test_a_client_that_says_nothing_is_let_go(case: ClientCase) -> None:
    await asyncio.sleep(59)
    assert not case.transport.is_closing()
    await asyncio.sleep(2)
    assert case.transport.is_closed
    assert case.transport.take() == b""
    case.transport.drop()
    assert case.fault == "CLIENT_TIMEOUT"
    assert case.endpoint.counters.timeouts == 1
    assert case.endpoint.counters.closed == 0


@in_loop
async def test_a_head_that_never_ends_is_told_so(case: ClientCase) -> None:
    await asyncio.sleep(30)
    await case.say(b"GET / HTTP")
    await asyncio.sleep(59)
    assert not case.transport.is_closing()
    await asyncio.sleep(2)
    assert case.transport.take().startswith(b"HTTP/1.1 408 ")
    assert case.transport.has_ended
    assert case.endpoint.counters.timeouts == 1


@in_loop
async def test_a_head_that_never_ends_is_not_read_for_long_behind_its_answer(
    case: ClientCase,
) -> None:
    await case.say(b"GET / HTTP/1.1\r\n")
    for _ in range(60 + 5):
        await case.say(b"X: y\r\n")
        await asyncio.sleep(1)
    assert case.transport.is_closed
    assert case.endpoint.counters.timeouts == 1


@in_loop
async def test_a_head_that_never_ends_may_just_be_given_up(case: ClientCase) -> None:
    case.endpoint.terms = Terms(hides_timeouts=True)
    await case.say(b"GET / HTTP")
    await asyncio.sleep(61)
    assert case.transport.take() == b""
    assert case.transport.is_closed


@in_loop
async def test_a_malformed_head_is_refused_and_the_client_may_finish(case: ClientCase) -> None:
    answer = await case.say(b"GET / HTTP/1.1\nHost: h\n\n")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"\r\nDate: " in answer
    assert case.transport.has_ended
    assert not case.transport.is_closed
    assert case.connection.eof_received() is False
    case.transport.drop()
    assert case.fault == "CLIENT_BAD_REQUEST"
    assert case.phases.closed[0].bytes_written == len(answer)


@in_loop
async def test_a_client_that_leaves_between_requests_ends_the_session(case: ClientCase) -> None:
    await case.say(GET)
    assert case.connection.eof_received() is False
    case.transport.drop()
    assert case.fault == "CLIENT_CLOSE"
    assert case.endpoint.counters.closed == 1
    assert case.endpoint.connections == set()
    assert case.endpoint.counters.connections_active == 0
    (session,) = case.phases.closed
    assert session.ended >= session.started


@in_loop
async def test_a_client_that_leaves_within_a_head_ends_the_session(case: ClientCase) -> None:
    await case.say(b"GET / HT")
    assert case.connection.eof_received() is False
    assert case.transport.is_closed
    case.transport.drop()
    assert case.fault == "CLIENT_CLOSE"


@in_loop
async def test_a_reset_is_told_from_an_end(case: ClientCase) -> None:
    case.transport.drop(ConnectionResetError())
    assert case.fault == "CLIENT_RESET"
    assert case.endpoint.counters.resets == 1


@in_loop
async def test_a_connection_that_is_idle_for_long_is_closed_by_us(case: ClientCase) -> None:
    await case.say(GET)
    await asyncio.sleep(61)
    assert case.transport.is_closed
    assert case.endpoint.counters.idle_ended == 1
    case.transport.drop()
    assert case.fault == ""


# --- refusals


def test_a_connection_that_is_refused_counts_as_none() -> None:
    async def main() -> None:
        case = ClientCase()
        case.phases.refuses = True
        case.connect()
        assert case.transport.is_aborted
        assert not hasattr(case.connection, "_codec")  # nothing was made for it
        case.transport.drop()
        assert case.endpoint.counters.connections == 0
        assert len(case.phases.closed) == 1

    run_plain(main())


def test_a_connection_that_is_refused_after_the_handshake_is_ended_by_us() -> None:
    async def main() -> None:
        case = ClientCase(is_secure=True)
        case.phases.refuses_handshake = True
        case.connect()
        assert case.transport.is_aborted
        case.transport.drop()
        assert case.fault == ""
        assert case.endpoint.counters.https_connections == 1
        assert case.endpoint.counters.https_connections_active == 0

    run_plain(main())


@securely
async def test_a_secure_connection_knows_its_handshake(case: ClientCase) -> None:
    tls = case.connection.session.tls
    assert tls is not None
    assert (tls.server_name, tls.version, tls.is_resumed) == ("h.test", "TLSv1.3", True)
    await case.say(GET)
    assert case.endpoint.counters.https_requests == 1


# --- the last answer


@in_loop
async def test_a_client_that_said_so_is_closed_behind_its_last_request(case: ClientCase) -> None:
    await case.say(LAST)
    assert case.transport.is_closed
    case.transport.drop()
    assert case.fault == ""


@once
async def test_a_client_that_may_send_on_gets_to_read_the_last_answer(case: ClientCase) -> None:
    await case.say(GET)
    assert case.transport.has_ended
    for _ in range(5):
        await asyncio.sleep(2)
        await case.say(GET)
        assert not case.transport.is_closed
    await asyncio.sleep(4)
    assert case.transport.is_closed
    assert len(case.heads) == 1


@once
async def test_a_client_that_sends_on_for_ever_is_closed(case: ClientCase) -> None:
    await case.say(GET)
    for _ in range(40):
        await asyncio.sleep(1)
        await case.say(GET)
    assert case.transport.is_closed


@unhurried_once
async def test_a_slow_client_gets_the_end_of_the_last_answer(case: ClientCase) -> None:
    case.transport.buffered = 1000
    await case.say(GET)
    for left in range(900, 0, -100):
        await asyncio.sleep(50)
        assert not case.transport.is_closing()
        case.transport.buffered = left
    case.transport.buffered = 0
    await asyncio.sleep(4)
    assert case.transport.is_closed


@unhurried
async def test_a_client_that_does_not_read_the_last_answer_is_cut_off(case: ClientCase) -> None:
    case.transport.buffered = 1000
    await case.say(LAST)
    assert case.transport.is_closed
    await asyncio.sleep(61)
    assert case.transport.is_aborted


@unhurried
async def test_a_client_that_left_and_does_not_read_is_cut_off(case: ClientCase) -> None:
    case.transport.buffered = 1000
    await case.say(GET)
    assert case.connection.eof_received() is False
    await asyncio.sleep(61)
    assert case.transport.is_aborted


@in_loop
async def test_a_refused_upload_is_not_waited_for(case: ClientCase) -> None:
    async def refuse(head: RequestHead, body: Body, reply: Reply) -> None:
        reply.announce_close()
        reply.send_whole(ResponseHead(413), b"")

    case.answer = refuse
    assert b"413" in await case.say(post(1000) + b"x")
    assert case.transport.has_ended
    assert not case.transport.is_closed


@securely_once
async def test_over_tls_the_last_answer_is_waited_for_without_a_half_close(
    case: ClientCase,
) -> None:
    await case.say(GET)
    assert not case.transport.has_ended
    assert not case.transport.is_closed
    await asyncio.sleep(4)
    assert case.transport.is_closed


# --- draining


@in_loop
async def test_an_idle_connection_ends_when_we_drain(case: ClientCase) -> None:
    await case.say(GET)
    assert not case.connection.is_ending
    case.endpoint.drain()
    assert case.transport.is_closed
    case.transport.drop()
    assert case.fault == ""


@in_loop
async def test_an_idle_connection_gets_one_more_answer_if_we_are_patient(case: ClientCase) -> None:
    await case.say(GET)
    case.endpoint.drain(is_patient=True)
    assert not case.transport.is_closing()
    assert b"Connection: close" in await case.say(GET)
    assert case.transport.has_ended


@in_loop
async def test_who_was_not_told_in_the_head_gets_another_answer_if_we_are_patient(
    case: ClientCase,
) -> None:
    go = asyncio.Event()

    async def answer(head: RequestHead, body: Body, reply: Reply) -> None:
        reply.send_head(ResponseHead(200, Headers([(b"Content-Length", b"2")]), body_length=2))
        await go.wait()
        reply.send_body(b"ok")
        reply.send_end()

    case.answer = answer
    await case.say(GET)
    case.endpoint.drain(is_patient=True)
    go.set()
    await settle()
    assert b"Connection: close" not in case.transport.take()
    assert not case.transport.is_closing()
    assert b"Connection: close" in await case.say(GET)
    assert case.transport.has_ended


@in_loop
async def test_who_can_be_told_in_the_head_is_told_also_if_we_are_patient(case: ClientCase) -> None:
    held = Held(case)
    await case.say(GET)
    case.endpoint.drain(is_patient=True)
    held.go.set()
    await settle()
    assert b"Connection: close" in case.transport.take()
    assert case.transport.has_ended


@in_loop
async def test_a_connection_that_is_new_gets_its_answer_if_we_are_patient(case: ClientCase) -> None:
    case.endpoint.drain(is_patient=True)
    assert b"Connection: close" in await case.say(GET)
    assert case.transport.has_ended


@in_loop
async def test_an_exchange_ends_before_its_connection_does(case: ClientCase) -> None:
    held = Held(case)
    await case.say(GET)
    case.endpoint.drain()
    assert not case.transport.is_closing()
    held.go.set()
    await settle()
    assert b"Connection: close" in case.transport.take()
    assert case.transport.has_ended


@in_loop
async def test_a_head_that_has_begun_is_an_exchange_too(case: ClientCase) -> None:
    await case.say(GET[:5])
    case.endpoint.drain()
    assert not case.transport.is_closing()
    assert b"Connection: close" in await case.say(GET[5:])


@once
async def test_a_connection_that_is_ending_already_is_left_to_it(case: ClientCase) -> None:
    await case.say(GET)
    assert case.connection.is_ending
    case.endpoint.drain()
    assert not case.transport.is_closed


@in_loop
async def test_a_connection_may_be_cut(case: ClientCase) -> None:
    case.connection.abort()
    assert case.transport.is_aborted
    case.transport.drop()
    case.connection.abort()
    assert case.fault == ""
