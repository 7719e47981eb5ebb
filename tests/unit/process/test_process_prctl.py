"""What a process asks of the kernel for itself."""

import os
import signal

import pytest

from bfe_py.process import prctl
from bfe_py.process.prctl import end_with


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """What was asked for, in order; our parent is process 77."""
    made: list[tuple[object, ...]] = []

    class Library:
        def prctl(self, *given: int) -> int:
            made.append(("prctl", *given))
            return 0

    def find_parent() -> int:
        made.append(("getppid",))
        return 77

    monkeypatch.setattr(prctl.ctypes, "CDLL", lambda _, **__: Library())
    monkeypatch.setattr(os, "getppid", find_parent)
    monkeypatch.setattr(os, "_exit", lambda status: made.append(("exit", status)))
    return made


def test_the_kernel_is_asked_to_kill_who_outlives_its_parent(asked: list[tuple[object, ...]]):
    end_with(77)
    assert asked == [("prctl", 1, signal.SIGKILL, 0, 0, 0), ("getppid",)]


def test_who_has_lost_its_parent_already_ends(asked: list[tuple[object, ...]]):
    end_with(76)
    assert asked[1:] == [("getppid",), ("exit", 1)]
