"""Workers in memory: both ends of the channel to a controller."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from bfe_py.control import (
    Applied,
    BackendReading,
    Channel,
    Fleet,
    Hello,
    Message,
    Prepare,
    Prepared,
    ReadAll,
    ReadingTaken,
    Use,
)
from bfe_py.observe import Reading, Sample

T = TypeVar("T")


class Link(asyncio.Transport):
    """What is written to one end arrives at `far`, at once or when `deliver` is called."""

    def __init__(self) -> None:
        super().__init__()
        self.far: Callable[[bytes], None] = lambda _: None
        self.is_open = True
        self.when_closed: Callable[[], None] = lambda: None

    def write(self, data: bytes) -> None:
        if self.is_open:
            self.far(bytes(data))

    def close(self) -> None:
        if self.is_open:
            self.is_open = False
            self.when_closed()


def join(one: Channel, other: Channel) -> None:
    """Connect two channels; who closes closes both."""
    links = Link(), Link()

    def close_both() -> None:
        for link in links:
            link.is_open = False
        one.connection_lost(None)
        other.connection_lost(None)

    for link, far in zip(links, (other, one), strict=True):
        link.far = far.data_received
        link.when_closed = close_both
    one.connection_made(links[0])
    other.connection_made(links[1])


@dataclass
class FakeWorker:
    """One worker of a fleet; `received` is what the controller sent."""

    fleet: Fleet
    worker: int = 0
    pid: int = 100
    version: str = ""
    received: list[Message] = field(default_factory=list)
    channel: Channel = field(init=False)
    is_connected: bool = True
    is_obedient: bool = False

    def __post_init__(self) -> None:
        self.channel = Channel(self._receive, self._closed)
        join(self.fleet.make_channel(), self.channel)
        self.channel.send(Hello(self.worker, self.pid, self.version))

    def _closed(self, _: Channel) -> None:
        self.is_connected = False

    def leave(self) -> None:
        self.channel.close()

    def tell(self, message: Message) -> None:
        self.channel.send(message)

    def prepare(self, generation: int, error: str = "") -> None:
        """It compiled that generation, or could not."""
        self.tell(Prepared(self.worker, generation, error))

    def apply(self, generation: int, error: str = "") -> None:
        """It uses that generation, or cannot."""
        self.tell(Applied(self.worker, generation, error))

    def obey(self) -> None:
        """It takes whatever it is sent from now on, at once."""
        self.is_obedient = True
        for message in list(self.received):
            self._obey(message)

    def _receive(self, _: Channel, message: Message) -> None:
        self.received.append(message)
        if self.is_obedient:
            self._obey(message)

    def _obey(self, message: Message) -> None:
        if isinstance(message, Prepare):
            self.prepare(message.generation)
        elif isinstance(message, Use):
            self.apply(message.generation)

    def answer(self, requests: float = 0, backends: tuple[BackendReading, ...] = ()) -> None:
        """Answer to the last request for numbers."""
        asked = [message for message in self.received if isinstance(message, ReadAll)]
        number = asked[-1].request
        self.tell(ReadingTaken(self.worker, number, make_reading(requests), list(backends)))

    def sent(self, kind: type[T]) -> list[T]:
        """Messages of one kind that it was sent."""
        return [message for message in self.received if isinstance(message, kind)]


def make_reading(requests: float) -> Reading:
    """A process that has counted so many requests."""
    return Reading([Sample("requests_total", "", "counter", "", (), [((), requests)])], [])


def count_requests(reading: Reading) -> float:
    """How many requests a process has counted."""
    return sum([value for sample in reading.samples for _, value in sample.values])


def add_readings(one: Reading, other: Reading) -> Reading:
    """What two processes counted together."""
    return make_reading(count_requests(one) + count_requests(other))
