"""`bfe-py reload`."""

import click

from bfe_py.cli.management import Management, address_option
from bfe_py.cli.taught import TaughtCommand, debug_option, taught
from bfe_py.manage import RefusedPlace

_LONGEST_SECONDS = 300.0
"""All documents of a large configuration take a while to read and check."""


@taught(
    ("bfe-py reload", "Read everything again."),
    ("bfe-py reload server_data_conf", "Hosts, addresses, routes and cluster settings alone."),
    ("bfe-py reload mod_header --address 127.0.0.1:9421", "Another proxy's header rules."),
    ("bfe-py reload --dry-run", "Say what that would change, and what would be refused."),
)
@click.command(cls=TaughtCommand)
@click.argument("name", required=False)
@click.option(
    "--dry-run", is_flag=True, help="Use nothing of it; only say what would become of it."
)
@address_option
@debug_option
def command(*, name: str | None, dry_run: bool, address: str) -> int:
    """Have a running proxy read its files again.

    NAME is what stands behind /reload/ on the management listener; without it everything is read
    again, .rules files too. Files that are not good are refused: the proxy says why and goes on
    with what it has. Files count as they are, even if they were rolled back from.
    """
    management = Management(address, _LONGEST_SECONDS)
    if dry_run:
        return _try(management, name)
    answer = management.reload(name)
    what = name or "everything"
    if answer.error is not None:
        click.echo(f"{what}: refused: {answer.error}", err=True)
        return 1
    version = f" ({answer.version})" if answer.version else ""
    click.echo(f"{what}: taken{version}")
    for group in answer.released:
        click.echo(f"{group}: had been rolled back; now it is used as it is on the disk again")
    return 0


def _try(management: Management, name: str | None) -> int:
    tried = management.try_reload(name)
    for change in tried.changes:
        click.echo(change)
    if not tried.changes:
        click.echo("nothing would change")
    for refused in tried.refused:
        click.echo(f"would be refused: {_tell(refused)}", err=True)
    return 1 if tried.refused else 0


def _tell(refused: RefusedPlace) -> str:
    place = f"{refused.document}:{refused.line}:{refused.column}"
    text = f"{place if refused.line else refused.document}: {refused.message}"
    return f"{text} (expected: {refused.expected})" if refused.expected else text
