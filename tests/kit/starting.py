"""What `start_processes` would have run, had it had a system."""

from dataclasses import dataclass, field

from bfe_py.process import RunOptions
from bfe_py.process.children import Links
from bfe_py.process.parent import Parent
from bfe_py.server import PlaneOptions

LINKS = Links(0, 0, "")


class FakeSocket:
    def __init__(self, *_: object) -> None:
        self.is_closed = False
        self.target: object = None

    def fileno(self) -> int:
        return 77

    def bind(self, target: str) -> None:
        assert len(target) <= 107
        self.target = target

    def listen(self, backlog: int) -> None:
        self.backlog = backlog

    def close(self) -> None:
        self.is_closed = True


@dataclass
class Started:
    """What `start_processes` would have run."""

    options: RunOptions
    reported: list[str]
    status: int = 0
    parent: Parent | None = None
    bound: dict[str, list[FakeSocket]] = field(default_factory=dict)
    controllers: list[object] = field(default_factory=list)
    workers: list[PlaneOptions] = field(default_factory=list)
    pinned: list[tuple[int, list[int]]] = field(default_factory=list)
