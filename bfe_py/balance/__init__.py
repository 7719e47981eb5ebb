"""Which backend takes an attempt: sub-cluster by hash, backend by policy, retries, health."""

from bfe_py.balance.affinity import hash_key, short_key
from bfe_py.balance.backend import BackendState
from bfe_py.balance.balancer import Attempts, Balancer
from bfe_py.balance.cluster import (
    Affinity,
    Backend,
    Cluster,
    HashSource,
    Probe,
    Retry,
    SubCluster,
    Timeouts,
    UpstreamTls,
)
from bfe_py.balance.gslb import BLACKHOLE
from bfe_py.balance.health import (
    disable,
    enable,
    failed,
    mark_down,
    mark_up,
    probe_failed,
    probe_succeeded,
)
from bfe_py.balance.live import Key, LiveBackends
from bfe_py.balance.policy import Policy, get_policy, policy, policy_names
from bfe_py.balance.reach import Reach, ip_range
from bfe_py.balance.retry import counts_as_failure, is_retryable, is_stale
from bfe_py.balance.sub_cluster import Choice, LiveSubCluster

__all__ = [
    "BLACKHOLE",
    "Affinity",
    "Attempts",
    "Backend",
    "BackendState",
    "Balancer",
    "Choice",
    "Cluster",
    "HashSource",
    "Key",
    "LiveBackends",
    "LiveSubCluster",
    "Policy",
    "Probe",
    "Reach",
    "Retry",
    "SubCluster",
    "Timeouts",
    "UpstreamTls",
    "counts_as_failure",
    "disable",
    "enable",
    "failed",
    "get_policy",
    "hash_key",
    "ip_range",
    "is_retryable",
    "is_stale",
    "mark_down",
    "mark_up",
    "policy",
    "policy_names",
    "probe_failed",
    "probe_succeeded",
    "short_key",
]
