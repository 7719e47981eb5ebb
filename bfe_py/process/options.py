"""What `bfe-py run` was asked for, and what follows from it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bfe_py.config import Report
from bfe_py.process.affinity import usable_cores
from bfe_py.process.handover import same_command
from bfe_py.server import Site


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What `bfe-py run` was asked for.

    `conf` and `rules` are the configuration root and the folder of `.rules` files; one may be None.
    `workers` None: as configured. `report` takes lines for the operator. `command` is what starts
    another version of the same.
    """

    conf: Path | None
    rules: Path | None
    report: Callable[[str], None]
    log_directory: Path | None = None
    state_directory: Path | None = None
    logs_to_stdout: bool = False
    is_debugging: bool = False
    workers: int | None = None
    is_compatible: bool = False
    is_coloured: bool = False
    command: tuple[str, ...] = field(default_factory=same_command)


def count_workers(options: RunOptions, site: Site) -> int:
    """How many workers there are to be."""
    own, server = site.static.own, site.static.server
    return options.workers or own.workers or server.max_cpus or len(usable_cores())


def first_error(report: Report) -> str:
    """The first thing that is wrong, with its place, in one line."""
    for finding in report.errors:
        text = f"{finding.place}: {finding.message}" if finding.place else finding.message
        return " ".join(text.split())
    return "the configuration cannot be used"
