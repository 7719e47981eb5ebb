"""Progress: whether a peer moves bytes at the least rate that is asked of it.

A peer is ahead by so many seconds. It begins with its grace, loses a second in each second, and
every byte gives back the time that it may take at the least rate; below nothing it is too slow.
Whoever was fast may therefore stand still for a while, but never longer than its time limit without
a byte. Averages over fixed intervals would not do: a system that takes bytes for its program tells
so in steps of tens of kilobytes, which may be many seconds apart.

Nothing is counted here. Who moves bytes counts them anyway; from time to time it is looked at how
many they have become.
"""

from dataclasses import dataclass

_LOOKS = 5
"""How often a peer is looked at, at most, in the time of its grace."""

_SHORTEST = 0.01
_SLACK = 0.002
"""Seconds by which timers may be early, and some more."""


@dataclass(frozen=True, slots=True)
class LeastRate:
    """Bytes that a peer has to move in a second, 0 for none; it is not judged in its grace."""

    bytes_per_second: float = 240.0
    grace_seconds: float = 5.0


NO_RATE = LeastRate(bytes_per_second=0.0)
"""Any byte will do."""


class Progress:
    """One direction of one connection, while its peer is waited for.

    Times are seconds of the caller's clock. `seconds` is always the time limit without a byte.

    Args:
        free: so many of the first bytes say nothing of the peer.
    """

    __slots__ = ("_ahead", "_at", "_free", "_rate", "_silence")

    def __init__(self, rate: LeastRate, *, free: int = 0) -> None:
        self._rate = rate
        self._free = free
        self._ahead = 0.0
        self._at = 0.0
        self._silence = 0.0

    def begin(self, now: float, seconds: float, *, moved: int = 0, grants: float = 0.0) -> float:
        """Wait for the peer from `now` on; in how many seconds to `look` first.

        It keeps what it is ahead, and what it `moved` while nobody waited adds to that. It has its
        grace at least, or what is granted.
        """
        self._at = now
        self._silence = 0.0
        self._add(moved, seconds)
        self._ahead = max(self._ahead, self._rate.grace_seconds, grants)
        return self._next(seconds)

    def look(self, now: float, moved: int, seconds: float) -> float:
        """In how many seconds to look again, after `moved` bytes more; 0: the peer is too slow."""
        waited = now - self._at
        self._at = now
        self._silence = 0.0 if moved else self._silence + waited
        if self._silence >= seconds - _SLACK:
            return 0.0
        if self._rate.bytes_per_second:
            self._ahead -= waited
            self._add(moved, seconds)
            if self._ahead <= _SLACK:
                return 0.0
        return self._next(seconds)

    def _add(self, moved: int, seconds: float) -> None:
        free = min(moved, self._free)
        self._free -= free
        if moved > free and self._rate.bytes_per_second:
            ahead = self._ahead + (moved - free) / self._rate.bytes_per_second
            self._ahead = min(ahead, max(seconds, self._rate.grace_seconds))

    def _next(self, seconds: float) -> float:
        grace = self._rate.grace_seconds
        step = max(min(self._ahead, grace), grace / _LOOKS, _SHORTEST)
        return min(step, seconds - self._silence)
