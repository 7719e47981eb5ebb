"""What an attempt leaves behind when it ends at an odd moment: nothing."""

import asyncio
from dataclasses import replace

from bfe_py.model import BytesBody, Fault, Kind
from bfe_py.transport import BodyQueue
from tests.kit.backend_connection import GET, OK, post
from tests.kit.transports import FakeTransport, run_case, settle
from tests.kit.upstream import CLUSTER, Client
from tests.kit.upstream import UpstreamCase as Case

in_loop = run_case(Case)

KEY = ("web", "10.0.0.1", 80, 0)
ONE = replace(CLUSTER, connections=1)


def pieces(case: Case) -> BodyQueue:
    return BodyQueue(case.loop, lambda: None, lambda: None)


async def assert_nothing_is_left(case: Case) -> None:
    """The one connection that is allowed is free, and nobody is busy."""
    for transport in case.transports:
        if transport.is_aborted and not transport.is_closed:
            transport.drop()
    assert case.upstream._pool.open_connections(KEY) == case.counters.idle_connections
    assert case.counters.open_connections == case.counters.idle_connections
    assert asyncio.all_tasks() == {asyncio.current_task()}


@in_loop
async def test_a_body_that_has_failed_before_it_is_sent(case: Case) -> None:
    body = pieces(case)
    body.fail(Fault(Kind.BAD_BODY, "chunk-size"))
    fault = await case.fault(case.sending(post(10), body, ONE))
    assert fault.kind is Kind.BAD_BODY
    assert case.transport.is_aborted
    await assert_nothing_is_left(case)


@in_loop
async def test_a_client_that_left_while_the_backend_was_dialled(case: Case) -> None:
    class Gone(Client):
        def when_gone(self, act, *, counts_half_close: bool = False) -> None:
            if act is not None:
                act()

    fault = await case.fault(case.sending(cluster=ONE, watcher=Gone()))
    assert fault.kind is Kind.CLIENT_CLOSED
    assert case.transport.take() == b""
    assert case.counters.cancelled == 1
    await assert_nothing_is_left(case)


@in_loop
async def test_a_backend_that_closes_before_the_dialling_is_seen_to_end(case: Case) -> None:
    create = case.loop.create_connection

    async def lose(make, host, port):
        transport, protocol = await create(make, host, port)
        transport.drop()
        return transport, protocol

    case.loop.create_connection = lose
    fault = await case.fault(case.sending(cluster=ONE))
    assert fault.kind is Kind.READ_RESPONSE
    await assert_nothing_is_left(case)


@in_loop
async def test_a_connection_that_is_made_and_lost_while_it_is_given_up(case: Case) -> None:
    async def fail(make, host, port):
        FakeTransport(make()).drop()
        raise TimeoutError

    case.loop.create_connection = fail
    fault = await case.fault(case.sending(cluster=ONE))
    assert fault.kind is Kind.CONNECT_TIMEOUT
    await assert_nothing_is_left(case)


@in_loop
async def test_a_body_that_crashes_gives_the_attempt_up(case: Case) -> None:
    class Broken(BytesBody):
        def read_ready(self) -> None:
            return None

        async def read(self) -> bytes:
            raise RuntimeError("broken")

    sending = case.sending(post(10), Broken(), ONE)
    await settle()
    assert case.transport.is_aborted
    case.transport.drop()
    assert (await case.fault(sending)).kind is Kind.READ_RESPONSE
    await assert_nothing_is_left(case)


@in_loop
async def test_a_body_that_crashes_later_gives_the_attempt_up(case: Case) -> None:
    crash = case.loop.create_future()

    class Broken(BytesBody):
        def read_ready(self) -> None:
            return None

        async def read(self) -> bytes:
            return await crash

    sending = case.sending(post(10), Broken(), ONE)
    await settle()
    crash.set_exception(RuntimeError("broken"))
    await settle()
    assert case.transport.is_aborted
    case.transport.drop()
    assert (await case.fault(sending)).kind is Kind.READ_RESPONSE
    await assert_nothing_is_left(case)


@in_loop
async def test_a_connection_whose_answer_came_early_is_not_kept(case: Case) -> None:
    body = pieces(case)
    sending = case.sending(post(6), body, ONE)
    await settle()
    body.feed(b"abc")
    body.wake()
    await settle()
    case.transport.protocol.data_received(OK)
    response = await sending
    # The rest comes after all, but whether the backend reads it is not known.
    body.feed(b"def")
    body.end()
    body.wake()
    await settle()
    assert case.transport.take().endswith(b"def")
    response.finish()
    assert case.transport.is_closing()
    case.transport.drop()
    await assert_nothing_is_left(case)


@in_loop
async def test_the_end_of_the_answer_ends_the_sending_of_the_body_at_once(case: Case) -> None:
    body = pieces(case)
    sending = case.sending(post(6), body, ONE)
    await settle()
    case.transport.protocol.data_received(OK)
    response = await sending
    response.finish()
    assert case.transport.is_aborted
    case.transport.take()
    body.feed(b"abcdef")
    body.end()
    body.wake()
    await settle()
    assert body.taken == 0
    assert case.transport.take() == b""
    case.transport.drop()
    await assert_nothing_is_left(case)


@in_loop
async def test_a_watcher_is_told_what_counts_as_leaving(case: Case) -> None:
    told: list[bool] = []

    class Asked(Client):
        def when_gone(self, act, *, counts_half_close: bool = False) -> None:
            told.append(counts_half_close)

    await case.answered(watcher=Asked())
    await case.answered(watcher=Asked(), cluster=replace(CLUSTER, cancels_on_close=True))
    assert told == [False, True]


@in_loop
async def test_the_fields_of_an_attempt_are_times_of_one_clock(case: Case) -> None:
    attempt = case.attempt()
    sending = case.loop.create_task(case.upstream.send(CLUSTER, attempt, GET, BytesBody()))
    await settle()
    case.transport.protocol.data_received(OK)
    await sending
    assert attempt.connect_started <= attempt.connect_ended <= attempt.ended
