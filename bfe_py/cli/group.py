"""CommandGroup: commands by name, imported on first use; and the fence around all of them."""

import difflib
import importlib
import sys
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import click

from bfe_py import __version__
from bfe_py.cli.taught import TaughtCommand

_NEAR = 0.6
_DESCRIPTION = "A multi-tenant layer-7 load balancer that reads BFE's configuration."
_EXAMPLES = (
    ("bfe-py run --demo", "Serve ./conf and ./rules, with backends to try them on."),
    ("bfe-py check", "Say what is wrong with them."),
    ("bfe-py explain GET http://demo.test/", "Say where a request goes, and why."),
)


@dataclass(slots=True)
class Outcome:
    """What a run of the command line leaves; `is_debugging`: unexpected errors show a traceback."""

    is_debugging: bool = False


class CommandGroup(click.Group):
    """The commands of a table of (name, module, summary)."""

    def __init__(self, table: Iterable[tuple[str, str, str]]) -> None:
        super().__init__("bfe-py", help=_DESCRIPTION, params=[_version()], no_args_is_help=True)
        self._modules = {name: module for name, module, _ in table}
        self._summaries = {name: summary for name, _, summary in table}
        self.context_settings = {"help_option_names": ["-h", "--help"]}

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Names of all commands, in the order of the table."""
        return list(self._modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of that name, imported; None if there is none."""
        module = self._modules.get(cmd_name)
        if module is None:
            return None
        found: click.Command = importlib.import_module(module).command
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that `args` begin with; a mistyped one fails with the nearest name."""
        name = args[0]
        if not name.startswith("-") and name not in self._modules:
            near = difflib.get_close_matches(name, self._modules, 1, _NEAR)
            hint = f' Did you mean "{near[0]}"?' if near else ""
            ctx.fail(f'There is no command "{name}".{hint}')
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The list of commands, from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self._summaries.items()))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Examples, as every command has them."""
        TaughtCommand.write_examples(_EXAMPLES, formatter)
        super().format_epilog(ctx, formatter)


def _version() -> click.Option:
    def show(ctx: click.Context, _: click.Parameter, value: bool) -> None:
        if value:
            click.echo(f"bfe-py {__version__}")
            ctx.exit()

    return click.Option(
        ["--version"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=show,
        help="Show the version and exit.",
    )


def run_group(group: click.Group, words: Sequence[str]) -> int:
    """Run a command line; answers the exit status. Of an unexpected error it prints one line."""
    outcome = Outcome()
    try:
        status = group.main(words, prog_name="bfe-py", standalone_mode=False, obj=outcome)
    except click.ClickException as refused:
        refused.show()
        return refused.exit_code
    except click.Abort:
        print("interrupted", file=sys.stderr)
        return 1
    except Exception as error:
        if outcome.is_debugging:
            traceback.print_exc()
        else:
            what = f"{type(error).__name__}: {error}".splitlines()[0]
            print(f"bfe-py failed: {what} (-d shows where)", file=sys.stderr)
        return 1
    return status if isinstance(status, int) else 0
