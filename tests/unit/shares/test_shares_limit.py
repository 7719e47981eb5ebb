import pytest

from bfe_py.shares import Claim, Grant, Limit, Shares
from bfe_py.shares.limit import MOST_CLAIMS


def limit_of(worker: int = 0, workers: int = 2, **held: int) -> Limit[str]:
    return Shares(worker, workers).limit("things", lambda key: held.get(key, 0))


def grant(part: int | None, number: int = 1, total: int = 10, **more: bool) -> Grant:
    return Grant("things", "k", total, number, part, **more)


# --- alone


def test_a_worker_that_is_alone_has_all_of_it_and_tells_nobody():
    limit = limit_of(workers=1)
    assert [limit.admits("k", held, 2) for held in range(4)] == [True, True, False, False]
    limit.ask("k", 2, 5)
    assert limit.part("k", 2) == 2
    assert limit.claims() == []


def test_alone_a_limit_of_nothing_is_kept_too():
    assert not limit_of(workers=1).admits("k", 0, 0)


# --- the first part


def test_a_worker_has_an_equal_part_at_first():
    assert [limit_of(worker, 3).part("k", 10) for worker in range(3)] == [4, 3, 3]
    limit = limit_of()
    assert [limit.admits("k", held, 4) for held in range(3)] == [True, True, False]


def test_what_is_far_from_its_part_is_not_claimed():
    limit = limit_of()
    for held in range(3):
        assert limit.admits("k", held, 10)
    assert limit.claims() == []


def test_what_comes_near_its_part_is_claimed_with_what_was_refused():
    limit = limit_of(k=5)
    assert [limit.admits("k", held, 10) for held in (3, 4, 5, 5)] == [True, True, False, False]
    assert limit.claims() == [Claim("things", "k", 10, 5, 5, 2, True, 0)]
    assert limit.claims() == []


def test_what_passes_is_claimed_by_how_much_was_asked_for():
    limit = limit_of()
    limit.ask("k", 10, 3)
    limit.ask("k", 10)
    limit.ask("far", 10, 2)
    assert limit.claims() == [Claim("things", "k", 10, 5, 0, 4, True, 0)]


# --- parts by need


def test_a_part_that_is_granted_counts_at_once_and_is_claimed_from_then_on():
    limit = limit_of(k=1)
    answer = limit.take(grant(8, 3))
    assert answer == Claim("things", "k", 10, 8, 1, 0, False, 3)
    assert limit.part("k", 10) == 8
    assert limit.admits("k", 7, 10)
    assert not limit.admits("k", 8, 10)
    assert limit.claims() == [Claim("things", "k", 10, 8, 1, 1, True, 3)]
    assert limit.claims() == [Claim("things", "k", 10, 8, 1, 0, False, 3)]


def test_asked_what_it_has_a_worker_claims_and_goes_on_to():
    limit = limit_of(k=2)
    assert limit.take(grant(None, 7)) == Claim("things", "k", 10, 5, 2, 0, False, 7)
    assert limit.take(grant(None, 8)) == Claim("things", "k", 10, 5, 2, 0, False, 8)
    assert len(limit.claims()) == 1


def test_when_it_is_over_the_first_part_counts_again():
    limit = limit_of()
    limit.take(grant(8))
    assert limit.take(grant(None, 0, is_over=True)) is None
    assert limit.part("k", 10) == 5
    assert limit.claims() == []


def test_a_grant_of_another_total_does_not_count_for_this_one():
    limit = limit_of(k=9)
    limit.take(grant(8))
    assert limit.part("k", 20) == 10
    assert limit.admits("k", 9, 20)
    assert limit.claims() == [Claim("things", "k", 20, 10, 9, 0, True, 0)]


def test_the_nearest_are_claimed_where_there_are_too_many():
    limit = limit_of()
    for number in range(MOST_CLAIMS):
        limit.ask(f"k{number}", 10, 3)
    limit.ask("most", 10, 9)
    claims = limit.claims()
    assert len(claims) == MOST_CLAIMS
    assert claims[0].key == "most"


# --- all limits of a worker


def test_limits_are_known_by_their_names():
    shares = Shares(1, 2)
    things = shares.limit("things")
    numbers = shares.numbered("numbers", lambda key: key)
    things.ask("k", 4, 2)
    assert not numbers.admits(255, 9, 4)
    assert [(one.limit, one.key, one.held) for one in shares.claims()] == [
        ("things", "k", 0),
        ("numbers", "ff", 255),
    ]
    answers = shares.take(
        [
            Grant("numbers", "ff", 4, 1, 3),
            Grant("gone", "k", 4, 1, 3),
            Grant("things", "k", 4, 0, is_over=True),
        ]
    )
    assert [(one.limit, one.part) for one in answers] == [("numbers", 3)]
    assert (numbers.part(255, 4), things.part("k", 4)) == (3, 2)


@pytest.mark.parametrize("address", [0, 2**128 - 1])
def test_addresses_of_any_size_are_keys(address: int):
    shares = Shares(0, 2)
    limit = shares.numbered("addresses", lambda _: 1)
    limit.admits(address, 1, 2)
    (claim,) = shares.claims()
    shares.take([Grant("addresses", claim.key, 2, 1, 1)])
    assert limit.part(address, 2) == 1
