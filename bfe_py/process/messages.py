"""What the parent hears and says: to its controller, and to another version of itself.

All of it are lines of JSON. What two versions tell each other outlives both: fields are only added,
each with a default, and a message that is not known is passed over.
"""

from collections.abc import Iterator
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")


class Ready(msgspec.Struct, frozen=True, tag=True):
    """Controller: the first configuration is in use."""

    text: str
    """What was loaded, for the operator."""


class Reloaded(msgspec.Struct, frozen=True, tag=True):
    """Controller: everything was read again, or `error` says why it was refused."""

    error: str = ""


class AskUpgrade(msgspec.Struct, frozen=True, tag=True):
    """Controller: somebody wants another version in our place; `number` comes back."""

    number: int


class LoadFailed(msgspec.Struct, frozen=True, tag=True):
    """Controller: the first configuration cannot be used, and the operator knows why."""

    reason: str


class Alive(msgspec.Struct, frozen=True, tag=True):
    """Controller: it turns, and will be heard of again within `seconds`."""

    seconds: float


FromController = Ready | Reloaded | AskUpgrade | LoadFailed | Alive


class UpgradeEnded(msgspec.Struct, frozen=True, tag=True):
    """Parent to controller: process `pid` took over, or `error` says why nobody did.

    `numbers` are those of the `AskUpgrade` that it answers. `is_refused`: it was not even tried.
    """

    numbers: tuple[int, ...] = ()
    pid: int = 0
    error: str = ""
    is_refused: bool = False
    times: int = 1
    """As often; those that led to this version are told of at once."""


class WorkerStarted(msgspec.Struct, frozen=True, tag=True):
    """Parent to controller: process `pid` is this worker from now on."""

    worker: int
    pid: int


class ControllerHung(msgspec.Struct, frozen=True, tag=True):
    """Parent to controller: the one before hung and was killed."""


FromParent = UpgradeEnded | WorkerStarted | ControllerHung


class HandedSocket(msgspec.Struct, frozen=True):
    """Listening sockets of one address: descriptors that the other process has as well.

    `is_named`: they came from outside by the name of the listener, whatever bfe.conf says.
    """

    name: str
    host: str
    port: int
    descriptors: list[int]
    is_named: bool = False


class Heritage(msgspec.Struct, frozen=True, tag=True):
    """To the new version: who starts it, and what it listens on."""

    pid: int
    sockets: list[HandedSocket] = []
    upgrades: int = 0
    """How many went well so far, this one included."""


class Go(msgspec.Struct, frozen=True, tag=True):
    """To the new version: accept; the one before leaves."""


ToSuccessor = Heritage | Go


class Prepared(msgspec.Struct, frozen=True, tag=True):
    """From the new version: every worker could serve."""


class Failed(msgspec.Struct, frozen=True, tag=True):
    """From the new version: it ends, and why."""

    reason: str


FromSuccessor = Prepared | Failed


class SuccessorGone(msgspec.Struct, frozen=True, tag=True):
    """The connection to the new version was closed at its end."""


class PredecessorGone(msgspec.Struct, frozen=True, tag=True):
    """The connection to the version before was closed at its end."""


Heard = FromController | FromSuccessor | ToSuccessor | SuccessorGone | PredecessorGone
"""Everything that a parent may hear."""


def encode_line(message: msgspec.Struct) -> bytes:
    """One message as it is sent."""
    return msgspec.json.encode(message) + b"\n"


class Lines(Generic[T]):
    """Messages of one `kind` out of bytes, whichever way these come in pieces."""

    __slots__ = ("_decoder", "_rest")

    def __init__(self, kind: type[T] | object) -> None:
        self._decoder: msgspec.json.Decoder[T] = msgspec.json.Decoder(kind)
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[T]:
        """The messages that are whole by now; what is no message is passed over."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            try:
                yield self._decoder.decode(line)
            except msgspec.DecodeError:
                continue
