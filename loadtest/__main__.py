"""``python -m loadtest``."""

import os
import sys
from pathlib import Path

import click

from loadtest.field import Pace
from loadtest.gates import are_kept
from loadtest.peers import PEERS
from loadtest.report import summary, write
from loadtest.run import NotPossibleError, Order, run
from loadtest.scenarios.table import SCENARIOS

RESULTS = Path(__file__).resolve().parent / "results"

_FAMILIES = tuple(dict.fromkeys(one.family for one in PEERS))
_DEFAULT_FAMILIES = tuple(name for name in _FAMILIES if name != "bfe")
_SOAK_MINUTES = 10.0
_EPILOG = "\b\nScenarios:\n" + "\n".join(
    f"  {name:12} {one.text}" for name, one in SCENARIOS.items()
)


class Names(click.ParamType[tuple[str, ...]]):
    """Names out of a closed set, with commas between them; `none` for none of them."""

    name = "names"

    def __init__(self, choices: tuple[str, ...]) -> None:
        self._choices = choices

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """The names that `value` has, in the order of the set."""
        if isinstance(value, tuple):
            return value
        asked = [] if value == "none" else str(value).split(",")
        for one in asked:
            if one not in self._choices:
                self.fail(f"{one!r} is none of {', '.join(self._choices)}", param, ctx)
        return tuple(name for name in self._choices if name in asked)


@click.command(epilog=_EPILOG)
@click.option("--quick", is_flag=True, help="Fewer and shorter rounds, no soak.")
@click.option(
    "--only",
    type=Names(tuple(SCENARIOS)),
    default=tuple(SCENARIOS),
    help=f"Scenarios, with commas: {','.join(SCENARIOS)}.",
)
@click.option(
    "--peers",
    type=Names(_FAMILIES),
    default=None,
    help=f"Others that take part, with commas, or none: {','.join(_FAMILIES)}. "
    "bfe takes part where BFE_BINARY names a program.",
)
@click.option("--rounds", type=click.IntRange(1), help="Rounds of all proxies; 5, quick: 2.")
@click.option("--seconds", type=click.IntRange(1), help="Length of a measurement; 3, quick: 2.")
@click.option(
    "--rate",
    type=click.IntRange(10),
    default=1000,
    show_default=True,
    help="Requests a second for latency.",
)
@click.option(
    "--soak",
    type=click.FloatRange(0),
    help=f"Minutes of the soak; {_SOAK_MINUTES:g}, quick: 0.",
)
@click.option("--gate", is_flag=True, help="Exit with 1 unless all gates of these scenarios pass.")
@click.option("--profile", is_flag=True, help="Write a flame graph of our worker, with py-spy.")
@click.option("--install/--no-install", default=True, help="Install peers that are missing.")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=RESULTS,
    help="Where reports go; loadtest/results.",
)
def main(  # noqa: PLR0913 - as many as there are options
    *,
    quick: bool,
    only: tuple[str, ...],
    peers: tuple[str, ...] | None,
    rounds: int | None,
    seconds: int | None,
    rate: int,
    soak: float | None,
    gate: bool,
    profile: bool,
    install: bool,
    output: Path,
) -> None:
    """Measure bfe-py and its peers at the same job, each on one core.

    Writes a table, a plot and a record to loadtest/results, and says which gates were kept.
    """
    pace = Pace(
        rounds=rounds or (2 if quick else 5),
        seconds=seconds or (2 if quick else 3),
        rate=rate,
        soak_minutes=(0.0 if quick else _SOAK_MINUTES) if soak is None else soak,
    )
    flames = output / "profile.svg" if profile else None
    order = Order(only, _families() if peers is None else peers, pace, install, flames)
    try:
        record = run(order, click.echo)
    except NotPossibleError as error:
        raise click.ClickException(str(error)) from None
    written = write(record, output)
    click.echo(f"\n{summary(record)}\n\n{written.table}\n{written.plot}\n{written.record}")
    if gate and not are_kept(record.outcomes, record.settings.scenarios):
        sys.exit(1)


def _families() -> tuple[str, ...]:
    """Who takes part unless it is said."""
    return _FAMILIES if os.environ.get("BFE_BINARY") else _DEFAULT_FAMILIES


if __name__ == "__main__":
    main()
