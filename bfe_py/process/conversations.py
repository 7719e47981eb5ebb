"""Conversations: waiting for several others at once, and for signals."""

import os
import select
from collections.abc import Iterator
from dataclasses import dataclass, field

from bfe_py.process.messages import Heard, Lines

_MOST_BYTES = 65536
_INFINITE = 3600.0


@dataclass(slots=True)
class Talk:
    """What is heard from one other: messages of a `kind`, and `gone` at the end of it, if that is
    to be known."""

    kind: object
    gone: Heard | None = None
    lines: Lines[Heard] = field(init=False)

    def __post_init__(self) -> None:
        self.lines = Lines(self.kind)


class Conversations:
    """Everybody who may say something.

    Args:
        woken: a descriptor that only wakes; what it reads is nothing.
    """

    def __init__(self, woken: int) -> None:
        self._woken = woken
        self._talks: dict[int, Talk] = {}
        self._poll = select.poll()
        self._poll.register(woken, select.POLLIN)

    def add(self, descriptor: int, talk: Talk) -> None:
        """Listen to one more."""
        self._talks[descriptor] = talk
        self._poll.register(descriptor, select.POLLIN)

    def remove(self, descriptor: int) -> None:
        """Listen to it no more, before the descriptor is closed."""
        if self._talks.pop(descriptor, None) is not None:
            self._poll.unregister(descriptor)

    def wait(self, seconds: float) -> tuple[Heard, ...]:
        """What is said within that time; returns at once when something is, or when woken."""
        heard: list[Heard] = []
        for descriptor, _ in self._poll.poll(min(seconds, _INFINITE) * 1000):
            if descriptor == self._woken:
                os.read(descriptor, 512)
            else:
                heard += self._read(descriptor)
        return tuple(heard)

    def _read(self, descriptor: int) -> Iterator[Heard]:
        talk = self._talks[descriptor]
        try:
            data = os.read(descriptor, _MOST_BYTES)
        except ConnectionResetError:
            data = b""  # it ended without having read what we said
        yield from talk.lines.feed(data)
        if not data:
            self.remove(descriptor)
            if talk.gone is not None:
                yield talk.gone
