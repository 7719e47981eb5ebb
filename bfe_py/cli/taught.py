"""TaughtCommand: a command whose help ends with examples; and options that commands share."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

import click

Example = tuple[str, str]
"""A command line and what it does."""

F = TypeVar("F", bound=Callable[..., object])

_INDENT = 6


class TaughtCommand(click.Command):
    """A command with a section of examples in its help."""

    examples: tuple[Example, ...] = ()

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The examples, behind the options."""
        self.write_examples(self.examples, formatter)
        super().format_epilog(ctx, formatter)

    @staticmethod
    def write_examples(examples: Iterable[Example], formatter: click.HelpFormatter) -> None:
        """A section of examples: the line to type, below it what it does."""
        with formatter.section("Examples"):
            for line, meaning in examples:
                formatter.write(f"{'':{formatter.current_indent}}{line}\n")
                formatter.write(f"{'':{_INDENT}}{meaning}\n")


def taught(*examples: Example) -> Callable[[click.Command], click.Command]:
    """Decorate a command with its examples."""

    def teach(command: click.Command) -> click.Command:
        assert isinstance(command, TaughtCommand)
        command.examples = examples
        command.context_settings = {"help_option_names": ["-h", "--help"]}
        return command

    return teach


def debug_option(function: F) -> F:
    """``-d``: unexpected errors show where they come from."""
    return click.option(
        "-d",
        "--debug",
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=_remember_debugging,
        help="Show a traceback of unexpected errors.",
    )(function)


def _remember_debugging(ctx: click.Context, _: click.Parameter, value: bool) -> bool:
    if value:
        ctx.find_root().obj.is_debugging = True
    return value


def configuration_options(function: F) -> F:
    """``-c`` and ``-r``: where the configuration is."""
    conf = click.option(
        "-c",
        "--conf",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        metavar="DIR",
        help="Configuration root with bfe.conf.",
    )
    rules = click.option(
        "-r",
        "--rules",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        metavar="DIR",
        help="Directory with TENANT.rules files. Without -c and -r: ./conf and ./rules.",
    )
    return conf(rules(function))


def find_configuration(conf: Path | None, rules: Path | None) -> tuple[Path | None, Path | None]:
    """What the options name; where they name nothing, ``./conf`` and ``./rules``.

    Raises:
        click.UsageError: nothing is named and neither is there.
    """
    if conf is not None or rules is not None:
        return conf, rules
    found = [path if path.is_dir() else None for path in (Path("conf"), Path("rules"))]
    if found == [None, None]:
        raise click.UsageError("there is neither ./conf nor ./rules here: name one with -c or -r")
    return found[0], found[1]
