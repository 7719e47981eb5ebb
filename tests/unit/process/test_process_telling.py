import asyncio
from collections.abc import Iterator

import pytest

from bfe_py.control import Message, ReadingTaken
from bfe_py.observe import Counters, Registry, counter
from bfe_py.process.telling import Telling
from bfe_py.server import BackendRow


class Rooms(Counters, prefix="rooms", labels=("number",)):
    visits: int = counter("Visits.")
    exits: int = counter("Exits.")


class House:
    """So many rooms and backends."""

    def __init__(self, rooms: int, backends: int) -> None:
        self.registry = Registry()
        self.family = self.registry.family(Rooms)
        for number in range(rooms):
            self.family[str(number),].visits += 1
        self._backends = backends

    def backends(self) -> Iterator[BackendRow]:
        for number in range(self._backends):
            yield ("web", "sub", f"b{number}", f"10.0.0.1:{number}", 100, True, 0, 0)


class Loop:
    """Turns by hand."""

    def __init__(self) -> None:
        self.waiting: list[tuple] = []

    def call_soon(self, act, *arguments: object) -> None:
        self.waiting.append((act, *arguments))

    def turn(self) -> None:
        waiting, self.waiting = self.waiting, []
        for act, *arguments in waiting:
            act(*arguments)


class Sent:
    def __init__(self) -> None:
        self.messages: list[ReadingTaken] = []

    def send(self, message: Message) -> None:
        assert isinstance(message, ReadingTaken)
        self.messages.append(message)


def told(house: House) -> tuple[Sent, Loop]:
    sent, loop = Sent(), Loop()
    Telling(loop, house, 7).tell(sent, 9)  # type: ignore[arg-type]
    return sent, loop


def count_backends(sent: Sent) -> list[int]:
    return [len(one.backends) for one in sent.messages]


def count_values(sent: Sent) -> list[int]:
    return [sum(len(sample.values) for sample in one.reading.samples) for one in sent.messages]


def test_few_numbers_are_told_at_once():
    sent, loop = told(House(3, 2))
    (message,) = sent.messages
    assert (message.worker, message.request, message.is_last) == (7, 9, True)
    assert count_values(sent) == [6]
    assert count_backends(sent) == [2]
    assert loop.waiting == []


def test_of_many_numbers_one_piece_is_told_in_each_turn():
    sent, loop = told(House(3000, 0))
    assert [one.is_last for one in sent.messages] == [False]
    loop.turn()
    assert [one.is_last for one in sent.messages] == [False, False]
    loop.turn()
    assert [one.is_last for one in sent.messages] == [False, False, True]
    assert loop.waiting == []
    assert count_values(sent) == [3000, 3000, 0]
    assert {one.request for one in sent.messages} == {9}


@pytest.mark.parametrize(
    ("backends", "pieces"), [(0, [0]), (999, [999]), (1000, [1000, 0]), (2001, [1000, 1000, 1])]
)
def test_of_many_backends_too(backends: int, pieces: list[int]):
    sent, loop = told(House(1, backends))
    while loop.waiting:
        loop.turn()
    assert count_backends(sent) == pieces
    assert count_values(sent) == [2] + [0] * (len(pieces) - 1)
    assert [one.is_last for one in sent.messages] == [False] * (len(pieces) - 1) + [True]


def test_what_happens_between_pieces_is_in_none_or_in_a_whole_one():
    house = House(3000, 0)
    sent, loop = told(house)
    for number in range(3000):
        house.family[str(number),].visits += 1
        house.family[str(number),].exits += 1
    house.family["late",].exits += 1
    while loop.waiting:
        loop.turn()
    visits, exits = [piece.reading.samples[0] for piece in sent.messages[:2]]
    assert {value for _, value in visits.values} == {1}
    assert {value for _, value in exits.values} == {1}  # it was taken afterwards
    assert ("late",) not in dict(exits.values)


def test_requests_are_answered_each_by_itself():
    async def main() -> None:
        sent = Sent()
        telling = Telling(asyncio.get_running_loop(), House(3000, 0), 7)
        telling.tell(sent, 1)  # type: ignore[arg-type]
        telling.tell(sent, 2)  # type: ignore[arg-type]
        for _ in range(5):
            await asyncio.sleep(0)
        assert [one.request for one in sent.messages if one.is_last] == [1, 2]

    asyncio.run(main())
