"""Connections that are idle let go of what they know of their clients."""

from bfe_py.downstream.cooling import Cooling
from bfe_py.model.session import NO_HOST, NO_TENANT
from tests.kit.whole_way import GET, OK, TO_CLIENT, Way, on_way


class Loop:
    """Timers that a test lets pass."""

    def __init__(self) -> None:
        self.timers: list[tuple[float, object]] = []

    def call_later(self, seconds: float, act: object) -> object:
        self.timers.append((seconds, act))
        return act

    def turn(self) -> float:
        (seconds, act), *self.timers = self.timers
        act()
        return seconds


class Known:
    """A connection that is used so many times more."""

    def __init__(self, uses: int = 0) -> None:
        self.uses = uses
        self.asked = 0

    def cool(self) -> bool:
        self.asked += 1
        self.uses -= 1
        return self.uses < 0


def test_nobody_is_asked_while_nobody_is_warm() -> None:
    loop = Loop()
    cooling = Cooling(loop)
    assert loop.timers == []
    one = Known()
    cooling.warm(one)
    assert loop.turn() == 1.0
    assert (one.asked, loop.timers) == (1, [])


def test_who_is_used_is_asked_again_a_second_later() -> None:
    loop = Loop()
    cooling, busy, idle = Cooling(loop), Known(2), Known()
    cooling.warm(busy)
    cooling.warm(idle)
    assert [loop.turn() for _ in range(3)] == [1.0, 1.0, 1.0]
    assert (busy.asked, idle.asked, loop.timers) == (3, 1, [])


def test_who_is_gone_is_not_asked() -> None:
    loop = Loop()
    cooling, gone = Cooling(loop), Known()
    cooling.warm(gone)
    cooling.lose(gone)
    cooling.lose(gone)
    assert loop.turn() == 1.0
    assert (gone.asked, loop.timers) == (0, [])


def test_many_are_asked_in_steps() -> None:
    loop = Loop()
    cooling, many = Cooling(loop), [Known() for _ in range(450)]
    for one in many:
        cooling.warm(one)
    assert loop.turn() == 1.0
    assert sum(one.asked for one in many) == 200
    late = Known()
    cooling.warm(late)
    assert [loop.turn(), loop.turn()] == [0.005, 0.005]
    assert {one.asked for one in many} == {1}
    assert (loop.turn(), late.asked, loop.timers) == (1.0, 1, [])


class Warmed:
    """Notes who begins to know its client."""

    def __init__(self) -> None:
        self.seen: list[object] = []

    def warm(self, one: object) -> None:
        self.seen.append(one)

    def lose(self, one: object) -> None:
        self.seen.remove(one)


@on_way()
async def test_a_connection_lets_go_when_it_was_not_used_since_it_was_asked(way: Way) -> None:
    warmed = way.endpoint.cooling = Warmed()
    await way.say(GET)
    client, session = way.client, way.client.session
    session.cached["some module"] = 1
    assert not client.cool()  # there is an exchange
    assert await way.answer(OK) == TO_CLIENT
    assert session.cached == {"some module": 1}
    assert client.cool()
    assert (session.known_host, session.known_tenant) == (NO_HOST, NO_TENANT)
    assert session.cached == {}
    seen = len(warmed.seen)
    assert await way.say(GET) == GET
    assert await way.answer(OK) == TO_CLIENT
    assert len(warmed.seen) == seen + 1
    assert not client.cool()
    assert client.cool()


@on_way()
async def test_a_connection_that_is_gone_has_nothing_to_let_go(way: Way) -> None:
    warmed = way.endpoint.cooling = Warmed()
    await way.say(GET)
    assert await way.answer(OK) == TO_CLIENT
    assert warmed.seen == [way.client]
    way.client.connection_lost(None)
    assert warmed.seen == []
    assert way.client.cool()
