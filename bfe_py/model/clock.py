"""Clock: where `now` comes from when it is not an argument."""

from typing import Protocol


class Clock(Protocol):
    """Two readings of time, both in seconds."""

    def monotonic(self) -> float:
        """Never goes back; for deadlines and durations."""

    def wall(self) -> float:
        """Seconds since the epoch; for logs and rules about dates."""
