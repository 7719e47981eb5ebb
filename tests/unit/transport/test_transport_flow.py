"""Whoever wants to send waits while the transport is full."""

import asyncio

import pytest

from bfe_py.model import Fault, Kind
from bfe_py.transport import WriteGate
from tests.kit.transports import run_plain, settle


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
