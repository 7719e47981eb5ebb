"""Story: what would become of a request, as data; its JSON is what ``explain --json`` prints."""

from dataclasses import dataclass, field

from bfe_py.condition import Trace


@dataclass(frozen=True, slots=True)
class Effect:
    """What one module did in one phase, in lines; `ends`: the request goes no further."""

    phase: str
    module: str
    changes: tuple[str, ...]
    ends: bool = False


@dataclass(frozen=True, slots=True)
class Looked:
    """One thing looked at on the way to a cluster; `trace` is that of a condition."""

    text: str
    is_match: bool
    trace: Trace | None = None


@dataclass(frozen=True, slots=True)
class BackendPart:
    """One backend and its share of its sub-cluster, in percent."""

    name: str
    address: str
    weight: int
    percent: float


@dataclass(frozen=True, slots=True)
class SubClusterPart:
    """One sub-cluster and its share of the cluster; `is_home`: this request belongs to it."""

    name: str
    weight: int
    percent: float
    is_home: bool
    backends: tuple[BackendPart, ...]


@dataclass(frozen=True, slots=True)
class ClusterPart:
    """Where the request goes. `key`: what chooses the sub-cluster; times in seconds, None: none."""

    name: str
    protocol: str
    policy: str
    connect: float
    response_header: float | None
    same_cluster_retries: int
    cross_cluster_retries: int
    key: str
    sub_clusters: tuple[SubClusterPart, ...]


@dataclass(slots=True)
class Story:
    """What would become of one request; parts that were not reached are empty.

    `how` is host, vip or default; `source` basic or advanced, with the rule's number from 1.
    `end` says how it ended before a backend was asked, empty if it did not.
    """

    request: str
    tenant: str = ""
    how: str = ""
    tag: str = ""
    cluster_name: str = ""
    source: str = ""
    rule: int = 0
    looked_at: tuple[Looked, ...] = ()
    cluster: ClusterPart | None = None
    effects: list[Effect] = field(default_factory=list)
    end: str = ""
    remarks: list[str] = field(default_factory=list)
