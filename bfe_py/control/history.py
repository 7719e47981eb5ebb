"""History: how reloads went so far."""

from dataclasses import dataclass


@dataclass(slots=True)
class History:
    """How reloads went so far; times are wall clock."""

    loaded_at: float = 0.0
    is_last_ok: bool = True
    last_errors: tuple[str, ...] = ()
    last_error_at: float = 0.0
    taken: int = 0
    refused: int = 0

    def note_taken(self, now: float) -> None:
        """A new configuration is in use."""
        self.taken += 1
        self.loaded_at = now

    def note_outcome(self, errors: tuple[str, ...], now: float) -> None:
        """Something was read; `errors` say what of it was refused."""
        self.is_last_ok = not errors
        if errors:
            self.refused += 1
            self.last_errors = errors
            self.last_error_at = now
