"""What workers and the controller tell each other."""

import msgspec

from bfe_py.config import Part, PartKey
from bfe_py.observe import Reading
from bfe_py.shares import Claim, Grant

Down = tuple[str, str, str, int]
"""Cluster, sub-cluster, host and port of a backend that is down."""


class Hello(msgspec.Struct, frozen=True, tag=True):
    """Worker: here I am; send me the configuration.

    `version` is that of the one which it serves with already, if any.
    """

    worker: int
    pid: int
    version: str = ""


class Alive(msgspec.Struct, frozen=True, tag=True):
    """Worker: I still turn."""


class PutParts(msgspec.Struct, frozen=True, tag=True):
    """Controller: parts that are new or different in the next configuration; some of them."""

    parts: list[tuple[PartKey, Part]]


class Prepare(msgspec.Struct, frozen=True, tag=True):
    """Controller: compile the configuration that the parts sent before this make, to be used later.

    They are all parts that are new or different since version `base`, which is to be in use by
    then, and `gone` is what is no longer there; or, where it `is_whole`, all there is.
    """

    generation: int
    version: str
    base: str = ""
    gone: list[PartKey] = []
    is_whole: bool = False


class Prepared(msgspec.Struct, frozen=True, tag=True):
    """Worker: that generation is ready to be used, or `error` says why it cannot be."""

    worker: int
    generation: int
    error: str = ""


class Use(msgspec.Struct, frozen=True, tag=True):
    """Controller: serve with what was prepared; `down` are all backends that are known to be."""

    generation: int
    down: list[Down] = []


class Drop(msgspec.Struct, frozen=True, tag=True):
    """Controller: forget what was prepared; it is as if it had never been sent."""

    generation: int


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
    """Worker: my numbers, or a piece of them; they are whole with the last one."""

    worker: int
    request: int
    reading: Reading
    backends: list[BackendReading]
    is_last: bool = True


class BackendWentDown(msgspec.Struct, frozen=True, tag=True):
    """Worker: too many attempts on this backend failed. Controller: another worker says so."""

    cluster: str
    sub_cluster: str
    host: str
    port: int


class BackendsFailing(msgspec.Struct, frozen=True, tag=True):
    """Worker: so many attempts in a row failed on backends that are up; 0: none any more."""

    failing: list[tuple[Down, int]]


class BackendCameUp(msgspec.Struct, frozen=True, tag=True):
    """Controller: the probe of this backend succeeded."""

    cluster: str
    sub_cluster: str
    host: str
    port: int


class Claims(msgspec.Struct, frozen=True, tag=True):
    """Worker: what I have of limits that all of us keep together; see `shares`.

    `is_answer`: to grants, otherwise for the time since the claims before.
    """

    claims: list[Claim]
    is_answer: bool = False


class Grants(msgspec.Struct, frozen=True, tag=True):
    """Controller: your parts of such limits from now on."""

    grants: list[Grant]


Message = (
    Hello
    | Alive
    | PutParts
    | Prepare
    | Prepared
    | Use
    | Drop
    | Applied
    | ReadAll
    | ReadingTaken
    | BackendWentDown
    | BackendCameUp
    | BackendsFailing
    | Claims
    | Grants
)
