"""What the head of a message opens: an event, and the way to read what follows it."""

from enum import Enum
from typing import Protocol

from bfe_py.model import Fault
from bfe_py.protocol.events import HeadReceived, InterimReceived
from bfe_py.protocol.h1.body import BodyReader

MOST_KEPT = 2048
"""Bytes of a block of fields that a connection keeps, to know it again."""


class Phase(Enum):
    """What the next byte of the peer is part of."""

    HEAD = "head"
    BODY = "body"
    WHOLE = "whole"
    BROKEN = "broken"
    SWITCHED = "switched"


Opening = tuple[HeadReceived | InterimReceived, Phase, BodyReader | None]
"""What a head opens: its event, the phase that follows, and the reader of the body if any."""


class Opener(Protocol):
    """Reads heads in the way of one role."""

    def recognise(self, piece: bytes, stream: int) -> tuple[Opening, int] | None:
        """What the head at the beginning of `piece` opens, and the end of it; None: `open` it."""

    def open(self, head: bytes, stream: int) -> Opening:
        """What `head`, already scanned, opens; raises `Fault`."""

    def blame(self, fault: Fault) -> Fault:
        """The fault as this role reports it."""


def is_persistent(version: bytes, options: frozenset[bytes]) -> bool:
    """Whether the sender of a message means to keep the connection (RFC 9112 section 9.3)."""
    if b"close" in options:
        return False
    return version == b"1.1" or b"keep-alive" in options
