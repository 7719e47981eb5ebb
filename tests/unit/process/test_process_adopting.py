"""What a worker does with configurations that it is sent."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bfe_py.config import Changes, Part
from bfe_py.control import (
    Applied,
    Channel,
    Down,
    Drop,
    Message,
    Prepare,
    Prepared,
    PutParts,
    Use,
)
from bfe_py.process.adopting import Adopting
from tests.kit.loops import PatientLoop, run_patiently, settle
from tests.kit.workers import join

WEB: Down = ("web", "sub", "127.0.0.1", 81)
KEY, OTHER = ("routes", "shop", "0"), ("routes", "blog", "0")


def part(content: str) -> Part:
    return Part(content.encode(), content.encode())


class FakePlane:
    """A data plane that takes `seconds` for each step; `refusal` and `failure` are its errors."""

    def __init__(self) -> None:
        self.health = self
        self.did: list[object] = []
        self.seconds = 0.0
        self.refusal = ""
        self.failure = ""
        self.prepared: Changes | None = None
        self.used: Changes | None = None

    def expect(self, down: list[Down]) -> None:
        self.did.append(down)

    async def prepare(self, changes: Changes) -> str:
        self.did.append(changes.version)
        await asyncio.sleep(self.seconds)
        self.prepared = changes
        return self.refusal

    async def use(self) -> str:
        await asyncio.sleep(self.seconds)
        assert self.prepared is not None
        self.used = self.prepared
        return self.failure

    def drop(self) -> None:
        self.prepared = None


class Sent:
    """What adopts, and the controller that it hears and answers."""

    def __init__(self, loop: PatientLoop) -> None:
        self.plane = FakePlane()
        self.complaints = 0
        self.adopting = Adopting(self.plane, 3, self._cannot)
        self.following = loop.create_task(self.adopting.follow())
        self.connect()

    def _cannot(self) -> None:
        self.complaints += 1

    def connect(self) -> None:
        """Another controller takes over."""
        self.answers: list[Message] = []
        self.channel = Channel(lambda _, __: None, lambda _: None)
        join(Channel(lambda _, message: self.answers.append(message), lambda _: None), self.channel)
        self.adopting.connected()

    async def send(self, *messages: PutParts | Prepare | Use | Drop) -> None:
        for message in messages:
            self.adopting.received(self.channel, message)
        await settle()


@pytest.fixture
def sent():
    def run(main: Callable[[Sent], Awaitable[None]]) -> None:
        async def patiently(loop: PatientLoop) -> None:
            await main(Sent(loop))

        run_patiently(patiently)

    return run


def test_what_is_prepared_is_used_when_that_is_said(sent):
    async def main(sent: Sent) -> None:
        await sent.send(PutParts([(KEY, part("one"))]), Prepare(1, "v1", gone=[OTHER]))
        assert sent.answers == [Prepared(3, 1)]
        assert sent.adopting.version == ""
        assert sent.plane.used is None
        await sent.send(Use(1, [WEB]))
        assert sent.answers == [Prepared(3, 1), Applied(3, 1)]
        assert sent.adopting.version == "v1"
        assert sent.plane.used == Changes("v1", {KEY: part("one")}, frozenset([OTHER]))
        assert sent.plane.did == ["v1", [WEB]]

    sent(main)


def test_one_thing_is_done_after_the_other(sent):
    async def main(sent: Sent) -> None:
        sent.plane.seconds = 1.0
        await sent.send(
            Prepare(1, "v1"), Use(1), PutParts([(KEY, part("two"))]), Prepare(2, "v2", "v1")
        )
        await asyncio.sleep(4)
        assert sent.answers == [Prepared(3, 1), Applied(3, 1), Prepared(3, 2)]
        assert sent.adopting.version == "v1"
        assert sent.plane.prepared == Changes("v2", {KEY: part("two")})

    sent(main)


def test_what_cannot_be_compiled_is_said_and_not_used(sent):
    async def main(sent: Sent) -> None:
        sent.plane.refusal = "odd"
        await sent.send(Prepare(1, "v1"))
        assert sent.answers == [Prepared(3, 1, "odd")]
        assert sent.complaints == 0
        await sent.send(Use(1))
        assert sent.answers[1:] == [Applied(3, 1, "odd")]
        assert sent.complaints == 1
        assert sent.plane.used is None

    sent(main)


def test_what_cannot_be_used_is_said(sent):
    async def main(sent: Sent) -> None:
        sent.plane.failure = "address taken"
        await sent.send(Prepare(1, "v1"), Use(1))
        assert sent.answers[1:] == [Applied(3, 1, "address taken")]
        assert (sent.complaints, sent.adopting.version) == (1, "")

    sent(main)


def test_only_what_was_prepared_last_can_be_used(sent):
    async def main(sent: Sent) -> None:
        await sent.send(Prepare(1, "v1"), Prepare(2, "v2"), Use(1))
        assert sent.answers[-1] == Applied(3, 1, "it was not prepared")
        assert sent.plane.used is None

    sent(main)


def test_changes_of_what_is_not_in_use_are_refused(sent):
    async def main(sent: Sent) -> None:
        await sent.send(Prepare(1, "v1"), Use(1), Prepare(2, "v3", "v2"))
        assert sent.answers[-1] == Prepared(
            3, 2, "it is what changed since 'v2', and 'v1' is in use"
        )
        await sent.send(Prepare(3, "v3", is_whole=True))
        assert sent.answers[-1] == Prepared(3, 3)

    sent(main)


# --- what is not wanted any more


def test_what_is_dropped_is_forgotten(sent):
    async def main(sent: Sent) -> None:
        await sent.send(Prepare(1, "v1"), Use(1))
        await sent.send(Prepare(2, "v2", "v1"))
        await sent.send(Drop(2))
        assert sent.plane.prepared is None
        assert sent.adopting.version == "v1"
        await sent.send(Use(2))
        assert sent.answers[-1] == Applied(3, 2, "it was not prepared")

    sent(main)


def test_what_is_dropped_while_it_is_compiled_is_not_answered(sent):
    async def main(sent: Sent) -> None:
        sent.plane.seconds = 1.0
        await sent.send(Prepare(1, "v1"), Drop(1), Prepare(2, "v2"))
        await asyncio.sleep(3)
        assert sent.answers == [Prepared(3, 2)]

    sent(main)


def test_what_is_dropped_before_its_turn_is_never_compiled(sent):
    async def main(sent: Sent) -> None:
        sent.plane.seconds = 1.0
        await sent.send(Prepare(1, "v1"), Use(1), Prepare(2, "v2"), Drop(2))
        await asyncio.sleep(4)
        assert sent.answers == [Prepared(3, 1), Applied(3, 1)]
        assert sent.plane.did == [[], "v1"]

    sent(main)


# --- another controller


def test_another_controller_hears_nothing_of_what_the_one_before_wanted(sent):
    async def main(sent: Sent) -> None:
        sent.plane.seconds = 1.0
        await sent.send(Prepare(7, "v7"), Use(7), PutParts([(KEY, part("lost"))]))
        sent.connect()
        await asyncio.sleep(3)
        assert sent.answers == []
        assert sent.plane.used is None
        await sent.send(Prepare(7, "v1"))
        await asyncio.sleep(2)
        assert sent.answers == [Prepared(3, 7)]
        assert sent.plane.prepared == Changes("v1", {})

    sent(main)


def test_another_controller_counts_from_the_beginning(sent):
    async def main(sent: Sent) -> None:
        sent.plane.seconds = 1.0
        await sent.send(Prepare(1, "v1"), Drop(1))
        sent.connect()
        await sent.send(Prepare(1, "v1"))
        await asyncio.sleep(3)
        assert sent.answers == [Prepared(3, 1)]

    sent(main)


def test_a_version_counts_once_its_use_is_settled(sent):
    async def main(sent: Sent) -> None:
        await sent.send(Prepare(1, "v1"))
        sent.plane.seconds = 1.0
        await sent.send(Use(1))
        assert sent.adopting.version == ""
        await sent.adopting.settled()
        assert sent.adopting.version == "v1"

    sent(main)
