"""Exchanges that wait for nothing but their backend, and where a coroutine takes them over."""

import asyncio

import pytest

from bfe_py.balance import Retry
from bfe_py.model import Kind
from bfe_py.pipeline import Phase
from tests.kit.transports import run_plain
from tests.kit.whole_way import GET, OK, TO_CLIENT, Way, on_way

GONE = b"HTTP/1.1 504 Gateway Timeout\r\nDate: x\r\nContent-Length: 0\r\n\r\n"

# --- by itself


@on_way()
async def test_a_request_goes_over_a_kept_connection_and_its_answer_comes_back(way: Way) -> None:
    assert await way.say() == b"GET /a HTTP/1.1\r\nHost: shop.test\r\n\r\n"
    assert way.finished == []
    assert await way.answer(OK) == TO_CLIENT
    exchange = way.exchange
    assert (exchange.tenant, exchange.cluster, exchange.host_tag) == ("shop", "web", "tag")
    assert (exchange.nth, exchange.body_bytes, exchange.response_body_bytes) == (2, 0, 2)
    assert exchange.response_bytes == len(TO_CLIENT)
    assert exchange.attempt is not None
    assert exchange.attempt.is_reused
    assert exchange.head_ended <= exchange.cluster_started <= exchange.cluster_ended
    assert exchange.cluster_ended <= exchange.response_started <= exchange.response_ended
    assert (way.counters.requests, way.counters.responses, way.counters.reused) == (2, 2, 1)
    assert (way.counters.idle_connections, len(way.backends)) == (1, 1)


@on_way(is_trusted=True)
async def test_a_trusted_peer_names_the_client(way: Way) -> None:
    await way.say(GET[:-2] + b"X-Real-Ip: 198.51.100.1\r\n\r\n")
    await way.answer(OK)
    assert way.exchange.client is not None
    assert way.exchange.client.text == "198.51.100.1"


@on_way()
async def test_a_head_that_came_in_two_pieces_began_with_the_first(way: Way) -> None:
    begun = way.loop.time()
    await way.say(GET[:9])
    await asyncio.sleep(2)
    await way.say(GET[9:])
    await way.answer(OK)
    assert way.exchange.head_started == begun
    assert way.exchange.head_ended == begun + 2


@on_way()
async def test_interim_responses_are_passed_on(way: Way) -> None:
    await way.say()
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    assert await way.answer(hints) == hints
    assert await way.answer(OK) == TO_CLIENT
    await way.say()
    assert await way.answer(hints + OK) == hints + TO_CLIENT
    assert way.counters.idle_connections == 1


@on_way()
async def test_an_answer_may_have_no_body(way: Way) -> None:
    await way.say()
    said = await way.answer(b"HTTP/1.1 304 Not Modified\r\nETag: 1\r\n\r\n")
    assert said == b"HTTP/1.1 304 Not Modified\r\nETag: 1\r\nDate: x\r\n\r\n"
    await way.say(b"HEAD" + GET[3:])
    said = await way.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
    assert said == b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nDate: x\r\n\r\n"
    assert await way.say() == GET
    assert await way.answer(OK) == TO_CLIENT


# --- what has to be waited for


def test_without_a_kept_connection_one_is_made() -> None:
    async def main() -> None:
        way = Way()
        assert await way.say() == b"GET /a HTTP/1.1\r\nHost: shop.test\r\n\r\n"
        assert await way.answer(OK) == TO_CLIENT
        assert way.exchange.attempt is not None
        assert not way.exchange.attempt.is_reused
        assert way.in_flight == 0

    run_plain(main())


@pytest.mark.parametrize("pieces", [[OK[:9], OK[9:]], [OK[:-1], OK[-1:]], [OK[:-2], b"o", b"k"]])
def test_an_answer_may_come_in_pieces(pieces: list[bytes]) -> None:
    async def main() -> None:
        way = await Way().begun()
        await way.say()
        said = await way.answer(*pieces)
        assert said == TO_CLIENT
        assert way.exchange.response_body_bytes == 2
        assert way.in_flight == 0
        assert way.counters.idle_connections == 1

    run_plain(main())


@on_way()
async def test_an_answer_may_end_with_its_connection(way: Way) -> None:
    await way.say()
    said = await way.answer(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", b"ok")
    said += await way.end()
    assert said.endswith(b"\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n")
    assert way.counters.open_connections == 0


@on_way()
async def test_a_kept_connection_that_was_closed_is_not_the_clients_matter(way: Way) -> None:
    await way.say()
    assert await way.end() == b""
    assert len(way.backends) == 2
    assert await way.asked() == b"GET /a HTTP/1.1\r\nHost: shop.test\r\n\r\n"
    assert await way.answer(OK) == TO_CLIENT
    assert way.exchange.retries == 1
    assert way.exchange.fault is None


@on_way(retry=Retry(same_cluster=0, cross_cluster=0))
async def test_an_answer_that_is_none_is_told_so(way: Way) -> None:
    await way.say()
    said = await way.answer(b"SSH-2.0\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 502 ")
    assert way.exchange.fault is not None
    assert way.exchange.fault.kind is Kind.BAD_RESPONSE
    assert way.counters.open_connections == 0


@on_way(backends=1)
async def test_a_backend_that_does_not_answer_in_time_is_given_up(way: Way) -> None:
    await way.say()
    await asyncio.sleep(2.5)
    assert way.transport.take() == GONE
    assert way.exchange.fault is not None
    assert way.exchange.fault.kind is Kind.RESPONSE_TIMEOUT
    assert way.counters.open_connections == 0


@on_way(handlers={Phase.FORWARD: (lambda _: None,)})
async def test_modules_that_see_every_attempt_see_this_one(way: Way) -> None:
    assert await way.say() == b"GET /a HTTP/1.1\r\nHost: shop.test\r\n\r\n"
    assert await way.answer(OK) == TO_CLIENT
