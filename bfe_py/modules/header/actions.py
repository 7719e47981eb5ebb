"""Actions of header rules: one table of commands, and how an entry becomes a change."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from bfe_py.modules.header.commands import REQUEST, RESPONSE, Change, Command, Parameters, Side
from bfe_py.modules.header.cookie_commands import (
    REQUEST_COOKIE_COMMANDS,
    RESPONSE_COOKIE_COMMANDS,
)
from bfe_py.modules.header.fields import FIELD_COMMANDS
from bfe_py.modules.header.schema import ActionEntry
from bfe_py.pipeline import Findings, Path


@dataclass(frozen=True, slots=True)
class SidedCommand:
    """A command with the side it is for."""

    side: Side
    command: Command


COMMANDS: Mapping[str, SidedCommand] = {
    **{
        f"REQ_{name}": SidedCommand(REQUEST, command)
        for name, command in (FIELD_COMMANDS | REQUEST_COOKIE_COMMANDS).items()
    },
    **{
        f"RSP_{name}": SidedCommand(RESPONSE, command)
        for name, command in (FIELD_COMMANDS | RESPONSE_COOKIE_COMMANDS).items()
    },
}
"""Every command by its name."""


@dataclass(frozen=True, slots=True)
class Action:
    """What one entry does, and to which side; no change where the entry has none or is wrong."""

    is_request: bool
    change: Change | None


def compile_action(entry: ActionEntry | None, path: Path, findings: Findings) -> Action | None:
    """Action of `entry`; None if it has no known command."""
    if entry is None or entry.cmd is None:
        findings.error(path, "cmd is missing")
        return None
    found = COMMANDS.get(entry.cmd)
    if found is None:
        findings.error((*path, "cmd"), _unknown(entry.cmd), expected="a command of mod_header")
        return None
    side, command = found.side, found.command
    texts = entry.params or []
    if len(texts) not in command.counts:
        wanted = " or ".join(map(str, command.counts))
        findings.error(
            path if entry.params is None else (*path, "params"),
            f"{entry.cmd} has {len(texts)} parameters",
            expected=f"{wanted} parameters",
        )
        return Action(side.is_request, None)
    parameters = Parameters(texts, path, findings)
    empty = [index for index, text in enumerate(texts) if not text]
    for index in empty:
        parameters.error(index, "the parameter is empty")
    change = None if empty else command.make(side, parameters)
    return Action(side.is_request, change)


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name.upper(), COMMANDS, 1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"there is no command {name}{hint}"
