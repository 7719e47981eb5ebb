import os

import pytest

from bfe_py.control import Ended, Ends, Inheritance, open_memory
from bfe_py.process.children import CONTROLLER, Child
from bfe_py.process.ends import EndCounts, name_reason


@pytest.mark.parametrize(
    ("code", "reason"), [(0, "status_0"), (3, "status_3"), (-9, "SIGKILL"), (-99, "signal_99")]
)
def test_an_end_has_a_name(code: int, reason: str):
    assert name_reason(code) == reason


def test_controllers_read_what_the_parent_counts():
    descriptors = open_memory("test")
    try:
        ends = EndCounts(Inheritance(descriptors, Ends))
        worker, controller = Child("worker 12", lambda _: 0), Child(CONTROLLER, lambda _: 0)
        for child, reason in (
            (worker, "SIGKILL"),
            (controller, "status_1"),
            (worker, "SIGKILL"),
            (worker, "SIGSEGV"),
        ):
            ends.note(child, reason)
        assert Inheritance(descriptors, Ends).find() == Ends(
            [
                Ended("12", "SIGKILL", 2),
                Ended("controller", "status_1", 1),
                Ended("12", "SIGSEGV", 1),
            ]
        )
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
