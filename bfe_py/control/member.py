"""Member: one worker as the controller sees it."""

from dataclasses import dataclass, field

from bfe_py.config import PackedTree
from bfe_py.control.channel import Channel
from bfe_py.control.messages import BackendReading, Message, ReadingTaken
from bfe_py.observe import Reading

NOTHING = Reading([], [])
"""What a process has counted that has counted nothing."""


@dataclass(slots=True)
class Member:
    """One worker: its connection while it has one, and the last that it told."""

    worker: int
    pid: int = 0
    channel: Channel | None = None
    sent: PackedTree | None = None
    """The configuration that was sent last over this channel; None: nothing is known."""
    version: str = ""
    """Of the configuration that it serves with."""
    generation: int = 0
    """The number of that, if this controller sent it."""
    since: float = 0.0
    """When it began to serve with it; wall clock."""
    error: str = ""
    """Why it could not use a configuration, the last time that it could not."""
    failed_at: float = 0.0
    """When that was; wall clock."""
    is_ok: bool = True
    """It could use the last one it was sent."""
    answered: int = 0
    heard: float = 0.0
    """When it told anything last; the loop's clock."""
    reading: Reading = NOTHING
    retired: Reading = NOTHING
    """Last readings of the processes that were this worker before, merged."""
    backends: list[BackendReading] = field(default_factory=list)
    _pieces: list[ReadingTaken] = field(default_factory=list)

    def send(self, message: Message) -> None:
        """Tell it something, if it is there."""
        if self.channel is not None:
            self.channel.send(message)

    def take(self, piece: ReadingTaken) -> None:
        """A piece of its numbers came; they count when all are there."""
        if self._pieces and self._pieces[0].request != piece.request:
            self._pieces.clear()
        pieces = self._pieces
        pieces.append(piece)
        if piece.is_last:
            self.answered = piece.request
            self.reading = Reading(
                [sample for one in pieces for sample in one.reading.samples],
                [histogram for one in pieces for histogram in one.reading.histograms],
            )
            self.backends = [backend for one in pieces for backend in one.backends]
            pieces.clear()

    def join(self, channel: Channel, version: str, now: float) -> None:
        """It has a connection, and serves with `version`; `now` is the loop's clock."""
        self.channel, self.answered, self.heard = channel, 0, now
        self.version, self.generation, self.sent = version, 0, None

    def leave(self) -> None:
        """It has no connection any more."""
        self.channel = None
        self.backends = []
        self._pieces.clear()
