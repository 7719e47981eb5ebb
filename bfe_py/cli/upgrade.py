"""`bfe-py upgrade`."""

import click

from bfe_py.cli.management import Management, address_option
from bfe_py.cli.taught import TaughtCommand, debug_option, taught

_LONGEST_SECONDS = 3600.0
"""The proxy itself says when a version took too long: UpgradeSeconds."""


@taught(
    ("bfe-py upgrade", "Have the version that is installed by now take over."),
    ("bfe-py upgrade --address 127.0.0.1:9421", "That of another proxy on this machine."),
)
@click.command(cls=TaughtCommand)
@address_option
@debug_option
def command(address: str) -> int:
    """Have a running proxy replace itself, without losing a request.

    It starts the same command line again, with the code and the bfe.conf that are there by now,
    hands its listening sockets over, and ends when its connections have. If the new one does not
    become ready, it goes on as if nothing had happened. SIGUSR2 to the proxy does the same.
    """
    ended = Management(address, _LONGEST_SECONDS).upgrade()
    if ended.error:
        click.echo(f"not upgraded: {ended.error}", err=True)
        return 1
    click.echo(f"upgraded: process {ended.pid} serves")
    return 0
