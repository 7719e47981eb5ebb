"""What workers and the controller tell each other."""

import msgspec

from bfe_py.observe import Reading

Down = tuple[str, str, str, int]
"""Cluster, sub-cluster, host and port of a backend that is down."""


class Hello(msgspec.Struct, frozen=True, tag=True):
    """Worker: here I am; send me the configuration."""

    worker: int
    pid: int


class Alive(msgspec.Struct, frozen=True, tag=True):
    """Worker: I still turn."""


class Configure(msgspec.Struct, frozen=True, tag=True):
    """Controller: compile and use this tree (MessagePack of `config.Tree`).

    `down` are all backends of it that are known to be down.
    """

    generation: int
    tree: bytes
    down: list[Down] = []


class Applied(msgspec.Struct, frozen=True, tag=True):
    """Worker: that generation is in use, or `error` says why not."""

    worker: int
    generation: int
    error: str = ""


class ReadAll(msgspec.Struct, frozen=True, tag=True):
    """Controller: tell me your numbers."""

    request: int


class BackendReading(msgspec.Struct, frozen=True, array_like=True):
    """State of one backend as one worker sees it."""

    cluster: str
    sub_cluster: str
    name: str
    address: str
    weight: int
    is_up: bool
    in_flight: int
    failures: int


class ReadingTaken(msgspec.Struct, frozen=True, tag=True):
    """Worker: my numbers."""

    worker: int
    request: int
    reading: Reading
    backends: list[BackendReading]


class BackendWentDown(msgspec.Struct, frozen=True, tag=True):
    """Worker: too many attempts on this backend failed. Controller: another worker says so."""

    cluster: str
    sub_cluster: str
    host: str
    port: int


class BackendCameUp(msgspec.Struct, frozen=True, tag=True):
    """Controller: the probe of this backend succeeded."""

    cluster: str
    sub_cluster: str
    host: str
    port: int


Message = (
    Hello | Alive | Configure | Applied | ReadAll | ReadingTaken | BackendWentDown | BackendCameUp
)
