"""The table of commands; each is imported when it is asked for, so that none waits for another."""

import signal
import sys
from collections.abc import Sequence

from bfe_py import __version__

COMMANDS = (
    ("run", "bfe_py.cli.run", "Serve traffic."),
    ("check", "bfe_py.cli.check", "Say what is wrong with a configuration."),
    ("explain", "bfe_py.cli.explain", "Say where a request goes and why, or what a code means."),
    ("eval", "bfe_py.cli.eval_command", "Evaluate conditions: JSON lines in and out."),
    ("reload", "bfe_py.cli.reload", "Have a running proxy read its files again."),
    ("rollback", "bfe_py.cli.rollback", "Have a running proxy go back to an earlier version."),
    ("diff", "bfe_py.cli.diff", "Say what is different between two configurations."),
    ("upgrade", "bfe_py.cli.upgrade", "Have the version that is installed take over."),
    ("status", "bfe_py.cli.status", "Show how a running proxy is."),
    ("docs", "bfe_py.cli.docs", "Write the reference documents."),
    ("version", "bfe_py.cli.version", "Say which version this is."),
)
"""Name, module and summary of each command. The module's `command` is a click command."""

_VERSION_WORDS = (["--version"], ["version"])
_HELD_BACK = (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
"""Signals to a proxy that would end a process which does not handle them yet."""


def main(words: Sequence[str] | None = None) -> int:
    """Run the command line `words`, those of the process by default; answers the exit status.

    0: good, 1: a bad configuration or something refused, 2: used wrongly, 3: `run` cut something
    off when it ended. `diff` goes by its namesake: 0 the same, 1 different, 2 trouble.
    """
    given = sys.argv[1:] if words is None else list(words)
    if given in _VERSION_WORDS:
        print(f"bfe-py {__version__}")  # before anything is imported that one would wait for
        return 0
    if given[:1] == ["run"]:
        # Before imports, which take the most of a start. They are taken once there are handlers.
        signal.pthread_sigmask(signal.SIG_BLOCK, _HELD_BACK)
    from bfe_py.cli.group import CommandGroup, run_group

    return run_group(CommandGroup(COMMANDS), given)
