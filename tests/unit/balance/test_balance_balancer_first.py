"""Where the first attempt goes, for those who need no attempts behind it."""

import pytest

from bfe_py.balance import BLACKHOLE, Backend, Balancer, Cluster, LiveBackends, SubCluster
from bfe_py.model import Fault, Kind

NOW = 0.0


def sub_cluster(name: str, weight: int, *weights: int) -> SubCluster:
    backends = [Backend(f"{name}{i + 1}", name, 80 + i, w) for i, w in enumerate(weights)]
    return SubCluster(name, weight, tuple(backends))


def balancer(*sub_clusters: SubCluster, **settings: object) -> Balancer:
    return Balancer(Cluster("c", sub_clusters, **settings), LiveBackends())


def first(own: Balancer) -> str | None:
    choice = own.choose_first(b"", NOW)
    return None if choice is None else choice.state.name


def test_the_first_choice_counts_as_an_attempt_that_runs() -> None:
    for own in (balancer(sub_cluster("a", 1, 1)), balancer(sub_cluster("a", 1, 1, 1))):
        choice = own.choose_first(b"", NOW)
        assert choice is not None
        assert (choice.sub_cluster, choice.state.name) == ("a", "a1")
        assert (choice.state.in_flight, choice.state.total_attempts) == (1, 1)


def test_a_choice_is_the_same_object_each_time() -> None:
    own = balancer(sub_cluster("a", 1, 1, 1))
    choices = [own.choose_first(b"", NOW) for _ in range(4)]
    assert choices[0] is choices[2]
    assert choices[1] is choices[3]
    assert choices[0] is not choices[1]


def test_turns_go_on_however_one_asks() -> None:
    own = balancer(sub_cluster("a", 1, 2, 1))
    names = [first(own), own.start().next(NOW).state.name, first(own)]
    assert names == ["a1", "a2", "a1"]


@pytest.mark.parametrize("weights", [(1,), (1, 1)], ids=["one", "two"])
def test_of_backends_that_are_down_none_is_the_first(weights: tuple[int, ...]) -> None:
    own = balancer(sub_cluster("a", 1, *weights))
    for state in own.sub_clusters[0].states:
        state.is_up = False
    assert first(own) is None
    assert [state.in_flight for state in own.sub_clusters[0].states] == [0] * len(weights)


@pytest.mark.parametrize("weights", [(0,), (-1,), (0, 0)])
def test_of_backends_that_are_drained_none_is_the_first(weights: tuple[int, ...]) -> None:
    assert first(balancer(sub_cluster("a", 1, *weights))) is None


def test_where_the_key_finds_the_home_there_is_no_first_choice() -> None:
    own = balancer(sub_cluster("a", 1, 1), sub_cluster("b", 1, 1))
    assert (own.only, own.only_home, own.needs_key) == (None, None, True)
    assert first(own) is None
    assert own.start(b"").next(NOW).state.in_flight == 1


@pytest.mark.parametrize(
    ("sub_clusters", "settings", "kind"),
    [
        ((SubCluster(BLACKHOLE, 1, ()),), {}, Kind.BLACKHOLE),
        ((sub_cluster("a", 0, 1),), {}, Kind.NO_SUB_CLUSTER),
        ((sub_cluster("a", 1, 1),), {"has_balance": False}, Kind.NO_BALANCE),
        ((sub_cluster("a", 1),), {}, Kind.NO_BACKEND),
    ],
)
def test_why_there_is_no_first_choice_is_told_by_the_attempts(
    sub_clusters: tuple[SubCluster, ...], settings: dict[str, object], kind: Kind
) -> None:
    own = balancer(*sub_clusters, **settings)
    assert first(own) is None
    with pytest.raises(Fault) as caught:
        own.start().next(NOW)
    assert caught.value.kind is kind


def test_a_backend_that_starts_slowly_is_never_the_only_one() -> None:
    own = balancer(sub_cluster("a", 1, 1), slow_start=10.0)
    assert own.only is None
    assert first(own) == "a1"


# --- attempts behind the first choice


def test_attempts_take_the_first_choice_over() -> None:
    own = balancer(sub_cluster("a", 1, 1, 1))
    choice = own.choose_first(b"", NOW)
    attempts = own.start(b"", choice)
    assert attempts.choice is choice
    assert (attempts.retries, attempts.is_cross) == (0, False)
    refused = Fault(Kind.CONNECT, "refused")
    assert attempts.failed(refused, method=b"GET", has_body=False, reused=False)
    assert attempts.next(NOW).state.name == "a2"
    assert [state.in_flight for state in own.sub_clusters[0].states] == [0, 1]
    attempts.finish()
    assert [state.in_flight for state in own.sub_clusters[0].states] == [0, 0]


def test_the_first_choice_is_one_of_the_rounds_that_an_exchange_has() -> None:
    lost = Fault(Kind.CONNECTION_BROKEN, "closed", request_sent=True)
    rounds = []
    for is_begun in (False, True):
        own = balancer(sub_cluster("a", 1, 1))
        attempts = own.start(b"", own.choose_first(b"", NOW) if is_begun else None)
        count = int(is_begun)
        while count == 0 or attempts.failed(lost, method=b"GET", has_body=False, reused=True):
            attempts.next(NOW)
            count += 1
        rounds.append(count)
    assert rounds == [20, 20]


def test_an_outlier_counts_only_where_failures_do() -> None:
    for counts in (True, False):
        own = balancer(
            sub_cluster("a", 1, 1), outlier_statuses=frozenset({500}), counts_failures=counts
        )
        state = own.sub_clusters[0].states[0]
        assert not own.record_status(state, 500, NOW)
        assert state.failures == counts
        state.failures = 3
        assert not own.record_status(state, 200, NOW)
        assert state.failures == 0
