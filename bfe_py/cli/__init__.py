"""The command line: `bfe-py COMMAND`."""

from bfe_py.cli.main import main

__all__ = ["main"]
