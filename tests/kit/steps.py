"""Generators that do a little on each step and answer something in the end."""

from collections.abc import Generator
from typing import TypeVar

T = TypeVar("T")


def run_steps(steps: Generator[None, None, T]) -> T:
    """All steps at once; what they answer."""
    return count_steps(steps)[0]


def count_steps(steps: Generator[None, None, T]) -> tuple[T, int]:
    """The same, and how often they rested."""
    rests = 0
    while True:
        try:
            next(steps)
        except StopIteration as stopped:
            return stopped.value, rests
        rests += 1
