"""What modules say before an attempt, some of them after a while."""

import asyncio

import pytest

from bfe_py.model import BytesBody, Exchange, Fault, Kind, ResponseHead
from bfe_py.pipeline import Close, Phase, Respond, Verdict
from bfe_py.transport import EagerTask
from bfe_py.upstream import UpstreamResponse, ask, settled
from tests.kit.forwarding import FakeUpstream
from tests.kit.forwarding import ForwardCase as Case
from tests.kit.transports import run_plain

ANSWER = Respond(ResponseHead(403), b"no")


async def ponder(verdict: Verdict) -> Verdict:
    """A verdict after a while, by means that work in ordinary tasks only."""
    async with asyncio.timeout(9.0):
        await asyncio.sleep(1.0)
    return verdict


@pytest.mark.parametrize("verdict", [None, ANSWER, Close("test")])
def test_a_verdict_that_is_there_needs_no_loop(verdict: Verdict) -> None:
    with pytest.raises(StopIteration) as ended:
        settled(verdict).send(None)
    assert ended.value.value is verdict


@pytest.mark.parametrize("verdict", [None, ANSWER, Close("test")])
def test_a_verdict_that_takes_a_while_is_waited_for(verdict: Verdict) -> None:
    async def main() -> Verdict:
        return await settled(ponder(verdict))

    assert run_plain(main()) is verdict


def test_a_phase_is_asked_for_its_first_verdict() -> None:
    case = Case(FakeUpstream(), handlers=(lambda _: ponder(None), lambda _: ANSWER))

    async def main() -> Verdict:
        return await ask(case.chain, Phase.FORWARD, case.exchange)

    assert run_plain(main()) is ANSWER


@pytest.mark.parametrize(
    "handler", [lambda _: ponder(None), lambda _: None], ids=["late", "at once"]
)
def test_an_attempt_begins_when_no_module_objects(handler: object) -> None:
    case = Case(FakeUpstream(200), handlers=(handler,))
    assert isinstance(case.forward(), UpstreamResponse)
    assert case.upstream.hosts == ["10.0.0.1"]


def test_a_module_may_take_its_time_to_answer_in_place_of_the_backend() -> None:
    case = Case(FakeUpstream(), handlers=(lambda _: ponder(ANSWER),))
    assert case.forward() is ANSWER
    assert case.in_flight == 0
    assert case.upstream.hosts == []


def test_the_time_in_the_cluster_ends_when_a_module_answers() -> None:
    case = Case(FakeUpstream(), handlers=(lambda _: ANSWER,))
    case.forward()
    times = case.exchange
    assert 0 < times.cluster_started < times.cluster_ended


def test_a_module_that_fails_after_a_while_leaves_nothing_in_flight() -> None:
    async def fail(_: Exchange) -> Verdict:
        await asyncio.sleep(1.0)
        raise ZeroDivisionError

    case = Case(FakeUpstream(), handlers=(fail,))
    assert case.fault().kind is Kind.MODULE


def test_modules_may_wait_in_exchanges_that_run_in_callbacks() -> None:
    case = Case(FakeUpstream(200), handlers=(lambda _: ponder(None),))
    statuses: list[int] = []
    ended: list[Exception | None] = []

    async def forward() -> None:
        outcome = await case.forwarder.forward(
            case.chain, case.balancer, case.exchange, BytesBody(), case.reply
        )
        statuses.append(outcome.head.status)

    async def main() -> None:
        asyncio.get_running_loop().call_soon(lambda: EagerTask(forward(), ended.append))
        await asyncio.sleep(2.0)

    run_plain(main())
    assert (statuses, ended) == ([200], [None])


def test_an_exchange_that_is_cancelled_while_a_module_waits_leaves_nothing_in_flight() -> None:
    case = Case(FakeUpstream(), handlers=(lambda _: ponder(None),))

    async def main() -> None:
        forwarding = asyncio.get_running_loop().create_task(
            case.forwarder.forward(
                case.chain, case.balancer, case.exchange, BytesBody(), case.reply
            )
        )
        await asyncio.sleep(0.5)
        assert case.in_flight == 1
        forwarding.cancel()
        with pytest.raises(asyncio.CancelledError):
            await forwarding
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run_plain(main())
    assert case.in_flight == 0


def test_a_module_that_names_a_fault_is_taken_at_its_word() -> None:
    fault = Fault(Kind.BLOCKED, "test")

    async def refuse(_: Exchange) -> Verdict:
        raise fault

    case = Case(FakeUpstream(), handlers=(refuse,))
    assert case.fault() is fault
