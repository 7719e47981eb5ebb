"""`bfe-py run`."""

import gc
import sys
from contextlib import ExitStack
from pathlib import Path

import click

from bfe_py.cli.taught import (
    TaughtCommand,
    configuration_options,
    find_configuration,
    taught,
)
from bfe_py.cli.terminal import takes_colour

_COMPATIBLE = ("bfe",)


@taught(
    ("bfe-py run --demo", "Serve ./conf and ./rules, and be their backends too."),
    ("bfe-py run -c /etc/bfe", "Serve a configuration root of BFE."),
    ("bfe-py run -r rules --workers 2", "Serve .rules files alone: 127.0.0.1:8080, in clear."),
)
@click.command(cls=TaughtCommand)
@configuration_options
@click.option(
    "-l",
    "--log-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("log"),
    show_default=True,
    metavar="DIR",
    help="Where logs go; made if it is not there.",
)
@click.option(
    "-s",
    "--state-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("state"),
    show_default=True,
    metavar="DIR",
    help="Where last good .rules files and versions are kept.",
)
@click.option("-d", "--debug", is_flag=True, help="Log everything; tracebacks of errors.")
@click.option(
    "--workers",
    type=click.IntRange(1, 1024),
    metavar="N",
    help="Worker processes; by default what bfe.conf says, or one for each CPU.",
)
@click.option(
    "--compat",
    type=click.Choice(_COMPATIBLE),
    help="Behave exactly as BFE where this proxy would do better.",
)
@click.option("--demo", is_flag=True, help="Serve the backends of the configuration as well.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    conf: Path | None,
    rules: Path | None,
    log_dir: Path,
    state_dir: Path,
    debug: bool,
    workers: int | None,
    compat: str | None,
    demo: bool,
) -> int:
    """Serve traffic until told to end (Ctrl-C, SIGTERM); a second time ends at once."""
    ctx.find_root().obj.is_debugging = debug
    conf, rules = find_configuration(conf, rules)
    with ExitStack() as stack:
        # Until processes part: all that is made from here on stays, and to look at it again and
        # again is a tenth of the time until they serve.
        gc.disable()
        stack.callback(gc.enable)
        if demo:
            from bfe_py.cli.demo import serve_demo

            stack.enter_context(serve_demo(conf, rules, _report))
        from bfe_py.process import RunOptions, start_processes

        options = RunOptions(
            conf=conf,
            rules=rules,
            report=_report,
            log_directory=log_dir,
            state_directory=state_dir,
            is_debugging=debug,
            workers=workers,
            is_compatible=compat is not None,
            is_coloured=takes_colour(sys.stdout),
        )
        return start_processes(options)


def _report(text: str) -> None:
    print(text, flush=True)  # the processes that come of this one must find nothing to print again
