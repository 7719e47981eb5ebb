"""What one turn of the loop brings is read, then written, then finished, each kind together."""

import asyncio
from collections.abc import Callable

from bfe_py.transport import Turn
from tests.kit.transports import FakeTransport, run_case


class Case:
    def __init__(self) -> None:
        self.turn = Turn(asyncio.get_running_loop())
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
    loop.call_soon(lambda: case.turn.post(case.transport("one"), b"a"))
    loop.call_soon(lambda: case.turn.post(case.transport("two"), b"b"))
    loop.call_soon(case.done.append, "all is read")
    await asyncio.sleep(0)
    assert case.done == ["all is read"]
    await asyncio.sleep(0)
    assert case.done == ["all is read", "one a", "two b"]


@in_loop
async def test_each_message_is_written_once(case: Case) -> None:
    one = case.transport("one")
    number = case.turn.post(one, b"a")
    assert number == case.turn.number
    case.turn.flush()
    assert case.done == ["one a"]
    assert number < case.turn.number
    await asyncio.sleep(0)
    assert case.done == ["one a"]
    case.turn.post(one, b"b")
    await asyncio.sleep(0)
    assert case.done == ["one a", "one b"]


@in_loop
async def test_what_a_write_posts_has_the_next_turn(case: Case) -> None:
    later = case.transport("later")
    now = case.transport("now", lambda: case.turn.post(later, b"b"))
    case.turn.post(now, b"a")
    await asyncio.sleep(0)
    assert case.done == ["now a"]
    await asyncio.sleep(0)
    assert case.done == ["now a", "later b"]


@in_loop
async def test_a_transport_that_was_closed_meanwhile_is_sent_nothing(case: Case) -> None:
    closed = case.transport("closed")
    case.turn.post(closed, b"a")
    case.turn.post(case.transport("open"), b"b")
    closed.close()
    await asyncio.sleep(0)
    assert case.done == ["open b"]


# --- reading and finishing


class Worker:
    """Reads and finishes, and does something with that."""

    def __init__(self, case: Case, name: str, then: Callable[[], object] | None = None) -> None:
        self.case = case
        self.name = name
        self.then = then

    def read(self) -> None:
        self.case.done.append(f"{self.name} reads")
        if self.then is not None:
            self.then()

    def finish(self) -> None:
        self.case.done.append(f"{self.name} finishes")
        if self.then is not None:
            self.then()

    def abort(self) -> None:
        self.case.done.append(f"{self.name} aborts")


@in_loop
async def test_all_is_read_before_any_is_written_and_finished_behind_that(case: Case) -> None:
    out, over = case.transport("out"), Worker(case, "over")

    def answer() -> None:
        case.turn.finish(over)
        case.turn.post(out, b"a")

    case.turn.take(Worker(case, "one", answer))
    case.turn.take(Worker(case, "two", answer))
    assert case.done == []
    await asyncio.sleep(0)
    assert case.done == ["one reads", "two reads", *["out a"] * 2, *["over finishes"] * 2]
    await asyncio.sleep(0)
    assert len(case.done) == 6


@in_loop
async def test_what_reading_brings_to_read_is_read_in_the_same_turn(case: Case) -> None:
    more = Worker(case, "more")
    case.turn.take(Worker(case, "one", lambda: case.turn.take(more)))
    case.turn.take(Worker(case, "two"))
    await asyncio.sleep(0)
    assert case.done == ["one reads", "two reads", "more reads"]


@in_loop
async def test_what_finishing_brings_has_the_next_turn(case: Case) -> None:
    out, reader, over = case.transport("out"), Worker(case, "reader"), Worker(case, "other")

    def bring() -> None:
        case.turn.finish(over)
        case.turn.post(out, b"a")
        case.turn.take(reader)

    case.turn.finish(Worker(case, "one", bring))
    await asyncio.sleep(0)
    assert case.done == ["one finishes"]
    await asyncio.sleep(0)
    assert case.done == ["one finishes", "reader reads", "out a", "other finishes"]


@in_loop
async def test_who_fails_to_read_is_ended_and_the_others_go_on(case: Case) -> None:
    told: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: told.append(repr(context["exception"])))
    case.turn.take(Worker(case, "bad", lambda: {}["x"]))
    case.turn.take(Worker(case, "good"))
    case.turn.post(case.transport("out"), b"a")
    await asyncio.sleep(0)
    assert case.done == ["bad reads", "bad aborts", "good reads", "out a"]
    assert told == ["KeyError('x')"]
