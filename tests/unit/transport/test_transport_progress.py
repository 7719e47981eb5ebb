"""The least rate: who is too slow, and when that is noticed."""

import pytest

from bfe_py.transport import NO_RATE, LeastRate, Progress

RATE = LeastRate(bytes_per_second=100.0, grace_seconds=5.0)
LIMIT = 30.0


class Peer:
    """Moves what a test says, and is looked at when it should be."""

    def __init__(self, rate: LeastRate = RATE, *, seconds: float = LIMIT, free: int = 0) -> None:
        self.progress = Progress(rate, free=free)
        self.seconds = seconds
        self.now = 1000.0
        self.looks: list[float] = []
        self.due = self.now
        self._total = self._seen = 0.0

    def begin(self, **given: float) -> "Peer":
        self.due = self.now + self.progress.begin(self.now, self.seconds, **given)
        return self

    def move(self, rate: float, seconds: float) -> bool:
        """Move bytes at `rate` for so long; whether that is fast enough all the time."""
        end = self.now + seconds
        while self.due <= end:
            self._total += rate * (self.due - self.now)
            self.now = self.due
            self.looks.append(self.now - 1000.0)
            moved = int(self._total) - int(self._seen)
            self._seen = self._total
            left = self.progress.look(self.now, moved, self.seconds)
            if not left:
                return False
            self.due = self.now + left
        self._total += rate * (end - self.now)
        self.now = end
        return True


def test_a_peer_that_moves_nothing_has_its_grace() -> None:
    peer = Peer().begin()
    assert peer.move(0, 4.9)
    assert not peer.move(0, 0.2)
    assert peer.looks == [5.0]


@pytest.mark.parametrize(
    ("rate", "seconds"),
    [(20, 7), (50, 11), (80, 27), (99, 600)],
)
def test_a_peer_below_the_rate_is_found_out(rate: float, seconds: float) -> None:
    assert not Peer().begin().move(rate, seconds)


@pytest.mark.parametrize("rate", [100, 101, 1000, 10_000_000])
def test_a_peer_at_the_rate_goes_on_as_long_as_it_likes(rate: float) -> None:
    assert Peer().begin().move(rate, 3600)


def test_who_was_fast_may_stand_still_but_not_for_longer_than_without_a_byte() -> None:
    peer = Peer().begin()
    assert peer.move(200, 10)
    assert peer.move(0, 14)
    assert not peer.move(0, 2)
    peer = Peer().begin()
    assert peer.move(1_000_000, 10)
    assert peer.move(0, LIMIT - 0.1)
    assert not peer.move(0, 5.1)


def test_a_fast_start_does_not_pay_for_hours() -> None:
    peer = Peer().begin()
    assert peer.move(1_000_000, 60)
    assert not peer.move(10, LIMIT + 10)


def test_the_time_without_a_byte_ends_the_grace_too() -> None:
    peer = Peer(seconds=2.0).begin()
    assert peer.move(0, 1.9)
    assert not peer.move(0, 0.2)


def test_within_its_grace_nobody_is_judged_by_the_rate() -> None:
    peer = Peer(seconds=1.0).begin()
    assert peer.move(2, 4.9)
    assert not peer.move(2, 2)


def test_time_in_which_nobody_waits_does_not_count_but_bytes_do() -> None:
    peer = Peer().begin()
    assert peer.move(0, 4)
    peer.now += 1000
    peer.begin(moved=1500)
    assert peer.move(0, 19)
    assert not peer.move(0, 2)


def test_each_wait_begins_with_the_grace_at_least() -> None:
    peer = Peer().begin()
    assert peer.move(0, 4)
    peer.begin()
    assert peer.move(0, 4.9)
    assert not peer.move(0, 0.2)


def test_more_than_the_grace_may_be_granted() -> None:
    peer = Peer().begin(grants=12.0)
    assert peer.move(0, 11.9)
    assert not peer.move(0, 0.2)


def test_the_first_bytes_may_say_nothing() -> None:
    peer = Peer(free=1000).begin(moved=400)
    assert peer.move(120, 5.0 - 0.1)
    assert not peer.move(0, 0.2)
    peer = Peer(free=1000).begin(moved=1400)
    assert peer.move(0, 5.0 - 0.1)
    assert peer.progress.look(peer.now, 700, LIMIT)
    assert peer.move(0, 6.9)
    assert not peer.move(0, 1.0)


def test_without_a_rate_any_byte_will_do() -> None:
    peer = Peer(NO_RATE, seconds=10.0).begin()
    assert peer.move(0.25, 600)
    assert peer.move(0, 5)
    assert not peer.move(0, 10)


def test_nobody_is_looked_at_all_the_time() -> None:
    peer = Peer(LeastRate(100.0, 0.0), seconds=1.0).begin()
    peer.move(101, 1)
    assert len(peer.looks) <= 100
    peer = Peer().begin()
    peer.move(100, 60)
    assert len(peer.looks) <= 60


def test_a_look_is_due_no_later_than_the_time_without_a_byte_ends() -> None:
    peer = Peer(seconds=7.0).begin()
    assert peer.move(1000, 1)
    assert not peer.move(0, 7 + 5)
    assert peer.looks[-1] <= 1 + 7 + 5
