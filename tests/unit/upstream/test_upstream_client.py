"""An attempt on a backend: which connection it uses, and what becomes of that."""

import asyncio

import pytest

from bfe_py.balance import Backend, Balancer, Cluster, LiveBackends, SubCluster, UpstreamTls
from bfe_py.model import BytesBody, Fault, Headers, Kind
from bfe_py.transport import BodyQueue, EagerTask
from tests.kit.backend_connection import GET, OK, post
from tests.kit.transports import run_case, settle
from tests.kit.upstream import CLUSTER, Client
from tests.kit.upstream import UpstreamCase as Case

in_loop = run_case(Case)


@in_loop
async def test_an_attempt_gets_its_answer_and_notes_its_times(case: Case) -> None:
    attempt = case.attempt()
    sending = case.loop.create_task(case.upstream.send(CLUSTER, attempt, GET, BytesBody()))
    await settle()
    case.transport.protocol.data_received(OK)
    response = await sending
    assert response.head.status == 200
    assert await response.body.read() == b"ok"
    assert not attempt.is_reused
    assert 0 < attempt.connect_started <= attempt.connect_ended <= attempt.ended
    assert response.received == attempt.ended
    assert (case.counters.requests, case.counters.responses) == (1, 1)


@in_loop
async def test_a_connection_is_kept_and_used_again(case: Case) -> None:
    await case.exchange()
    assert (case.counters.idle_connections, case.counters.open_connections) == (1, 1)
    attempt = case.attempt()
    sending = case.loop.create_task(case.upstream.send(CLUSTER, attempt, GET, BytesBody()))
    await settle()
    case.transport.protocol.data_received(OK)
    await sending
    assert attempt.is_reused
    assert len(case.transports) == 1
    assert case.counters.reused == 1
    assert case.counters.idle_connections == 0


@in_loop
async def test_a_connection_that_may_not_be_kept_is_closed(case: Case) -> None:
    await case.exchange(answer=b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
    assert case.transport.is_aborted
    assert case.counters.idle_connections == 0


@in_loop
async def test_an_answer_that_was_not_read_to_its_end_closes_the_connection(case: Case) -> None:
    response = await case.answered(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
    response.finish()
    assert case.transport.is_aborted


@in_loop
async def test_no_more_connections_are_kept_than_the_cluster_says(case: Case) -> None:
    cluster = Cluster("web", idle_connections=1)
    first = await case.answered(cluster=cluster)
    second = await case.answered(cluster=cluster)
    first.finish()
    second.finish()
    assert case.counters.idle_connections == 1
    assert [one.is_closed for one in case.transports] == [True, False]


@in_loop
async def test_a_backend_takes_no_more_connections_than_the_cluster_says(case: Case) -> None:
    cluster = Cluster("web", connections=1)
    response = await case.answered(cluster=cluster)
    fault = await case.fault(case.sending(cluster=cluster))
    assert fault.kind is Kind.CONNECT_LIMIT
    response.finish()
    case.transport.drop()
    assert case.counters.open_connections == 0
    await case.answered(cluster=cluster)


@in_loop
async def test_a_connection_that_is_refused_counts_as_none(case: Case) -> None:
    cluster = Cluster("web", connections=1)
    case.refusal = ConnectionRefusedError(111, "Connection refused")
    for _ in range(2):
        assert (await case.fault(case.sending(cluster=cluster))).kind is Kind.CONNECT
    assert case.counters.open_connections == 0
    assert case.counters.requests == 0


@in_loop
async def test_a_connection_that_is_made_too_late_counts_until_it_is_gone(case: Case) -> None:
    cluster = Cluster("web", connections=2)
    used = await case.answered(cluster=cluster)
    case.refusal, case.is_made_late = TimeoutError(), True
    assert (await case.fault(case.sending(cluster=cluster))).kind is Kind.CONNECT_TIMEOUT
    assert case.transport.is_aborted
    case.transport.drop()
    assert case.counters.open_connections == 1
    case.refusal = None
    await case.answered(cluster=cluster)
    assert (await case.fault(case.sending(cluster=cluster))).kind is Kind.CONNECT_LIMIT
    used.finish()


@in_loop
async def test_a_kept_connection_that_is_lost_is_forgotten(case: Case) -> None:
    await case.exchange()
    case.transport.drop()
    assert (case.counters.idle_connections, case.counters.open_connections) == (0, 0)
    await case.answered()
    assert len(case.transports) == 2


@in_loop
async def test_https_clusters_are_dialled_over_tls_and_share_nothing_with_http(case: Case) -> None:
    tls = UpstreamTls("shop.test", verifies=False)
    await case.exchange(Cluster("web", tls=tls))
    await case.exchange(Cluster("web", protocol="https", tls=tls))
    await case.exchange(Cluster("web", protocol="https", tls=tls))
    assert case.names == [None, "shop.test"]


@in_loop
async def test_a_body_is_sent_while_the_answer_is_awaited(case: Case) -> None:
    body = BodyQueue(case.loop, lambda: None, lambda: None)
    body.feed(b"one,")
    sending = case.sending(post(None), body)
    await settle()
    assert case.transport.take().endswith(b"4\r\none,\r\n")
    body.feed(b"two")
    body.wake()
    await settle()
    assert case.transport.take() == b"3\r\ntwo\r\n"
    body.end(Headers([(b"Sum", b"1")]))
    body.wake()
    await settle()
    assert case.transport.take() == b"0\r\nSum: 1\r\n\r\n"
    case.transport.protocol.data_received(OK)
    response = await sending
    response.finish()
    assert case.counters.idle_connections == 1


@in_loop
async def test_the_time_for_the_answer_begins_when_the_body_is_sent(case: Case) -> None:
    body = BodyQueue(case.loop, lambda: None, lambda: None)
    sending = case.sending(post(1), body)
    await asyncio.sleep(20.0)
    assert not sending.done()
    begun = case.loop.time()
    body.feed(b"x")
    body.end()
    body.wake()
    assert (await case.fault(sending)).kind is Kind.RESPONSE_TIMEOUT
    assert case.loop.time() - begun == pytest.approx(5.0, abs=0.1)


@in_loop
async def test_the_time_for_the_answer_is_limited_without_a_body_too(case: Case) -> None:
    assert (await case.fault(case.sending())).kind is Kind.RESPONSE_TIMEOUT
    assert case.transport.is_aborted


@in_loop
async def test_an_answer_before_the_end_of_the_body_costs_the_connection(case: Case) -> None:
    body = BodyQueue(case.loop, lambda: None, lambda: None)
    response = await case.answered(head=post(10), body=body)
    assert await response.body.read() == b"ok"
    response.finish()
    assert case.transport.is_aborted
    assert case.counters.idle_connections == 0


@in_loop
async def test_a_body_that_fails_gives_the_attempt_up(case: Case) -> None:
    body = BodyQueue(case.loop, lambda: None, lambda: None)
    sending = case.sending(post(10), body)
    await settle()
    body.fail(Fault(Kind.BAD_BODY))
    assert (await case.fault(sending)).kind is Kind.BAD_BODY
    assert case.transport.is_aborted


@in_loop
async def test_a_lost_connection_ends_the_sending_of_the_body(case: Case) -> None:
    body = BodyQueue(case.loop, lambda: None, lambda: None)
    sending = case.sending(post(10), body)
    await settle()
    case.transport.drop()
    assert (await case.fault(sending)).kind is Kind.READ_RESPONSE
    assert asyncio.all_tasks() == {asyncio.current_task()}


@in_loop
async def test_an_attempt_that_is_cancelled_leaves_nothing_behind(case: Case) -> None:
    body = BodyQueue(case.loop, lambda: None, lambda: None)
    for head in (GET, post(10)):
        sending = case.sending(head, body)
        await settle()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        assert case.transport.is_aborted
    assert asyncio.all_tasks() == {asyncio.current_task()}


@in_loop
async def test_an_attempt_that_is_cancelled_while_it_dials_leaves_nothing_behind(
    case: Case,
) -> None:
    async def hang(make, host, port):
        await case.loop.create_future()

    case.loop.create_connection = hang
    cluster = Cluster("web", connections=1)
    for _ in range(2):
        sending = case.sending(cluster=cluster)
        await settle()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
    await settle()
    assert case.counters.open_connections == 0
    assert asyncio.all_tasks() == {asyncio.current_task()}


@in_loop
async def test_an_attempt_may_run_in_the_callbacks_that_bring_its_answer(case: Case) -> None:
    contents: list[bytes] = []
    ended: list[Exception | None] = []

    async def exchange() -> None:
        response = await case.upstream.send(CLUSTER, case.attempt(), GET, BytesBody())
        contents.append(await response.body.read())
        response.finish()

    for number in range(3):
        case.loop.call_soon(lambda: EagerTask(exchange(), ended.append))
        await settle()
        case.transport.protocol.data_received(OK)
        assert contents == [b"ok"] * (number + 1)
        assert ended == [None] * (number + 1)
        assert case.counters.idle_connections == 1
    assert len(case.transports) == 1


@in_loop
async def test_a_client_that_leaves_ends_the_attempt(case: Case) -> None:
    client = Client()
    sending = case.sending(watcher=client)
    await settle()
    client.leave()
    assert (await case.fault(sending)).kind is Kind.CLIENT_CLOSED
    assert case.transport.is_aborted
    assert case.counters.cancelled == 1


@in_loop
async def test_interim_answers_go_to_the_client(case: Case) -> None:
    client = Client()
    await case.answered(b"HTTP/1.1 103 Early Hints\r\n\r\n" + OK, watcher=client)
    assert client.interim == [103]


@in_loop
async def test_the_attempts_of_an_exchange_end_with_its_answer(case: Case) -> None:
    backends = (Backend("b", "10.0.0.1", 80, 1),)
    balancer = Balancer(Cluster("web", (SubCluster("sub", 1, backends),)), LiveBackends())
    attempts = balancer.start()
    state = attempts.next(0.0).state
    response = await case.answered()
    response.attempts = attempts
    assert state.in_flight == 1
    response.finish()
    assert state.in_flight == 0


@in_loop
async def test_a_reload_closes_idle_connections_of_clusters_that_are_gone(case: Case) -> None:
    await case.exchange()
    await case.exchange(Cluster("gone"))
    case.upstream.retain(frozenset({"web"}))
    assert [one.is_closed for one in case.transports] == [False, True]
    assert case.counters.idle_connections == 1
    case.upstream.close()
    assert case.transports[0].is_closed
    assert case.counters.idle_connections == 0
