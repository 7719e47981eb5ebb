"""`bfe-py version`."""

import platform
import ssl
from importlib import metadata

import click

from bfe_py import __version__
from bfe_py.cli.taught import TaughtCommand, debug_option, taught

_LIBRARIES = ("uvloop", "h11", "h2", "msgspec", "google-re2", "lark", "watchfiles")


@taught(
    ("bfe-py version", "The version, on one line."),
    ("bfe-py version --all", "That of Python, OpenSSL and the libraries too."),
)
@click.command(cls=TaughtCommand)
@click.option("--all", "shows_all", is_flag=True, help="Also what it runs on.")
@debug_option
def command(*, shows_all: bool) -> None:
    """Say which version this is."""
    click.echo(f"bfe-py {__version__}")
    if shows_all:
        click.echo(f"Python {platform.python_version()}\n{ssl.OPENSSL_VERSION}")
        for name in _LIBRARIES:
            click.echo(f"{name} {metadata.version(name)}")
