"""The commands of rewrite rules: what each takes, and the change it stands for."""

from collections.abc import Callable
from dataclasses import dataclass

from bfe_py.modules.rewrite import actions
from bfe_py.pipeline import Findings, Path

Parameters = tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Command:
    """One command: how many parameters it takes (None: any), what it makes of them, its checks."""

    count: int | None
    make: Callable[[Parameters], actions.Change]
    check: Callable[[Parameters, Path, Findings], None] | None = None


def compile_command(
    name: str | None, parameters: list[str], path: Path, findings: Findings
) -> actions.Change | None:
    """The change that command `name` (any case) makes; None after an error was reported."""
    if name is None:
        findings.error(path, "an action has no Cmd", expected=_KNOWN)
        return None
    command = _COMMANDS.get(name.upper())
    if command is None:
        findings.error((*path, "Cmd"), f"mod_rewrite does not know {name!r}", expected=_KNOWN)
        return None
    path = (*path, "Params")
    if command.count is not None and len(parameters) != command.count:
        findings.error(
            path,
            f"{name} takes {command.count} parameters, there are {len(parameters)}",
            expected=f"{command.count} parameters",
        )
        return None
    empty = [index for index, parameter in enumerate(parameters) if not parameter]
    for index in empty:
        findings.error((*path, index), "a parameter is empty")
    if empty:
        return None
    encoded = tuple([parameter.encode("utf-8") for parameter in parameters])
    if command.check is not None:
        command.check(encoded, path, findings)
    return command.make(encoded)


def _check_host(parameters: Parameters, path: Path, findings: Findings) -> None:
    if not actions.is_host(parameters[0]):
        findings.error((*path, 0), "this cannot be sent as a host", expected="host or host:port")


def _check_path(parameters: Parameters, path: Path, findings: Findings) -> None:
    if not parameters[0].startswith(b"/"):
        findings.warning((*path, 0), "a path begins with a slash: one is put in front")


def _check_added(parameters: Parameters, path: Path, findings: Findings) -> None:
    for index, parameter in enumerate(parameters):
        if b"&" in parameter or actions.escape_query(parameter) != parameter:
            findings.warning(
                (*path, index),
                "the text is put into the query as it is, except for what cannot stand there",
                expected="text that is percent-encoded where it must be",
            )


def _check_names(parameters: Parameters, path: Path, findings: Findings) -> None:
    if not parameters:
        findings.warning(path, "without a name this changes nothing")


_COMMANDS = {
    "HOST_SET": Command(1, lambda given: actions.set_host(given[0]), _check_host),
    "HOST_SET_FROM_PATH_PREFIX": Command(0, lambda _: actions.take_host_from_path()),
    "PATH_SET": Command(1, lambda given: actions.set_path(given[0]), _check_path),
    "PATH_PREFIX_ADD": Command(1, lambda given: actions.add_path_prefix(given[0])),
    "PATH_PREFIX_TRIM": Command(1, lambda given: actions.trim_path_prefix(given[0])),
    "QUERY_ADD": Command(2, lambda given: actions.add_query(given[0], given[1]), _check_added),
    "QUERY_DEL": Command(None, actions.delete_query, _check_names),
    "QUERY_RENAME": Command(2, lambda given: actions.rename_query(given[0], given[1])),
    "QUERY_DEL_ALL_EXCEPT": Command(None, actions.keep_query),
}

_KNOWN = f"one of {', '.join(_COMMANDS)}"
