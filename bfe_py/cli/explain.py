"""`bfe-py explain`."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from bfe_py.cli.taught import (
    TaughtCommand,
    configuration_options,
    debug_option,
    find_configuration,
    taught,
)

if TYPE_CHECKING:
    from bfe_py.cli.explaining import Asked, Story


@taught(
    ("bfe-py explain GET http://demo.test/api/users", "Tenant, route, cluster and modules."),
    ("bfe-py explain GET http://demo.test/ -H 'Cookie: beta=yes'", "With a field."),
    ("bfe-py explain GET / --vip 192.0.2.80 --from 203.0.113.9", "By the address it came to."),
    ("bfe-py explain E102", "What a code of `bfe-py check` means."),
    ("bfe-py explain BK_CONNECT_BACKEND", "What a code of the access log means."),
)
@click.command(cls=TaughtCommand)
@click.argument("what", metavar="METHOD|CODE")
@click.argument("url", required=False)
@click.option(
    "-H", "--header", "fields", multiple=True, metavar="'K: V'", help="A field; may be repeated."
)
@click.option("--json", "is_json", is_flag=True, help="As JSON, for a program.")
@configuration_options
@click.option(
    "--from", "client", default="127.0.0.1", metavar="ADDRESS", help="Whom it comes from."
)
@click.option("--vip", metavar="ADDRESS", help="Which address of a balancer it came to.")
@debug_option
def command(
    *,
    what: str,
    url: str | None,
    fields: tuple[str, ...],
    is_json: bool,
    conf: Path | None,
    rules: Path | None,
    client: str,
    vip: str | None,
) -> int:
    """Say where a request goes and why, or what a code means.

    The request is followed through the configuration as `run` would do it: every rule that is
    looked at, every part of its condition, and what modules change. Nothing is sent anywhere.
    """
    if url is None:
        return _explain_code(what)
    from bfe_py.cli.explaining import Asked, AskedError

    conf, rules = find_configuration(conf, rules)
    try:
        return _explain_request(Asked(what, url, fields, client, vip), conf, rules, is_json=is_json)
    except AskedError as error:
        raise click.UsageError(str(error)) from error


def _explain_request(
    asked: "Asked", conf: Path | None, rules: Path | None, *, is_json: bool
) -> int:
    from bfe_py.cli.explaining import RefusedError, Story, follow, make_exchange
    from bfe_py.config import render
    from bfe_py.server import load_configuration

    try:
        exchange = make_exchange(asked, time.time())
    except RefusedError as error:
        _show(Story(request=f"{asked.method} {asked.url}", end=str(error)), is_json=is_json)
        return 0
    loaded = load_configuration(conf, rules)
    if loaded.snapshot is None or loaded.site is None:
        click.echo(render(loaded.report), err=True)
        return 1
    own = loaded.site.static.own
    story = follow(loaded.snapshot, exchange, has_paths_as_sent=own.compat_paths)
    _show(story, is_json=is_json)
    return 0


def _show(story: "Story", *, is_json: bool) -> None:
    from bfe_py.cli.explaining import tell

    click.echo(msgspec.json.encode(story).decode() if is_json else tell(story))


def _explain_code(code: str) -> int:
    from bfe_py.config import EXPLANATIONS
    from bfe_py.model import Kind

    meaning = EXPLANATIONS.get(code.upper())
    if meaning is not None:
        click.echo(f"{code.upper()}: {meaning}")
        return 0
    kinds = [kind for kind in Kind.__members__.values() if kind.value.code == code.upper()]
    if not kinds:
        message = f'"{code}" is no code; for a request, say METHOD URL'
        raise click.UsageError(message)
    for kind in kinds:
        row = kind.value
        answer = f"answered with {row.status}" if row.status else "the connection just ends"
        name = kind.name.lower().replace("_", " ")
        click.echo(f"{row.code}: {name}, on the side of the {row.side.value}; {answer}")
    return 0
