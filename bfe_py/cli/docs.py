"""`bfe-py docs`."""

from pathlib import Path

import click

from bfe_py.cli.taught import TaughtCommand, debug_option, taught


@taught(
    ("bfe-py docs --output docs", "Write the reference documents."),
    ("bfe-py docs --output docs --check", "Say which of them are not what would be written."),
)
@click.command(cls=TaughtCommand)
@click.option(
    "--output",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where the documents are; made if it is not there.",
)
@click.option("--check", "checks", is_flag=True, help="Write nothing; exit 1 if one is stale.")
@debug_option
def command(*, output: Path, checks: bool) -> int:
    """Write the reference documents: modules, conditions, configuration, metrics, rules, errors.

    They are made from what the code declares: docstrings, schemas and tables.
    """
    from bfe_py.cli.reference import PAGES

    stale = 0
    for name, make in PAGES.items():
        path = output / name
        content = make()
        known = path.read_text("utf-8") if path.exists() else None
        if known == content:
            continue
        if checks:
            stale += 1
            click.echo(f"{path} is stale", err=True)
        else:
            output.mkdir(parents=True, exist_ok=True)
            path.write_text(content, "utf-8")
            click.echo(f"{path} written")
    if stale:
        click.echo("`make docs` writes them anew", err=True)
    return 1 if stale else 0
