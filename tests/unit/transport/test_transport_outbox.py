"""What is written in one turn of the loop leaves together, behind it."""

import asyncio
from collections.abc import Callable

from bfe_py.transport import Outbox
from tests.kit.transports import run_case


class Case:
    def __init__(self) -> None:
        self.outbox = Outbox(asyncio.get_running_loop())
        self.done: list[str] = []

    def writer(self, name: str, then: Callable[[], None] | None = None) -> "Writer":
        return Writer(self, name, then)


class Writer:
    def __init__(self, case: Case, name: str, then: Callable[[], None] | None) -> None:
        self.case = case
        self.name = name
        self.then = then

    def flush(self) -> None:
        self.case.done.append(self.name)
        if self.then is not None:
            self.then()


in_loop = run_case(Case)


@in_loop
async def test_who_is_held_writes_behind_the_callbacks_that_are_due(case: Case) -> None:
    loop = asyncio.get_running_loop()
    loop.call_soon(lambda: case.outbox.hold(case.writer("first")))
    loop.call_soon(lambda: case.outbox.hold(case.writer("second")))
    loop.call_soon(case.done.append, "all is read")
    await asyncio.sleep(0)
    assert case.done == ["all is read"]
    await asyncio.sleep(0)
    assert case.done == ["all is read", "first", "second"]


@in_loop
async def test_each_writes_once_for_each_time_it_is_held(case: Case) -> None:
    case.outbox.hold(case.writer("one"))
    case.outbox.flush()
    assert case.done == ["one"]
    await asyncio.sleep(0)
    assert case.done == ["one"]
    case.outbox.hold(case.writer("two"))
    await asyncio.sleep(0)
    assert case.done == ["one", "two"]


@in_loop
async def test_who_is_held_by_a_write_has_the_next_turn(case: Case) -> None:
    later = case.writer("later")
    case.outbox.hold(case.writer("now", lambda: case.outbox.hold(later)))
    await asyncio.sleep(0)
    assert case.done == ["now"]
    await asyncio.sleep(0)
    assert case.done == ["now", "later"]
