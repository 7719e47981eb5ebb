"""Whoever wants to send waits while the transport is full."""

import asyncio

import pytest

from bfe_py.model import Fault, Kind
from bfe_py.transport import EagerTask, WriteGate
from tests.kit.transports import TimedLoop, run_plain, settle


def test_an_open_gate_lets_everybody_pass_at_once() -> None:
    async def main() -> None:
        gate = WriteGate(asyncio.get_running_loop())
        assert not gate.is_blocked
        waiting = gate.wait()
        with pytest.raises(StopIteration):
            waiting.send(None)

    run_plain(main())


def test_all_who_wait_at_a_shut_gate_go_on_when_it_opens() -> None:
    async def main() -> None:
        gate = WriteGate(asyncio.get_running_loop())
        gate.shut()
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(gate.wait()) for _ in range(3)]
            await settle()
            assert gate.is_blocked
            assert not any(task.done() for task in tasks)
            gate.open()

    run_plain(main())


def test_a_gate_that_shuts_again_at_once_still_holds() -> None:
    async def main() -> None:
        gate = WriteGate(asyncio.get_running_loop())
        gate.shut()
        async with asyncio.TaskGroup() as group:
            task = group.create_task(gate.wait())
            await settle()
            gate.open()
            gate.shut()
            await settle()
            assert not task.done()
            gate.open()

    run_plain(main())


def test_a_lost_connection_fails_who_waits_and_who_comes_later_with_the_first_fault() -> None:
    async def main() -> None:
        gate = WriteGate(asyncio.get_running_loop())
        gate.shut()
        first = Fault(Kind.CLIENT_CLOSED)
        waiting = asyncio.get_running_loop().create_task(gate.wait())
        await settle()
        gate.fail(first)
        gate.fail(Fault(Kind.CLIENT_WRITE))
        with pytest.raises(Fault) as caught:
            await waiting
        assert caught.value is first
        with pytest.raises(Fault) as caught:
            await gate.wait()
        assert caught.value is first

    run_plain(main())


def test_a_gate_that_failed_never_opens_again() -> None:
    async def main() -> None:
        gate = WriteGate(asyncio.get_running_loop())
        gate.shut()
        waiting = asyncio.get_running_loop().create_task(gate.wait())
        await settle()
        gate.fail(Fault(Kind.CLIENT_CLOSED))
        gate.open()
        with pytest.raises(Fault):
            await waiting
        assert gate.is_blocked

    run_plain(main())


def test_one_who_gave_up_waiting_does_not_disturb_the_others() -> None:
    async def main() -> None:
        gate = WriteGate(asyncio.get_running_loop())
        gate.shut()
        loop = asyncio.get_running_loop()
        given_up, other = loop.create_task(gate.wait()), loop.create_task(gate.wait())
        await settle()
        given_up.cancel()
        gate.open()
        await other
        assert given_up.cancelled() or given_up.cancelling()
        with pytest.raises(asyncio.CancelledError):
            await given_up

    run_plain(main())


class Writers:
    """Who waits at a gate, in tasks that go on at once."""

    def __init__(self) -> None:
        self.loop = TimedLoop()
        self.gate = WriteGate(self.loop)
        self.gate.shut()
        self.passed: list[str] = []
        self.ended: list[Exception | None] = []

    def begin(self, name: str, *, shuts: bool = False) -> None:
        EagerTask(self.wait(name, shuts=shuts), self.ended.append)

    async def wait(self, name: str, *, shuts: bool) -> None:
        await self.gate.wait()
        self.passed.append(name)
        if shuts:
            self.gate.shut()

    def end(self) -> None:
        self.loop.call_soon(self.loop.stop)
        self.loop.run_forever()
        self.loop.close()


def test_those_who_wait_have_gone_on_when_opening_returns() -> None:
    writers = Writers()
    writers.begin("first")
    writers.begin("second")
    writers.gate.open()
    assert writers.passed == ["first", "second"]
    writers.end()


def test_one_that_shuts_the_gate_again_holds_those_behind() -> None:
    writers = Writers()
    writers.begin("first", shuts=True)
    writers.begin("second")
    writers.gate.open()
    assert writers.passed == ["first"]
    writers.gate.open()
    assert writers.passed == ["first", "second"]
    writers.end()


def test_those_who_wait_learn_of_the_loss_when_who_told_it_is_done() -> None:
    writers = Writers()
    writers.begin("first")
    fault = Fault(Kind.CLIENT_CLOSED)
    writers.gate.fail(fault)
    assert writers.ended == []
    writers.end()
    assert writers.ended == [fault]
    assert writers.passed == []
