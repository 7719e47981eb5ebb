import os
from collections.abc import Iterator

import pytest

from bfe_py.control import Inheritance, Numbers, Seen, open_memory
from bfe_py.control.inheritance import Counted
from tests.kit.workers import make_reading


@pytest.fixture
def memory() -> Iterator[tuple[int, int]]:
    descriptors = open_memory("test")
    yield descriptors
    for descriptor in descriptors:
        os.close(descriptor)


def test_at_first_there_is_nothing(memory: tuple[int, int]):
    assert Inheritance(memory, Numbers).find() is None


def test_what_was_left_last_is_found_by_whoever_comes_next(memory: tuple[int, int]):
    for taken in range(1, 6):
        Inheritance(memory, Numbers).leave(Numbers(taken=taken))
        found = Inheritance(memory, Numbers).find()
        assert found is not None
        assert found.taken == taken


def test_everything_comes_back_as_it_was(memory: tuple[int, int]):
    numbers = Numbers([Counted(1, 77, make_reading(3), make_reading(4))], make_reading(5), 2, 1)
    Inheritance(memory, Numbers).leave(numbers)
    assert Inheritance(memory, Numbers).find() == numbers


def test_documents_that_are_not_there_are_so_for_the_next_too(memory: tuple[int, int]):
    seen = Seen({"a": b"\xff", "b": None}, {"c": ("x", "y"), "d": None})
    Inheritance(memory, Seen).leave(seen)
    assert Inheritance(memory, Seen).find() == seen


def test_a_long_value_may_be_followed_by_a_short_one(memory: tuple[int, int]):
    inheritance = Inheritance(memory, Seen)
    for size in (1_000_000, 10, 2_000_000, 0, 1):
        inheritance.leave(Seen({"a": b"x" * size}))
        assert inheritance.find() == Seen({"a": b"x" * size})


@pytest.mark.parametrize("left", [0, 1, 15, 16, 20, 30])
def test_whoever_dies_while_writing_leaves_what_was_there_before(
    memory: tuple[int, int], left: int
):
    inheritance = Inheritance(memory, Numbers)
    inheritance.leave(Numbers(taken=1))
    inheritance.leave(Numbers(taken=2))
    os.ftruncate(memory[0], left)  # the copy that was written last
    found = Inheritance(memory, Numbers).find()
    assert found is not None
    assert found.taken == 1
    Inheritance(memory, Numbers).leave(Numbers(taken=3))
    found = Inheritance(memory, Numbers).find()
    assert found is not None
    assert found.taken == 3


def test_what_was_garbled_is_as_good_as_nothing(memory: tuple[int, int]):
    Inheritance(memory, Numbers).leave(Numbers(taken=1))
    for descriptor in memory:
        os.pwrite(descriptor, b"garbled", 20)
    assert Inheritance(memory, Numbers).find() is None


def test_a_file_that_shrinks_while_it_is_read_is_garbled(
    memory: tuple[int, int], monkeypatch: pytest.MonkeyPatch
):
    Inheritance(memory, Numbers).leave(Numbers(taken=1))
    monkeypatch.setattr(os, "pread", lambda *_: b"")
    assert Inheritance(memory, Numbers).find() is None
