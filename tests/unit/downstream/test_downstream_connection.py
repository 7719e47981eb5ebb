"""One connection of a client: requests and their bodies, one exchange after the other."""

import asyncio

from bfe_py.model import Body, Reply, RequestHead, ResponseHead
from bfe_py.protocol import BodyReceived, H1Server, MessageEnded, StreamReset
from bfe_py.transport.body import HIGH_WATER
from tests.kit.client_connection import GET, LOCAL, PEER, ClientCase, post, read_in_vain
from tests.kit.transports import run_case, settle

OK = b"HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 0\r\n\r\n"
OK_LAST = b"HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

in_loop = run_case(lambda: ClientCase().connect())


@in_loop
async def test_a_request_is_served_and_answered(case: ClientCase) -> None:
    assert await case.say(GET) == OK
    assert [head.target for head in case.heads] == [b"/a"]
    session = case.connection.session
    assert (session.peer.text, session.local.text) == (PEER[0], LOCAL[0])
    assert (session.listener, session.requests, session.bytes_read) == ("http", 1, len(GET))
    counters = case.endpoint.counters
    assert (counters.requests, counters.requests_active, counters.connections_active) == (1, 0, 1)


@in_loop
async def test_a_head_may_come_byte_by_byte(case: ClientCase) -> None:
    begun = case.loop.time()
    for byte in GET[:-1]:
        assert await case.say(bytes([byte])) == b""
        await asyncio.sleep(0.1)
    assert await case.say(GET[-1:]) == OK
    assert case.heads[0].received == begun


@in_loop
async def test_requests_that_come_together_are_answered_in_their_order(case: ClientCase) -> None:
    assert await case.say(GET * 3) == OK * 3
    assert case.connection.session.requests == 3


@in_loop
async def test_a_body_is_read_as_it_comes(case: ClientCase) -> None:
    pieces: list[bytes] = []

    async def read(head: RequestHead, body: Body, reply: Reply) -> None:
        while piece := await body.read():
            pieces.append(piece)
        reply.send_whole(ResponseHead(204), b"")

    case.answer = read
    assert await case.say(post(6) + b"abc") == b""
    assert (await case.say(b"def")).startswith(b"HTTP/1.1 204 ")
    assert pieces == [b"abc", b"def"]


@in_loop
async def test_trailers_come_with_the_end_of_a_body(case: ClientCase) -> None:
    seen: list[bytes | None] = []

    async def read(head: RequestHead, body: Body, reply: Reply) -> None:
        while await body.read():
            pass
        trailers = body.trailers()
        seen.append(None if trailers is None else trailers.get(b"sum"))
        reply.send_whole(ResponseHead(204), b"")

    case.answer = read
    head = b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    await case.say(head + b"1\r\na\r\n0\r\nSum: 1\r\n\r\n")
    assert seen == [b"1"]


@in_loop
async def test_the_next_request_waits_unread_until_this_one_is_answered(case: ClientCase) -> None:
    done = asyncio.Event()

    async def wait(head: RequestHead, body: Body, reply: Reply) -> None:
        await done.wait()
        reply.send_whole(ResponseHead(204), b"")

    case.answer = wait
    await case.say(GET)
    assert not case.transport.is_reading_paused
    await case.say(GET)
    assert case.transport.is_reading_paused
    assert len(case.heads) == 1
    done.set()
    await settle()
    assert len(case.heads) == 2
    assert not case.transport.is_reading_paused


@in_loop
async def test_a_body_that_waits_behind_another_request_is_read_to_its_end(
    case: ClientCase,
) -> None:
    done = asyncio.Event()

    async def wait(head: RequestHead, body: Body, reply: Reply) -> None:
        await done.wait()
        while await body.read():
            pass
        reply.send_whole(ResponseHead(204), b"")

    case.answer = wait
    await case.say(GET)
    await case.say(post(6) + b"abc")
    assert case.transport.is_reading_paused
    done.set()
    await settle()
    assert not case.transport.is_reading_paused
    assert (await case.say(b"def")).count(b"HTTP/1.1 204 ") == 2


@in_loop
async def test_a_body_that_nobody_reads_pauses_its_client_and_has_no_deadline(
    case: ClientCase,
) -> None:
    reads = asyncio.Event()

    async def wait(head: RequestHead, body: Body, reply: Reply) -> None:
        await reads.wait()
        while await body.read():
            pass
        reply.send_whole(ResponseHead(204), b"")

    case.answer = wait
    length = HIGH_WATER * 2
    await case.say(post(length) + b"x" * (length - 1))
    assert case.transport.is_reading_paused
    await asyncio.sleep(1000)
    assert not case.transport.is_closing()
    reads.set()
    await settle()
    assert not case.transport.is_reading_paused
    assert b"204" in await case.say(b"x")


@in_loop
async def test_a_client_that_expects_it_is_told_to_continue_once_its_body_is_read(
    case: ClientCase,
) -> None:
    assert await case.say(post(2, b"Expect: 100-continue")) == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert await case.say(b"hi") == OK
    assert case.connection.session.used_continue
    assert case.endpoint.counters.continues == 1


@in_loop
async def test_a_client_that_sends_its_body_unasked_is_not_told_to_continue(
    case: ClientCase,
) -> None:
    assert await case.say(post(2, b"Expect: 100-continue") + b"hi") == OK


@in_loop
async def test_a_client_that_began_with_its_body_is_not_told_to_continue(case: ClientCase) -> None:
    assert await case.say(post(2, b"Expect: 100-continue") + b"h") == b""
    assert await case.say(b"i") == OK


@in_loop
async def test_an_answer_instead_of_continue_ends_the_connection(case: ClientCase) -> None:
    async def refuse(head: RequestHead, body: Body, reply: Reply) -> None:
        reply.send_whole(ResponseHead(403), b"")

    case.answer = refuse
    assert b"Connection: close" in await case.say(post(2, b"Expect: 100-continue"))
    assert case.transport.has_ended
    # Whatever the client sends now is no request.
    assert await case.say(b"hi" + GET) == b""
    assert len(case.heads) == 1


@in_loop
async def test_a_body_that_was_not_read_is_dropped_and_the_connection_goes_on(
    case: ClientCase,
) -> None:
    async def ignore(head: RequestHead, body: Body, reply: Reply) -> None:
        reply.send_whole(ResponseHead(204), b"")

    case.answer = ignore
    assert b"204" in await case.say(post(6) + b"abc")
    assert case.endpoint.counters.requests_active == 1
    assert b"204" in await case.say(b"def" + GET)
    assert case.endpoint.counters.requests_active == 0
    assert not case.transport.is_closing()


@in_loop
async def test_answers_that_the_client_does_not_take_hold_back_the_next_request(
    case: ClientCase,
) -> None:
    async def fill(head: RequestHead, body: Body, reply: Reply) -> None:
        case.connection.pause_writing()
        reply.send_whole(ResponseHead(204), b"")

    case.answer = fill
    await case.say(GET * 2)
    assert len(case.heads) == 1
    case.connection.resume_writing()
    await settle()
    assert len(case.heads) == 2


@in_loop
async def test_a_malformed_body_reaches_who_reads_it(case: ClientCase) -> None:
    codes: list[str] = []

    async def read(head: RequestHead, body: Body, reply: Reply) -> None:
        codes.append(await read_in_vain(body))
        reply.send_whole(ResponseHead(400), b"")

    case.answer = read
    head = b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert b"400" in await case.say(head + b"ZZ\r\n")
    assert codes == ["CLIENT_BAD_REQUEST"]
    assert case.endpoint.counters.bad_requests == 1
    assert case.transport.has_ended


@in_loop
async def test_an_exchange_that_crashes_ends_its_connection_only(case: ClientCase) -> None:
    async def crash(head: RequestHead, body: Body, reply: Reply) -> None:
        raise RuntimeError("broken")

    case.answer = crash
    assert await case.say(GET) == b""
    assert case.transport.is_aborted
    assert case.endpoint.counters.crashes == 1
    assert case.endpoint.counters.requests_active == 0


class OtherCodec(H1Server):
    """Tells what HTTP/1.1 has no way to tell."""

    def take_request(self, piece: bytes) -> None:
        return None

    def receive_data(self, piece: bytes) -> list[object]:
        of_others = [StreamReset(1, 0), BodyReceived(7, b"x", 1), MessageEnded(7, None)]
        return [*of_others, *super().receive_data(piece)]


@in_loop
async def test_events_of_other_protocols_change_nothing(case: ClientCase) -> None:
    case.connection._codec = OtherCodec()
    assert await case.say(GET) == OK
