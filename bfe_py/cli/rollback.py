"""`bfe-py rollback`."""

import click

from bfe_py.cli.management import Management, address_option
from bfe_py.cli.taught import TaughtCommand, debug_option, taught

_LONGEST_SECONDS = 300.0


@taught(
    ("bfe-py rollback", "Go back to the version before the one in use; again: one further back."),
    ("bfe-py rollback 7", "Go to version 7 of `bfe-py status versions`."),
    ("bfe-py rollback 3fa2c1", "To the version whose digest begins so."),
)
@click.command(cls=TaughtCommand)
@click.argument("version", required=False)
@address_option
@debug_option
def command(version: str | None, address: str) -> int:
    """Have a running proxy go back to an earlier good version of its configuration, whole.

    Files are not touched. Those on the disk that are newer are not used again, not behind a restart
    or an upgrade either, until they are changed or `bfe-py reload` asks for them.
    """
    ended = Management(address, _LONGEST_SECONDS).roll_back(version)
    if ended.error:
        aim = f" to version {ended.number}" if ended.number else ""
        click.echo(f"not rolled back{aim}: {ended.error}", err=True)
        return 1
    if not ended.number:
        raise click.ClickException(f"what answers at {address} knows no rollback")
    click.echo(f"rolled back from version {ended.before} to {ended.number} ({ended.digest[:12]})")
    for change in ended.changes:
        click.echo(f"  {change}")
    if ended.held:
        click.echo(
            "The files on the disk still are the newer ones. These are not used again before they\n"
            "are changed, or `bfe-py reload` is asked for:"
        )
        for group in ended.held:
            click.echo(f"  {group}")
    else:
        click.echo("It is what is on the disk: nothing is held back.")
    return 0
