import pytest

from bfe_py.control import Sharing
from bfe_py.control import sharing as sharing_module
from bfe_py.control.sharing import SharingCounters
from bfe_py.shares import Claim, Grant
from tests.kit.sharing import Company


def full(company: Company, worker: int, total: int, key: str = "k") -> int:
    """A worker takes as much as it may; how much it then holds."""
    while company.holders[worker].take(total, key):
        pass
    return company.holders[worker].held[key]


def press(company: Company, worker: int, total: int, *keys: str) -> None:
    """For some seconds a worker would take everything."""
    for _ in range(8):
        for key in keys or ("k",):
            full(company, worker, total, key)
        company.second()


def test_what_one_worker_does_not_need_another_gets_within_a_second():
    company = Company(2)
    assert full(company, 0, 100) == 50
    company.second()
    assert full(company, 0, 100) == 75
    press(company, 0, 100)
    assert company.total() == 99
    assert company.holders[1].take(100)
    assert company.total() == 100


def test_nobody_is_told_anything_while_all_are_far_from_the_limit():
    company = Company(3)
    for holder in company.holders:
        for _ in range(10):
            assert holder.take(100)
    company.second()
    assert company.sharing._keys == {}


def test_no_part_grows_before_those_that_shrink_are_confirmed():
    company = Company(2)
    full(company, 0, 100)
    company.claim(0)
    company.deliver_all()
    company.sharing.divide(company.present)
    assert company.parts(100) == [50, 50]
    company.deliver_down(0)
    assert company.parts(100) == [50, 50]
    company.deliver_down(1)
    assert company.parts(100) == [50, 25]
    company.deliver_all()
    assert company.parts(100) == [75, 25]


def test_a_worker_that_does_not_answer_keeps_its_part():
    company = Company(2)
    full(company, 0, 100)
    company.second()
    before = company.parts(100)
    company.away(1)
    full(company, 0, 100)
    for _ in range(5):
        company.second()
        full(company, 0, 100)
    assert company.parts(100) == before
    company.back(1)
    press(company, 0, 100)
    assert company.total() == 99


def test_who_takes_the_place_of_a_worker_has_its_part_before_it_serves():
    company = Company(2)
    press(company, 0, 100)
    assert company.parts(100) == [99, 1]
    company.die(1)
    assert company.parts(100) == [99, 1]
    company.die(0)
    assert company.total() == 0
    assert company.parts(100) == [99, 1]
    full(company, 1, 100)
    press(company, 1, 100)
    assert company.parts(100) == [1, 99]


def test_another_controller_goes_on_from_what_workers_have():
    company = Company(2)
    press(company, 0, 100)
    company.replace_controller()
    for _ in range(3):
        company.second()
        assert company.parts(100) == [99, 1]
    company.holders[0].leave(count=60)
    for _ in range(3):
        full(company, 1, 100)
        company.second()
    assert full(company, 1, 100) > 30
    assert company.total() <= 100


def test_when_it_is_quiet_all_have_their_first_part_again_and_it_is_forgotten():
    company = Company(2)
    press(company, 0, 100)
    company.holders[0].leave(count=90)
    for _ in range(12):
        company.second()
    assert company.parts(100) == [50, 50]
    assert company.sharing._keys == {}
    assert [holder.shares.claims() for holder in company.holders] == [[], []]


@pytest.mark.parametrize("worker", [0, 1])
def test_another_total_is_divided_anew(worker: int):
    company = Company(2)
    press(company, 0, 100)
    full(company, worker, 200)
    press(company, worker, 200)
    parts = company.parts(200)
    assert sum(parts) == 200
    assert company.total() == sum(parts) - (company.holders[1 - worker].held.get("k", 0) == 0)


def test_each_key_is_divided_by_itself():
    company = Company(2)
    press(company, 0, 100, "one")
    press(company, 1, 100, "other")
    assert company.parts(100, "one") == [99, 1]
    assert company.parts(100, "other") == [1, 99]
    assert company.parts(100, "third") == [50, 50]


def test_what_passes_is_divided_by_how_much_is_asked_for():
    company = Company(3)
    asked = (200, 5, 10)
    for _ in range(4):
        for holder, amount in zip(company.holders, asked, strict=True):
            holder.limit.ask("k", 100, amount)
        company.second()
    assert company.parts(100) == [85, 5, 10]


def test_it_is_counted_how_many_are_divided_and_how_often_parts_move():
    sent: list[tuple[int, list[Grant]]] = []
    counters = SharingCounters()
    sharing = Sharing(2, lambda worker, grants: sent.append((worker, list(grants))), counters)
    sharing.note(0, [Claim("l", "k", 10, 5, 5, 5, True, 0)], is_answer=False)
    assert sent == [(1, [Grant("l", "k", 10, 1)])]
    sharing.note(1, [Claim("l", "k", 10, 5, 0, 0, False, 1)], is_answer=True)
    assert (counters.keys, counters.moves) == (1, 0)
    sharing.divide([0, 1])
    assert sent[1:] == [(1, [Grant("l", "k", 10, 2, 1)])]
    sharing.note(1, [Claim("l", "k", 10, 1, 0, 0, False, 2)], is_answer=True)
    assert sent[2:] == [(0, [Grant("l", "k", 10, 1, 9)])]
    assert (counters.keys, counters.moves) == (1, 2)


def test_more_keys_than_can_be_divided_stay_as_they_are(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sharing_module, "_MOST_KEYS", 1)
    company = Company(2)
    for _ in range(3):
        full(company, 0, 100, "one")
        full(company, 0, 100, "other")
        company.second()
    assert company.parts(100, "one")[0] > 74
    assert company.parts(100, "other") == [50, 50]


def test_what_was_claimed_before_a_grant_arrived_is_no_answer_to_it():
    company = Company(2)
    full(company, 0, 100)
    company.second()
    full(company, 0, 100)
    company.claim(0)
    stale = company.up.popleft()
    company.deliver_all()
    company.sharing.divide(company.present)
    company.deliver_all()
    bounds = list(company.sharing._keys["things", "k"].bounds)
    company.sharing.note(*stale[:2], is_answer=False)
    assert company.sharing._keys["things", "k"].bounds == bounds
