"""Source: where dynamic configuration comes from."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

from bfe_py.config import Documents


@dataclass(frozen=True, slots=True)
class Bundle:
    """One state of the configuration; `version` rises with each."""

    version: int
    documents: Documents


class Source(Protocol):
    """A place that configuration comes from; sources differ in nothing else."""

    def take(self) -> Bundle:
        """The state as it is now."""

    def changes(self) -> AsyncGenerator[Bundle, None]:
        """A new state each time something was changed, at rest for a moment.

        The first comes at once; from then on nothing is missed.
        """
