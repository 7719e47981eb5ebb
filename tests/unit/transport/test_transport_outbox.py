"""What is written in one turn of the loop leaves together, behind it."""

import asyncio
from collections.abc import Callable

from bfe_py.transport import Outbox
from tests.kit.transports import FakeTransport, run_case


class Case:
    def __init__(self) -> None:
        self.outbox = Outbox(asyncio.get_running_loop())
        self.done: list[str] = []

    def transport(self, name: str, then: Callable[[], object] | None = None) -> "Noting":
        return Noting(self, name, then)


class Noting(FakeTransport):
    def __init__(self, case: Case, name: str, then: Callable[[], object] | None) -> None:
        super().__init__(asyncio.Protocol())
        self.case = case
        self.name = name
        self.then = then

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.case.done.append(f"{self.name} {bytes(data).decode()}")
        if self.then is not None:
            self.then()


in_loop = run_case(Case)


@in_loop
async def test_messages_are_written_behind_the_callbacks_that_are_due(case: Case) -> None:
    loop = asyncio.get_running_loop()
    loop.call_soon(lambda: case.outbox.post(case.transport("one"), b"a"))
    loop.call_soon(lambda: case.outbox.post(case.transport("two"), b"b"))
    loop.call_soon(case.done.append, "all is read")
    await asyncio.sleep(0)
    assert case.done == ["all is read"]
    await asyncio.sleep(0)
    assert case.done == ["all is read", "one a", "two b"]


@in_loop
async def test_each_message_is_written_once(case: Case) -> None:
    one = case.transport("one")
    turn = case.outbox.post(one, b"a")
    assert turn == case.outbox.turn
    case.outbox.flush()
    assert case.done == ["one a"]
    assert turn < case.outbox.turn
    await asyncio.sleep(0)
    assert case.done == ["one a"]
    case.outbox.post(one, b"b")
    await asyncio.sleep(0)
    assert case.done == ["one a", "one b"]


@in_loop
async def test_what_a_write_posts_has_the_next_turn(case: Case) -> None:
    later = case.transport("later")
    now = case.transport("now", lambda: case.outbox.post(later, b"b"))
    case.outbox.post(now, b"a")
    await asyncio.sleep(0)
    assert case.done == ["now a"]
    await asyncio.sleep(0)
    assert case.done == ["now a", "later b"]


@in_loop
async def test_a_transport_that_was_closed_meanwhile_is_sent_nothing(case: Case) -> None:
    closed = case.transport("closed")
    case.outbox.post(closed, b"a")
    case.outbox.post(case.transport("open"), b"b")
    closed.close()
    await asyncio.sleep(0)
    assert case.done == ["open b"]
