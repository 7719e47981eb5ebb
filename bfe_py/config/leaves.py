"""Leaves: a nested value as paths with texts, so that two of them can be compared line by line.

What may be a secret is never shown: contents of files, and fields that are called so.
"""

import re
from collections.abc import Iterator

import msgspec

from bfe_py.config.dynamic import ModuleDocument

_SECRET = re.compile(r"(?i)^key$|password|secret|token|private")
_HIDDEN = "(not shown)"
_LONGEST = 300


def leaves(value: object) -> dict[str, str]:
    """Text of every leaf of `value` by its path; those that are absent are left out.

    Entries of lists are told apart by their name. Those without one have no path: their text is
    part of it.
    """
    found: dict[str, str] = {}
    for path, text in _walk(_plain(value), ""):
        while path in found:
            path += " again"
        found[path] = text
    return found


def _plain(value: object) -> object:
    if isinstance(value, ModuleDocument):
        return {**_decode(value.packed), "files": value.files or None}
    return msgspec.to_builtins(value, builtin_types=(bytes,), str_keys=True)


def _decode(packed: bytes) -> dict[str, object]:
    """Content of a module's document; one that is text has lines."""
    try:
        found = msgspec.msgpack.decode(packed)
    except msgspec.DecodeError:
        found = None
    if isinstance(found, dict):
        return found
    return {"text": packed.decode("utf-8", "replace").splitlines()}


def _walk(value: object, path: str) -> Iterator[tuple[str, str]]:
    match value:
        case None:
            return
        case dict():
            for name, inner in value.items():
                yield from _walk_named(name, inner, path)
        case list() | tuple():
            yield from _walk_list(list(value), path)
        case bytes():
            yield path, _HIDDEN
        case _:
            yield path, shorten(_json(value))


def _walk_named(name: str, value: object, path: str) -> Iterator[tuple[str, str]]:
    below = f"{path}.{name}" if path else name
    if _SECRET.search(name) and isinstance(value, str):
        yield below, _HIDDEN
    else:
        yield from _walk(value, below)


def _walk_list(entries: list[object], path: str) -> Iterator[tuple[str, str]]:
    for entry in entries:
        name = entry.get("Name") if isinstance(entry, dict) else None
        if isinstance(entry, dict) and isinstance(name, str):
            rest = {key: one for key, one in entry.items() if key != "Name" and one is not None}
            if any(isinstance(one, (dict, list, bytes)) for one in rest.values()):
                yield from _walk(rest, f"{path}[{name}]")
            else:
                yield f"{path}[{name}]", shorten(_words(rest))
        else:
            yield f"{path}[{shorten(_json(_redacted(entry)))}]", ""


def _redacted(value: object) -> object:
    match value:
        case dict():
            return {
                name: _HIDDEN if _SECRET.search(name) and isinstance(one, str) else _redacted(one)
                for name, one in value.items()
                if one is not None
            }
        case list() | tuple():
            return [_redacted(one) for one in value]
        case bytes():
            return _HIDDEN
        case _:
            return value


def _words(entry: dict[str, object]) -> str:
    """An entry with plain values, as ``name value, name value``."""
    shown = [
        f"{name} {_HIDDEN if _SECRET.search(name) and isinstance(one, str) else _json(one)}"
        for name, one in entry.items()
    ]
    return ", ".join(shown)


def _json(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def shorten(text: str) -> str:
    """`text` on one line of a bearable length."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
