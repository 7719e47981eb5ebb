"""What clients are granted: times, counts, and what only BFE does."""

import asyncio

import pytest

from bfe_py.downstream import Terms
from bfe_py.downstream.pace import Waiting
from bfe_py.model import Body, Headers, Reply, RequestHead
from tests.kit.client_connection import GET, ClientCase, Held, answer_ok, post, read_in_vain
from tests.kit.transports import run_case, run_plain, settle

OK = b"HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 0\r\n\r\n"
OK_LAST = b"HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

in_loop = run_case(lambda: ClientCase().connect())
twice = run_case(lambda: ClientCase(Terms(requests=2)).connect())
never_again = run_case(lambda: ClientCase(Terms(keeps_alive=False)).connect())


@twice
async def test_a_connection_carries_as_many_requests_as_granted(case: ClientCase) -> None:
    assert await case.say(GET * 3) == OK + OK_LAST
    assert case.endpoint.counters.over_requests == 1
    assert case.transport.has_ended


@never_again
async def test_a_connection_may_be_granted_one_request_only(case: ClientCase) -> None:
    assert await case.say(GET) == OK_LAST


@in_loop
async def test_the_cluster_says_how_long_the_next_request_may_take(case: ClientCase) -> None:
    case.connection.session.idle_seconds = 7.0
    await case.say(GET)
    assert case.connection._wire.pace.waiting is Waiting.IDLE
    await asyncio.sleep(6)
    assert not case.transport.is_closed
    await asyncio.sleep(2)
    assert case.transport.is_closed


@in_loop
async def test_time_that_ran_before_a_request_does_not_run_for_its_answer(case: ClientCase) -> None:
    await case.say(GET)
    await asyncio.sleep(59)
    held = Held(case)
    await case.say(GET)
    await asyncio.sleep(59)
    assert not case.transport.is_closing()
    held.go.set()
    assert b" 204 " in await case.heard()
    await asyncio.sleep(59)
    assert not case.transport.is_closing()
    await asyncio.sleep(2)
    assert case.transport.is_closed


@in_loop
async def test_a_body_that_came_too_late_is_still_dropped_to_its_end(case: ClientCase) -> None:
    held = Held(case)
    codes: list[str] = []

    async def read_late(head: RequestHead, body: Body, reply: Reply) -> None:
        await held.go.wait()
        codes.append(await read_in_vain(body))
        reply.abort()

    case.answer = read_late
    await case.say(post(4))
    await asyncio.sleep(31)
    await case.say(b"late")
    await case.say(GET)
    held.go.set()
    await settle()
    assert codes == ["CLIENT_TIMEOUT"]
    assert len(case.heads) == 1
    assert case.transport.is_aborted


@pytest.mark.parametrize("is_secure", [False, True])
def test_requests_are_counted_as_they_come_and_go(is_secure: bool) -> None:
    async def main() -> None:
        case = ClientCase(is_secure=is_secure).connect()
        counters, held = case.endpoint.counters, Held(case)
        await case.say(GET)
        assert counters.requests == counters.requests_active == 1
        assert counters.https_requests == counters.https_requests_active == int(is_secure)
        assert counters.http_requests == counters.http_requests_active == int(not is_secure)
        held.go.set()
        await settle()
        assert counters.requests == counters.http_requests + counters.https_requests == 1
        assert counters.requests_active == counters.http_requests_active == 0
        assert counters.https_requests_active == 0

    run_plain(main())


# --- as BFE


def test_as_bfe_a_refusal_is_a_status_line() -> None:
    async def main() -> None:
        case = ClientCase(Terms(follows_bfe=True)).connect()
        assert await case.say(b"GET / HTTP/1.1\r\n\r\n") == b"HTTP/1.1 400 Bad Request\r\n\r\n"
        assert case.transport.has_ended

    run_plain(main())


@pytest.mark.parametrize("follows_bfe", [False, True])
def test_trailers_of_a_request_are_dropped_as_bfe_does(follows_bfe: bool) -> None:
    async def main() -> None:
        seen: list[Headers | None] = []

        async def read(head: RequestHead, body: Body, reply: Reply) -> None:
            while await body.read():
                pass
            seen.append(body.trailers())
            await answer_ok(head, body, reply)

        case = ClientCase(Terms(follows_bfe=follows_bfe), answer=read).connect()
        head = b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        assert await case.say(head + b"1\r\na\r\n0\r\nSum: 1\r\n\r\n") == OK
        assert [None if one is None else list(one) for one in seen] == [
            None if follows_bfe else [(b"Sum", b"1")]
        ]

    run_plain(main())
