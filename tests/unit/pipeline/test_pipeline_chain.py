import asyncio
import logging
from collections.abc import Awaitable

import pytest

from bfe_py.model import Exchange, Fault, Headers, Kind, ResponseHead
from bfe_py.observe import Registry
from bfe_py.pipeline import Chain, ChainCounters, Close, Handler, Phase, Respond, Verdict
from tests.kit.modules import make_exchange, make_session

ANSWER = Respond(ResponseHead(204, Headers()))


def chain(phase: Phase, *handlers: Handler) -> tuple[Chain, Registry]:
    registry = Registry()
    named = tuple((f"mod_{number}", handler) for number, handler in enumerate(handlers))
    return Chain({phase: named}, registry.family(ChainCounters)), registry


def wait_for(made: Chain) -> Verdict:
    """Verdict of the phase TENANT, in a loop if one waits for it."""
    verdict = made.ask(Phase.TENANT, make_exchange())
    return asyncio.run(wait_on(verdict)) if isinstance(verdict, Awaitable) else verdict


async def wait_on(verdict: Awaitable[Verdict]) -> Verdict:
    return await verdict


def ask(*handlers: Handler) -> Verdict:
    return wait_for(chain(Phase.TENANT, *handlers)[0])


def failures(registry: Registry) -> dict[tuple[str, ...], float]:
    (sample,) = registry.read().samples
    return dict(sample.values)


def go_on(_: Exchange) -> None:
    return None


async def wait(_: Exchange) -> Verdict:
    await asyncio.sleep(0)
    return None


async def wait_and_answer(_: Exchange) -> Verdict:
    await asyncio.sleep(0)
    return ANSWER


def fail(_: object) -> None:
    raise ValueError("broken")


def test_without_handlers_there_is_no_verdict():
    made, _ = chain(Phase.TENANT)
    assert not made.has(Phase.TENANT)
    assert ask() is None


@pytest.mark.parametrize(
    ("handlers", "verdict"),
    [
        ((go_on, go_on), None),
        ((go_on, lambda _: ANSWER, fail), ANSWER),
        ((lambda _: Close("x"), fail), Close("x")),
        ((wait,), None),
        ((wait_and_answer,), ANSWER),
        ((wait, go_on), None),
        ((wait, wait_and_answer, fail), ANSWER),
        ((wait_and_answer, fail), ANSWER),
        ((wait, lambda _: ANSWER, fail), ANSWER),
    ],
)
def test_the_first_verdict_ends_the_phase(handlers: tuple[Handler, ...], verdict: Verdict):
    assert ask(*handlers) == verdict


@pytest.mark.parametrize(
    ("handlers", "is_there"),
    [
        ((go_on, go_on), True),
        ((go_on, lambda _: ANSWER, wait), True),
        ((go_on, wait), False),
        ((wait, lambda _: ANSWER), False),
    ],
)
def test_a_verdict_is_there_at_once_unless_a_handler_waits(
    handlers: tuple[Handler, ...], is_there: bool
):
    made, _ = chain(Phase.TENANT, *handlers)
    verdict = made.ask(Phase.TENANT, make_exchange())
    assert isinstance(verdict, Awaitable) is not is_there
    if isinstance(verdict, Awaitable):
        asyncio.run(wait_on(verdict))


async def wait_and_fail(_: Exchange) -> Verdict:
    await asyncio.sleep(0)
    raise ValueError("broken")


@pytest.mark.parametrize("handler", [fail, wait_and_fail])
def test_an_exception_counts_against_its_module(handler: Handler, caplog: pytest.LogCaptureFixture):
    made, registry = chain(Phase.TENANT, go_on, handler)
    with caplog.at_level(logging.CRITICAL, "bfe.pipeline"), pytest.raises(Fault) as caught:
        wait_for(made)
    assert caught.value.kind is Kind.MODULE
    assert caught.value.detail == "mod_1"
    assert failures(registry) == {("mod_1",): 1}


def test_a_fault_is_no_failure_of_the_module():
    def refuse(_: Exchange) -> Awaitable[Verdict]:
        raise Fault(Kind.TOO_MANY_REQUESTS)

    made, registry = chain(Phase.TENANT, refuse)
    with pytest.raises(Fault) as caught:
        wait_for(made)
    assert caught.value.kind is Kind.TOO_MANY_REQUESTS
    assert failures(registry) == {}


def test_a_session_is_refused_by_the_first_that_says_so():
    made, _ = chain(Phase.ACCEPT, lambda _: None, lambda _: Close("x"), fail)
    assert made.run_session(Phase.ACCEPT, make_session()) == Close("x")
    made, _ = chain(Phase.ACCEPT, lambda _: None)
    assert made.run_session(Phase.ACCEPT, make_session()) is None


def test_a_session_is_refused_by_a_module_that_fails():
    made, registry = chain(Phase.ACCEPT, fail)
    assert made.run_session(Phase.ACCEPT, make_session()) == Close("module")
    assert failures(registry) == {("mod_0",): 1}


def test_at_the_end_every_handler_runs():
    seen: list[str] = []
    made, registry = chain(
        Phase.FINISH,
        fail,
        lambda _: seen.append("a"),
        lambda _: Close("x"),
        lambda _: seen.append("b"),
    )
    assert made.run_finish(make_exchange())
    assert seen == ["a", "b"]
    assert failures(registry) == {("mod_0",): 1}
    made, _ = chain(Phase.FINISH, go_on)
    assert not made.run_finish(make_exchange())


def test_when_a_connection_closes_every_handler_runs():
    seen: list[str] = []
    made, registry = chain(Phase.CLOSE, fail, lambda _: seen.append("a"))
    made.run_close(make_session())
    assert seen == ["a"]
    assert failures(registry) == {("mod_0",): 1}


BY_NAME = {
    Phase.REQUEST: "request",
    Phase.TENANT: "tenant",
    Phase.ROUTE: "route",
    Phase.FORWARD: "forward",
    Phase.RESPONSE: "response",
}


@pytest.mark.parametrize(("phase", "name"), BY_NAME.items())
def test_a_phase_of_the_exchange_is_at_hand_under_its_own_name(phase: Phase, name: str):
    made, _ = chain(phase, lambda _: ANSWER)
    run = getattr(made, name)
    assert run(make_exchange()) is ANSWER
    assert made.ask(phase, make_exchange()) is ANSWER
    others = [getattr(made, other) for other in BY_NAME.values() if other != name]
    assert others == [None] * 4
    assert made.finish is None


def test_the_end_is_at_hand_where_a_module_takes_part_in_it():
    made, _ = chain(Phase.FINISH, lambda _: Close("x"))
    assert made.finish is not None
    assert made.finish(make_exchange())


def test_names_stand_beside_their_handlers():
    made, _ = chain(Phase.TENANT, go_on, go_on)
    assert made.names[Phase.TENANT] == ("mod_0", "mod_1")


class Waiting:
    """An awaitable that is no coroutine."""

    def __await__(self):
        yield


@pytest.mark.parametrize("handler", [wait, lambda _: Waiting()])
@pytest.mark.parametrize("phase", [Phase.ACCEPT, Phase.FINISH, Phase.CLOSE])
def test_where_nobody_waits_a_handler_that_wants_to_has_failed(handler: Handler, phase: Phase):
    made, registry = chain(phase, handler)
    match phase:
        case Phase.ACCEPT:
            assert made.run_session(phase, make_session()) == Close("module")
        case Phase.FINISH:
            assert not made.run_finish(make_exchange())
        case _:
            made.run_close(make_session())
    assert failures(registry) == {("mod_0",): 1}
