import pytest
from hypothesis import given
from hypothesis import strategies as st

from bfe_py.shares import divide, first_part

amounts = st.integers(0, 500)
rows = st.lists(st.tuples(amounts, amounts), min_size=1, max_size=9)


@pytest.mark.parametrize(
    ("total", "workers", "parts"),
    [
        (10, 1, [10]),
        (10, 2, [5, 5]),
        (10, 3, [4, 3, 3]),
        (3, 3, [1, 1, 1]),
        (1, 3, [1, 1, 1]),  # nobody refuses everything
    ],
)
def test_first_parts_are_equal_and_together_the_limit(total: int, workers: int, parts: list[int]):
    assert [first_part(total, workers, worker) for worker in range(workers)] == parts


@pytest.mark.parametrize(
    ("total", "held", "wanted", "parts"),
    [
        (10, [0, 0], [0, 0], [5, 5]),  # nobody needs anything: as at first
        (10, [6, 0], [0, 0], [8, 2]),  # what is held stays, and all have as much beyond it
        (10, [5, 0], [5, 0], [9, 1]),  # who wants more gets it
        (10, [5, 0], [1, 0], [8, 2]),  # and of the rest as much as the others
        (10, [2, 2], [9, 1], [7, 3]),  # little is granted whole, the rest to who wants more
        (10, [0, 0, 0], [9, 9, 9], [4, 3, 3]),
        (10, [8, 8], [1, 1], [8, 8]),  # nobody can be told to give something up
        (2, [0, 0, 0], [5, 0, 0], [1, 1, 1]),
    ],
)
def test_parts_follow_the_need(total: int, held: list[int], wanted: list[int], parts: list[int]):
    assert divide(total, held, wanted) == parts


@given(st.integers(1, 2000), rows)
def test_together_they_are_the_limit_and_nobody_loses_what_it_holds(total, rows):
    held, wanted = [row[0] for row in rows], [row[1] for row in rows]
    parts = divide(total, held, wanted)
    least = [max(own, 1) for own in held]
    assert all(part >= own for part, own in zip(parts, least, strict=True))
    assert sum(parts) == max(total, sum(least))


@given(st.integers(1, 2000), rows)
def test_what_is_free_goes_to_who_wants_it_evenly(total, rows):
    held, wanted = [max(row[0], 1) for row in rows], [row[1] for row in rows]
    parts = divide(total, held, wanted)
    got = [part - own for part, own in zip(parts, held, strict=True)]
    if sum(held) + sum(wanted) <= total:
        assert all(more >= want for more, want in zip(got, wanted, strict=True))
    for worker, want in enumerate(wanted):
        if got[worker] < want:
            assert max(got) <= got[worker] + 1
