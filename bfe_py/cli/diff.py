"""`bfe-py diff`."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click
import msgspec

from bfe_py.cli.management import Management, address_option
from bfe_py.cli.taught import TaughtCommand, configuration_options, debug_option, taught

if TYPE_CHECKING:
    from bfe_py.cli.comparing import Moved, Sample, Side
    from bfe_py.config import Difference

_DIFFERENT = 1
_TROUBLE = 2


class Comparison(msgspec.Struct, frozen=True):
    """What ``--format json`` prints."""

    old: str
    new: str
    differences: "list[Difference]"
    moved: "list[Moved]"
    samples: int
    is_complete: bool
    """False: more requests could have been tried."""


@taught(
    ("bfe-py diff", "The version in use against the files on the disk."),
    ("bfe-py diff 7", "Version 7 of `bfe-py status versions` against the files on the disk."),
    ("bfe-py diff 6 7", "Two versions that are kept."),
    ("bfe-py diff /etc/bfe conf", "Two folders."),
    ("bfe-py diff 7 --samples requests.txt", "And where requests of your own would go."),
)
@click.command(cls=TaughtCommand)
@click.argument("old", required=False)
@click.argument("new", required=False)
@configuration_options
@click.option(
    "-s",
    "--state-dir",
    "state",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where versions are kept; without it the running proxy is asked.",
)
@click.option(
    "--samples",
    "samples_file",
    type=click.File("r", encoding="utf-8"),
    metavar="FILE",
    help="Requests to try, each a line: METHOD URL [Header: value]...",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How it is written.",
)
@address_option
@debug_option
def command(
    *,
    old: str | None,
    new: str | None,
    conf: Path | None,
    rules: Path | None,
    state: Path | None,
    samples_file: TextIO | None,
    form: str,
    address: str,
) -> int:
    """Say what is different between two configurations, and which requests would go elsewhere.

    OLD and NEW are folders (a configuration root, one of .rules files, or one with conf and rules
    in it), or versions that are kept, by number or digest. Without NEW it is the files on the disk,
    without OLD the version in use. Exit status: 0 nothing is different, 1 something is, 2 trouble.
    """
    from bfe_py.cli.comparing import SampleError, SideError, Sides, read_samples
    from bfe_py.cli.explaining import AskedError
    from bfe_py.control import VersionError

    sides = Sides(conf, rules, state, Management(address))
    try:
        own = read_samples("" if samples_file is None else samples_file.read())
        before = sides.in_use() if old is None else sides.find(old)
        after = sides.on_disk() if new is None else sides.find(new)
        comparison = _compare(before, after, own)
    except (AskedError, SampleError) as error:
        raise click.UsageError(f"--samples: {error}") from error
    except (SideError, VersionError) as error:
        click.echo(str(error), err=True)
        return _TROUBLE
    except click.ClickException as error:
        error.show()
        return _TROUBLE
    if form == "json":
        click.echo(msgspec.json.encode(comparison).decode())
    else:
        click.echo(_tell(comparison))
    return _DIFFERENT if comparison.differences or comparison.moved else 0


def _compare(old: "Side", new: "Side", own: "list[Sample]") -> Comparison:
    from bfe_py.cli.comparing import find_moved, find_samples
    from bfe_py.config import compare_trees

    differences = compare_trees(old.tree, new.tree)
    found, is_cut = find_samples(old.tree, new.tree, differences) if differences else ([], False)
    samples = list(dict.fromkeys([*own, *found]))
    moved = find_moved(old, new, samples, time.time())
    return Comparison(old.name, new.name, differences, moved, len(samples), not is_cut)


def _tell(comparison: Comparison) -> str:
    lines = [f"{comparison.old} => {comparison.new}"]
    if not comparison.differences:
        lines.append("nothing is different")
    lines += [f"  {one.line}" for one in comparison.differences]
    if comparison.samples:
        more = "" if comparison.is_complete else ", of more"
        number = f"{len(comparison.moved)} of {comparison.samples} sample requests{more}"
        lines.append(f"{number} would go elsewhere{':' if comparison.moved else ''}")
    lines += [f"  {one.line}" for one in comparison.moved]
    return "\n".join(lines)
