"""`bfe-py reload`."""

import click

from bfe_py.cli.management import Management, address_option
from bfe_py.cli.taught import TaughtCommand, debug_option, taught


@taught(
    ("bfe-py reload", "Read everything that can be reloaded again."),
    ("bfe-py reload server_data_conf", "Hosts, addresses, routes and cluster settings alone."),
    ("bfe-py reload mod_header --address 127.0.0.1:9421", "Another proxy's header rules."),
)
@click.command(cls=TaughtCommand)
@click.argument("name", required=False)
@address_option
@debug_option
def command(name: str | None, address: str) -> int:
    """Have a running proxy read its files again.

    NAME is what stands behind /reload/ on the management listener; without it everything is read
    again. Files that are not good are refused: the proxy says why and goes on with what it has.
    """
    management = Management(address)
    names = management.reload_names() if name is None else [name]
    if not names:
        raise click.ClickException(f"{address} has nothing to reload")
    refused = 0
    for each in names:
        answer = management.reload(each)
        if answer.error is None:
            version = f" ({answer.version})" if answer.version else ""
            click.echo(f"{each}: taken{version}")
        else:
            refused += 1
            click.echo(f"{each}: refused: {answer.error}", err=True)
    return 1 if refused else 0
