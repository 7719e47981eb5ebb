"""`bfe-py check`."""

import sys
from pathlib import Path

import click

from bfe_py.cli.taught import (
    TaughtCommand,
    configuration_options,
    debug_option,
    find_configuration,
    taught,
)
from bfe_py.cli.terminal import takes_colour


@taught(
    ("bfe-py check", "Look at ./conf and ./rules."),
    ("bfe-py check -c /etc/bfe --strict", "Warnings count as errors."),
    ("bfe-py check -r rules --format json", "Findings for a program."),
)
@click.command(cls=TaughtCommand)
@configuration_options
@click.option("--strict", is_flag=True, help="Count warnings as errors.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How findings are written.",
)
@debug_option
def command(*, conf: Path | None, rules: Path | None, strict: bool, form: str) -> int:
    """Say what is wrong with a configuration; exit 1 if it cannot be used.

    Everything is read, checked and compiled as `run` does it, without listening anywhere. What a
    code means tells `bfe-py explain CODE`.
    """
    conf, rules = find_configuration(conf, rules)
    from bfe_py.config import count_tree, render, summary, to_json
    from bfe_py.server import load_configuration

    loaded = load_configuration(conf, rules, is_strict=strict)
    report = loaded.report
    if form == "json":
        click.echo(to_json(report))
        return 0 if report.ok else 1
    if len(report):
        click.echo(render(report, colour=takes_colour(sys.stdout)) + "\n")
    places = " and ".join(str(path) for path in (conf, rules) if path is not None)
    if report.ok and loaded.tree is not None:
        counts = count_tree(loaded.tree)
        found = f", {summary(report)}" if len(report) else ""
        click.echo(
            f"{places}: good ({counts.tenants} tenants, {counts.hosts} hosts, "
            f"{counts.rules + counts.basic_rules} rules, {counts.clusters} clusters, "
            f"{counts.backends} backends{found})"
        )
    else:
        click.echo(f"{places}: {summary(report)}")
    return 0 if report.ok else 1
