"""Balancer: which backend takes each attempt of an exchange.

Two levels: the key of the exchange chooses its home among the sub-clusters, a policy chooses the
backend in it. `Attempts.retries` counts as BFE does: up to `Retry.same_cluster` the attempts stay
at home, up to `Retry.cross_cluster` more go to other sub-clusters; a home where nothing is up skips
to those at once.
"""

from collections.abc import Callable, Sequence
from math import gcd
from random import randrange

import msgspec

from bfe_py.balance import policies
from bfe_py.balance.backend import BackendState
from bfe_py.balance.cluster import Cluster
from bfe_py.balance.gslb import BLACKHOLE, Partition, cross_targets
from bfe_py.balance.health import failed
from bfe_py.balance.live import Key, LiveBackends
from bfe_py.balance.policies.wrr import pick_turn
from bfe_py.balance.policy import Policy, get_policy, load_policies
from bfe_py.balance.retry import counts_as_failure, is_retryable, is_stale
from bfe_py.balance.sub_cluster import Choice, LiveSubCluster, bind_states
from bfe_py.model import Fault, Kind

load_policies(policies)

_MOST_ROUNDS = 20
"""An exchange asks for a backend no more often than this, whatever is configured."""


class Balancer:
    """Chooses the backends of one cluster, in one snapshot.

    `only_home`: index of the sub-cluster that every key belongs to, None if they differ; `only`:
    the one backend there, if it has no more.
    `needs_key`: exchanges do not all go the same way, so `start` wants their hash key.

    Args:
        cluster: what is configured.
        live: state of the backends; their new weights hold from here on.
        is_compatible: exactly as BFE. Otherwise a backend that failed is not asked again in the
            same exchange while another is up, drained sub-clusters take no crossing traffic, and a
            kept connection that turns out to be closed costs no retry.
        offset: so many turns of round robin are skipped at first; differs between workers.
        choose: a random number below its argument.

    Raises:
        KeyError: the cluster's policy does not exist.
    """

    __slots__ = (
        "_choose",
        "_outliers",
        "_partition",
        "cluster",
        "is_compatible",
        "limit",
        "needs_key",
        "only",
        "only_home",
        "same_cluster",
        "sub_clusters",
    )

    def __init__(
        self,
        cluster: Cluster,
        live: LiveBackends,
        *,
        is_compatible: bool = False,
        offset: int = 0,
        choose: Callable[[int], int] = randrange,
    ) -> None:
        policy = _policy_of(cluster, is_compatible=is_compatible)
        # What the key decides does not start slowly: a weight that moves would move the keys.
        slow_start = 0.0 if policy.needs_key else cluster.slow_start
        live_sub_clusters = []
        for sub_cluster in cluster.sub_clusters:
            states = bind_states(cluster.name, sub_cluster, live)
            _skip_turns(states, offset)
            live_sub_clusters.append(LiveSubCluster(sub_cluster, states, policy, slow_start))
        self.cluster = cluster
        self._outliers = cluster.outlier_statuses
        self.sub_clusters = tuple(live_sub_clusters)
        self.same_cluster = cluster.retry.same_cluster
        self.limit = cluster.retry.same_cluster + cluster.retry.cross_cluster
        self._partition = Partition(cluster.sub_clusters)
        self.needs_key = cluster.has_balance and (self._partition.needs_key or policy.needs_key)
        self.is_compatible = is_compatible
        self._choose = choose
        self.only_home = self._find_only_home()
        home = self.only_home
        self.only = None if home is None else self.sub_clusters[home].only

    @property
    def keys(self) -> tuple[Key, ...]:
        """Identities of all backends, for `LiveBackends.retain`."""
        return tuple([state.key for sub in self.sub_clusters for state in sub.states])

    def _find_only_home(self) -> int | None:
        single = self._partition.single
        if not self.cluster.has_balance or single is None:
            return None
        return None if self.sub_clusters[single].name == BLACKHOLE else single

    def start(self, key: bytes = b"", first: Choice | None = None) -> "Attempts":
        """The attempts of an exchange; `key` may be left out unless `needs_key`.

        Args:
            first: what `choose_first` answered: that attempt runs.
        """
        if first is None:
            return Attempts(self, key)
        return Attempts(self, key, _rounds=1, choice=first)

    def choose_first(self, key: bytes, now: float) -> Choice | None:
        """Where the first attempt of an exchange goes, whose backend counts it as in flight.

        Who asks ends that, or hands it to `start`. None: it is not as simple as that.
        """
        choice, home = self.only, self.only_home
        if choice is None:
            if home is None:
                return None
            choice = self.sub_clusters[home].pick(key, now, ())
            if choice is None:
                return None
            state = choice.state
        else:
            state = choice.state
            if not state.is_up or state.weight <= 0:
                return None
        state.in_flight += 1
        state.total_attempts += 1
        return choice

    def get_home(self, key: bytes) -> int:
        """Index of the sub-cluster that `key` belongs to.

        Raises:
            Fault: NO_BALANCE, NO_SUB_CLUSTER or BLACKHOLE.
        """
        if not self.cluster.has_balance:
            raise Fault(Kind.NO_BALANCE, f"cluster {self.cluster.name} has no sub-clusters")
        home = self._partition.find(key)
        if home is None:
            raise Fault(Kind.NO_SUB_CLUSTER, f"cluster {self.cluster.name}: no weight above 0")
        if self.sub_clusters[home].name == BLACKHOLE:
            raise Fault(Kind.BLACKHOLE, f"cluster {self.cluster.name}")
        return home

    def get_cross(self, home: int) -> LiveSubCluster:
        """One of the sub-clusters that an exchange of `home` may cross to, at random.

        Raises:
            Fault: NO_BACKEND if the cluster does not cross, NO_CROSS_SUB_CLUSTER if there is none.
        """
        if self.cluster.retry.cross_cluster <= 0:
            raise Fault(Kind.NO_BACKEND, f"cluster {self.cluster.name}: all are down")
        targets = cross_targets(self.cluster.sub_clusters, home, is_compatible=self.is_compatible)
        if not targets:
            raise Fault(Kind.NO_CROSS_SUB_CLUSTER, f"cluster {self.cluster.name}")
        return self.sub_clusters[targets[self._choose(len(targets))]]

    def find_choice(self, sub_cluster: str, address: str) -> Choice | None:
        """The backend at `address` in a sub-cluster that has a share, or None."""
        for own in self.sub_clusters:
            if own.name == sub_cluster and own.weight > 0:
                return own.find(address)
        return None

    def record_fault(self, state: BackendState, fault: Fault, now: float) -> bool:
        """Count the fault of an attempt; True exactly when it brought the backend down."""
        if not counts_as_failure(fault, is_compatible=self.is_compatible):
            return False
        return self.cluster.counts_failures and failed(state, self.cluster.probe, now)

    def record_status(self, state: BackendState, status: int, now: float) -> bool:
        """Count the response to an attempt; True exactly when that brought the backend down."""
        if status in self._outliers and self.cluster.counts_failures:
            return failed(state, self.cluster.probe, now)
        if status not in self._outliers:
            state.failures = 0  # one success is enough
        return False


class Attempts(msgspec.Struct, eq=False):
    """The attempts of one exchange: `next`; after a fault `failed`, `next`; at last `finish`.

    `retries`: BFE's counter, raised by each retry. `is_cross`: an attempt left the home
    sub-cluster. `choice`: where the attempt that runs went; the backend counts it as in flight
    until the next one begins or `finish` is called.
    """

    _balancer: Balancer
    _key: bytes = b""
    _home: int | None = None
    _preferred: Choice | None = None
    _tried: tuple[BackendState, ...] = ()
    _rounds: int = 0
    retries: int = 0
    is_cross: bool = False
    choice: Choice | None = None

    def prefer(self, sub_cluster: str, address: str) -> None:
        """Go to this backend whenever it can be chosen, instead of balancing."""
        self._preferred = self._balancer.find_choice(sub_cluster, address)

    def next(self, now: float) -> Choice:
        """Where the next attempt goes; `now` in monotonic seconds.

        Raises:
            Fault: NO_BALANCE, NO_SUB_CLUSTER, BLACKHOLE, NO_BACKEND, NO_CROSS_SUB_CLUSTER or
                TOO_MANY_RETRIES.
        """
        if self.choice is not None:
            self.finish()
        limit = self._balancer.limit
        kind = Kind.TOO_MANY_RETRIES
        while self.retries <= limit and self._rounds < _MOST_ROUNDS:
            self._rounds += 1
            choice = self._pick(now)
            if choice is not None:
                state = choice.state
                state.in_flight += 1
                state.total_attempts += 1
                self.choice = choice
                return choice
            self.retries += 1
            kind = Kind.NO_BACKEND
        raise Fault(kind, f"cluster {self._balancer.cluster.name}")

    def _pick(self, now: float) -> Choice | None:
        if self._preferred is not None and self._can_use(self._preferred.state):
            return self._preferred
        balancer = self._balancer
        home = self._home
        if home is None:
            home = balancer.only_home
            if home is None:
                home = balancer.get_home(self._key)
            self._home = home
        if self.retries <= balancer.same_cluster:
            choice = balancer.sub_clusters[home].pick(self._key, now, self._tried)
            if choice is not None:
                return choice
            self.retries = balancer.same_cluster
        other = balancer.get_cross(home)
        self.is_cross = True
        return other.pick(self._key, now, self._tried)

    def _can_use(self, state: BackendState) -> bool:
        return state.is_up and state.weight > 0 and state not in self._tried

    def failed(self, fault: Fault, *, method: bytes, has_body: bool, reused: bool) -> bool:
        """Whether another attempt may follow the one that ended with `fault`.

        Args:
            fault: how it ended.
            method: of the request.
            has_body: the request has one, of whatever length.
            reused: the attempt ran over a connection that had been kept open.
        """
        balancer = self._balancer
        if not balancer.is_compatible and is_stale(
            fault, method=method, has_body=has_body, is_reused=reused
        ):
            return self._rounds < _MOST_ROUNDS  # no fault of the backend: costs no retry
        is_idempotent = balancer.cluster.retry.idempotent
        if not is_retryable(fault, method=method, has_body=has_body, is_idempotent=is_idempotent):
            return False
        if self.choice is not None and not balancer.is_compatible:
            self._tried += (self.choice.state,)
        self.retries += 1
        return self.retries <= balancer.limit and self._rounds < _MOST_ROUNDS

    def finish(self) -> None:
        """The attempt that runs, if any, is over."""
        if self.choice is not None:
            self.choice.state.in_flight -= 1
            self.choice = None


def _policy_of(cluster: Cluster, *, is_compatible: bool) -> Policy:
    if cluster.affinity.is_sticky:
        return get_policy("HASHED")
    if is_compatible and cluster.policy == "WLC":
        return get_policy("WLC/bfe")
    return get_policy(cluster.policy)


def _skip_turns(states: Sequence[BackendState], offset: int) -> None:
    """Take `offset` turns of backends of which none has served yet."""
    weights = [state.weight for state in states if state.weight > 0]
    if offset and weights and all(state.current == state.weight for state in states):
        for _ in range(offset % (sum(weights) // gcd(*weights))):
            pick_turn(states)
