"""Attempts of an exchange over sub-clusters and backends."""

from collections.abc import Callable

import pytest

from bfe_py.balance import (
    BLACKHOLE,
    Affinity,
    Attempts,
    Backend,
    Balancer,
    Cluster,
    LiveBackends,
    Probe,
    Retry,
    SubCluster,
)
from bfe_py.model import Fault, Kind

NOW = 0.0
FIRST = b""
"""Key whose hash is 0: it falls on the first sub-cluster by name."""


def sub_cluster(name: str, weight: int, *weights: int) -> SubCluster:
    """Backends ``name1``, ``name2``, ... with `weights`."""
    backends = [Backend(f"{name}{i + 1}", name, 80 + i, w) for i, w in enumerate(weights)]
    return SubCluster(name, weight, tuple(backends))


ONE = (sub_cluster("a", 1, 1),)
TWO = (sub_cluster("a", 1, 1), sub_cluster("b", 0, 1))


def cluster(
    *sub_clusters: SubCluster,
    retry: tuple[int, int] = (2, 0),
    is_idempotent: bool = False,
    policy: str = "WRR",
    failures: int = 5,
) -> Cluster:
    return Cluster(
        "c",
        sub_clusters,
        policy=policy,
        retry=Retry(*retry, idempotent=is_idempotent),
        probe=Probe(failures=failures),
    )


def balancer(
    own: Cluster,
    *,
    is_compatible: bool = False,
    choose: Callable[[int], int] = lambda below: 0,
    offset: int = 0,
) -> Balancer:
    return Balancer(own, LiveBackends(), is_compatible=is_compatible, choose=choose, offset=offset)


def take_down(own: Balancer, *names: str) -> None:
    for one in own.sub_clusters:
        for state in one.states:
            if state.name in names:
                state.is_up = False


def play(
    attempts: Attempts, kind: Kind = Kind.CONNECT, *, sent: bool = False, reused: bool = False
) -> str:
    """Every attempt ends with `kind` until no other may follow; names, and the fault of `next`."""
    names = []
    goes_on = True
    while goes_on:
        try:
            names.append(attempts.next(NOW).state.name)
        except Fault as fault:
            names.append(fault.kind.name)
            break
        fault = Fault(kind, request_sent=sent)
        goes_on = attempts.failed(fault, method=b"GET", has_body=False, reused=reused)
    attempts.finish()
    return " ".join(names)


# (same cluster, cross cluster), all connects refused, all of a down
@pytest.mark.parametrize(
    ("retry", "refused", "down"),
    [
        ((2, 0), "a1 a1 a1", "NO_BACKEND"),
        ((2, 1), "a1 a1 a1 b1", "b1 b1"),
        ((0, 0), "a1", "NO_BACKEND"),
        ((0, 1), "a1 b1", "b1 b1"),
        ((2, 2), "a1 a1 a1 b1 b1", "b1 b1 b1"),
        ((30, 0), " ".join(["a1"] * 20), "NO_BACKEND"),
        ((-1, 0), "TOO_MANY_RETRIES", "TOO_MANY_RETRIES"),
        ((-1, 1), "b1", "b1"),
    ],
)
@pytest.mark.parametrize("weight", [0, 5])
def test_attempts_stay_at_home_and_then_cross(
    retry: tuple[int, int], refused: str, down: str, weight: int
) -> None:
    own = cluster(sub_cluster("a", 1, 1), sub_cluster("b", weight, 1), retry=retry)
    at_home = balancer(own, is_compatible=True)
    assert play(at_home.start(FIRST)) == refused
    take_down(at_home, "a1")
    assert play(at_home.start(FIRST)) == down


def test_a_drained_sub_cluster_is_no_way_out_unless_compatible() -> None:
    own = cluster(*TWO, retry=(0, 1))
    assert play(balancer(own, is_compatible=True).start()) == "a1 b1"
    assert play(balancer(own).start()) == "a1 NO_CROSS_SUB_CLUSTER"


def test_negative_weights_and_the_black_hole_are_no_way_out() -> None:
    own = cluster(
        sub_cluster("a", 1, 1), sub_cluster("b", -1, 1), SubCluster(BLACKHOLE, 0, ()), retry=(2, 1)
    )
    assert play(balancer(own, is_compatible=True).start()) == "a1 a1 a1 NO_CROSS_SUB_CLUSTER"


def test_crossing_chooses_at_random_among_the_others() -> None:
    own = cluster(
        *(sub_cluster(name, weight, 1) for name, weight in (("a", 9), ("b", 0), ("c", 0))),
        retry=(0, 3),
    )
    wheel = iter([1, 0, 1])
    attempts = balancer(own, is_compatible=True, choose=lambda below: next(wheel)).start()
    assert play(attempts) == "a1 c1 b1 c1"
    assert attempts.is_cross


def test_the_cross_sub_cluster_balances_too() -> None:
    own = balancer(
        cluster(sub_cluster("a", 1, 1), sub_cluster("b", 0, 1, 2), retry=(0, 1)),
        is_compatible=True,
    )
    assert [play(own.start()).split()[1] for _ in range(6)] == ["b2", "b1", "b2", "b2", "b1", "b2"]


def test_everything_down_is_no_backend() -> None:
    own = balancer(cluster(*TWO, retry=(2, 1)), is_compatible=True)
    take_down(own, "a1", "b1")
    attempts = own.start()
    assert play(attempts) == "NO_BACKEND"
    assert (attempts.retries, attempts.choice) == (4, None)


def test_the_counter_is_that_of_the_retries() -> None:
    own = balancer(cluster(*TWO, retry=(2, 1)), is_compatible=True)
    attempts = own.start()
    attempts.next(NOW)
    assert (attempts.retries, attempts.is_cross) == (0, False)
    play(attempts)
    assert (attempts.retries, attempts.is_cross) == (4, True)
    take_down(own, "a1")
    skipping = own.start()
    skipping.next(NOW)
    assert (skipping.retries, skipping.is_cross) == (2, True)


@pytest.mark.parametrize(
    ("own", "kind"),
    [
        (Cluster("c", has_balance=False), Kind.NO_BALANCE),
        (cluster(sub_cluster("a", 0, 1)), Kind.NO_SUB_CLUSTER),
        (cluster(SubCluster(BLACKHOLE, 100, ()), sub_cluster("a", 0, 1)), Kind.BLACKHOLE),
        (cluster(sub_cluster("a", 1)), Kind.NO_BACKEND),
        (cluster(sub_cluster("a", 1, 0, -1)), Kind.NO_BACKEND),
    ],
)
def test_a_cluster_that_goes_nowhere_says_why(own: Cluster, kind: Kind) -> None:
    made = balancer(own)
    assert not made.needs_key
    with pytest.raises(Fault) as caught:
        made.start().next(NOW)
    assert caught.value.kind is kind


def test_the_key_chooses_the_home() -> None:
    names = ("sub.sh", "sub.bj")
    own = balancer(
        cluster(*(sub_cluster(name, 45, 1) for name in names), SubCluster(BLACKHOLE, 10, ()))
    )
    assert own.needs_key
    assert own.start(b"user-1").next(NOW).sub_cluster == "sub.sh"
    assert own.start(b"/index.html?a=1").next(NOW).sub_cluster == "sub.bj"
    with pytest.raises(Fault) as caught:
        own.start(b"val").next(NOW)
    assert caught.value.kind is Kind.BLACKHOLE


def test_a_sticky_cluster_needs_the_key_even_with_one_sub_cluster() -> None:
    own = Cluster("c", (sub_cluster("a", 1, 3, 1),), affinity=Affinity(is_sticky=True))
    made = balancer(own)
    assert made.needs_key
    picked = {key: made.start(key).next(NOW).state.name for key in (b"alice", b"bob", b"user-1")}
    assert picked == {b"alice": "a1", b"bob": "a1", b"user-1": "a2"}


def test_a_sticky_cluster_does_not_start_slowly() -> None:
    own = Cluster(
        "c", (sub_cluster("a", 1, 1),), affinity=Affinity(is_sticky=True), slow_start=10.0
    )
    made = balancer(own)
    (state,) = made.sub_clusters[0].states
    state.is_restarted = True
    made.start(b"x").next(NOW)
    assert state.weight == 100


def test_a_cluster_starts_slowly_if_it_says_so() -> None:
    own = Cluster("c", (sub_cluster("a", 1, 1),), slow_start=10.0)
    made = balancer(own)
    (state,) = made.sub_clusters[0].states
    state.is_restarted = True
    made.start().next(NOW)
    assert state.weight == 1


def test_a_backend_that_failed_is_spared_unless_compatible() -> None:
    own = cluster(sub_cluster("a", 1, 100, 1, 1))
    assert play(balancer(own).start()) == "a1 a2 a3"
    assert play(balancer(own, is_compatible=True).start()) == "a1 a1 a1"


def test_a_backend_that_failed_is_asked_again_if_no_other_is_up() -> None:
    own = balancer(cluster(sub_cluster("a", 1, 1, 1)))
    take_down(own, "a2")
    assert play(own.start()) == "a1 a1 a1"


@pytest.mark.parametrize(
    ("is_idempotent", "kind", "names"),
    [
        (False, Kind.READ_RESPONSE, "a1"),
        (True, Kind.READ_RESPONSE, "a1 a2 a1"),
        (True, Kind.RESPONSE_TIMEOUT, "a1 a2 a1"),
        (True, Kind.CLIENT_CLOSED, "a1"),
        (True, Kind.BODY_TRANSFORM, "a1"),
        (False, Kind.CONNECT_LIMIT, "a1 a2 a1"),
    ],
)
def test_only_some_faults_are_followed_by_another_attempt(
    is_idempotent: bool, kind: Kind, names: str
) -> None:
    own = cluster(sub_cluster("a", 1, 1, 1), is_idempotent=is_idempotent)
    assert play(balancer(own, is_compatible=True).start(), kind) == names


def test_a_stale_connection_costs_no_retry_and_spares_nobody() -> None:
    own = cluster(sub_cluster("a", 1, 100, 1), retry=(0, 0))
    attempts = balancer(own).start()
    for _ in range(3):
        assert attempts.next(NOW).state.name == "a1"
        broken = Fault(Kind.CONNECTION_BROKEN, request_sent=True)
        assert attempts.failed(broken, method=b"GET", has_body=False, reused=True)
    assert attempts.retries == 0


def test_stale_connections_come_to_an_end() -> None:
    own = cluster(*ONE, retry=(0, 0))
    names = play(balancer(own).start(), Kind.CONNECTION_BROKEN, sent=True, reused=True)
    assert len(names.split()) == 20
    compatible = balancer(own, is_compatible=True)
    assert play(compatible.start(), Kind.CONNECTION_BROKEN, sent=True, reused=True) == "a1"


def test_asking_further_than_allowed_is_too_many_retries() -> None:
    attempts = balancer(cluster(*ONE, retry=(0, 0))).start()
    attempts.next(NOW)
    assert not attempts.failed(Fault(Kind.CONNECT), method=b"GET", has_body=False, reused=False)
    with pytest.raises(Fault) as caught:
        attempts.next(NOW)
    assert caught.value.kind is Kind.TOO_MANY_RETRIES


def test_an_attempt_is_in_flight_until_the_next_or_the_end() -> None:
    own = balancer(cluster(sub_cluster("a", 1, 1, 1)))
    first, second = own.sub_clusters[0].states
    attempts = own.start()
    attempts.next(NOW)
    assert (first.in_flight, second.in_flight) == (1, 0)
    attempts.next(NOW)
    assert (first.in_flight, second.in_flight) == (0, 1)
    attempts.finish()
    attempts.finish()
    assert (first.in_flight, second.in_flight) == (0, 0)
    assert (first.total_attempts, second.total_attempts) == (1, 1)


def test_a_fault_before_the_first_attempt_spares_nobody() -> None:
    attempts = balancer(cluster(sub_cluster("a", 1, 100, 1))).start()
    assert attempts.failed(Fault(Kind.CONNECT), method=b"GET", has_body=False, reused=False)
    assert attempts.next(NOW).state.name == "a1"


def test_a_preferred_backend_is_taken_while_it_can_be_chosen() -> None:
    own = balancer(cluster(sub_cluster("a", 1, 100, 1), sub_cluster("b", 0, 1)), is_compatible=True)
    attempts = own.start()
    attempts.prefer("a", "a:81")
    assert play(attempts) == "a2 a2 a2"
    take_down(own, "a2")
    attempts = own.start()
    attempts.prefer("a", "a:81")
    assert attempts.next(NOW).state.name == "a1"


@pytest.mark.parametrize(
    ("name", "address"), [("b", "b:80"), ("a", "a:99"), ("x", "a:80"), ("a", "a:82")]
)
def test_a_preference_that_cannot_be_met_is_ignored(name: str, address: str) -> None:
    own = balancer(cluster(sub_cluster("a", 1, 1, 1, 0), sub_cluster("b", 0, 1)))
    attempts = own.start()
    attempts.prefer(name, address)
    assert attempts.next(NOW).state.name == "a1"


def test_a_preferred_backend_that_failed_is_spared() -> None:
    attempts = balancer(cluster(sub_cluster("a", 1, 100, 1))).start()
    attempts.prefer("a", "a:81")
    assert play(attempts) == "a2 a1 a1"


@pytest.mark.parametrize("is_compatible", [True, False])
def test_the_policy_is_the_configured_one(is_compatible: bool) -> None:
    own = balancer(
        cluster(sub_cluster("a", 1, 1, 1, 1, 1), policy="WLC"), is_compatible=is_compatible
    )
    states = own.sub_clusters[0].states
    states[0].in_flight = states[1].in_flight = 1
    assert own.start().next(NOW).state.name == ("a1" if is_compatible else "a3")


def test_an_unknown_policy_is_refused() -> None:
    with pytest.raises(KeyError):
        balancer(cluster(*ONE, policy="RR"))


def first_names(own: Balancer, count: int) -> list[str]:
    return [own.start().next(NOW).state.name for _ in range(count)]


def test_an_offset_begins_further_on() -> None:
    own = cluster(sub_cluster("a", 1, 1, 1, 1))
    starts = [first_names(balancer(own, offset=offset), 3) for offset in range(4)]
    assert starts == [
        ["a1", "a2", "a3"],
        ["a2", "a3", "a1"],
        ["a3", "a1", "a2"],
        ["a1", "a2", "a3"],
    ]


def test_an_offset_needs_backends_that_have_not_served() -> None:
    own, live = cluster(sub_cluster("a", 1, 1, 1, 1)), LiveBackends()
    assert first_names(Balancer(own, live), 1) == ["a1"]
    assert first_names(Balancer(own, live, offset=1), 1) == ["a2"]
    assert Balancer(cluster(sub_cluster("a", 1, 0)), live, offset=1).keys == (("c", "a", "a:80"),)


def test_keys_name_every_backend() -> None:
    own = balancer(cluster(sub_cluster("a", 1, 1, 1), sub_cluster("b", 0, 1)))
    assert own.keys == (("c", "a", "a:80"), ("c", "a", "a:81"), ("c", "b", "b:80"))


def test_a_new_snapshot_goes_on_where_the_old_one_was() -> None:
    own, live = cluster(sub_cluster("a", 1, 1, 1, 1)), LiveBackends()
    assert first_names(Balancer(own, live), 2) == ["a1", "a2"]
    assert first_names(Balancer(own, live), 2) == ["a3", "a1"]


def test_faults_in_a_row_bring_a_backend_down() -> None:
    own = balancer(cluster(*ONE, failures=2))
    (state,) = own.sub_clusters[0].states
    assert not own.record_fault(state, Fault(Kind.CLIENT_CLOSED), NOW)
    assert not own.record_fault(state, Fault(Kind.CONNECTION_BROKEN), NOW)
    assert not own.record_fault(state, Fault(Kind.CONNECT), NOW)
    assert own.record_fault(state, Fault(Kind.READ_RESPONSE), 5.0)
    assert (state.is_up, state.down_since, state.total_failures) == (False, 5.0, 2)


def test_outlier_statuses_count_as_failures_and_others_start_anew() -> None:
    own = balancer(
        Cluster("c", ONE, outlier_statuses=frozenset({403, 500}), probe=Probe(failures=3))
    )
    (state,) = own.sub_clusters[0].states
    assert [own.record_status(state, status, NOW) for status in (500, 403)] == [False, False]
    assert state.failures == 2
    assert not own.record_status(state, 200, NOW)
    assert state.failures == 0
    assert [own.record_status(state, 500, NOW) for _ in range(3)] == [False, False, True]


def test_a_cluster_may_count_no_failures() -> None:
    own = balancer(
        Cluster(
            "c",
            ONE,
            counts_failures=False,
            outlier_statuses=frozenset({500}),
            probe=Probe(failures=1),
        )
    )
    (state,) = own.sub_clusters[0].states
    assert not own.record_fault(state, Fault(Kind.CONNECT), NOW)
    assert not own.record_status(state, 500, NOW)
    assert (state.is_up, state.failures, state.total_failures) == (True, 0, 0)


@pytest.mark.parametrize("is_compatible", [True, False])
def test_our_own_limit_blames_the_backend_only_if_compatible(is_compatible: bool) -> None:
    own = balancer(cluster(*ONE, failures=1), is_compatible=is_compatible)
    (state,) = own.sub_clusters[0].states
    assert own.record_fault(state, Fault(Kind.CONNECT_LIMIT), NOW) == is_compatible
