"""Finding the value at a path in a JSON text without building the text's tree.

As gjson does it: the text is scanned forwards, what the path does not lead into is skipped whole,
the first of equal keys wins unless the path leads on and finds nothing in it, and broken text is
searched as far as it goes. One pass, so the cost is linear in the text for each part of the path.
"""

import re
from dataclasses import dataclass

from bfe_py.condition.json_compare import Comparand, Wildcard, fits
from bfe_py.condition.json_text import Type, Value, format_value, read_string, read_value


@dataclass(frozen=True, slots=True)
class Query:
    """``#(path operator value)``; `is_self` when the element itself is compared."""

    path: "Path"
    is_self: bool
    comparand: Comparand


@dataclass(frozen=True, slots=True)
class ObjectStep:
    """What a part of a path means to an object."""

    key: str
    wildcard: Wildcard | None
    rest: "Path | None"
    pipe: "Path | None"


@dataclass(frozen=True, slots=True)
class ArrayStep:
    """What a part of a path means to an array; an `index` of -1 is none."""

    index: int = -1
    is_count: bool = False
    collect: "Path | None" = None
    query: Query | None = None
    is_all: bool = False
    rest: "Path | None" = None
    pipe: "Path | None" = None


@dataclass(frozen=True, slots=True)
class Path:
    """A path, read as it begins in an object and as it begins in an array."""

    in_object: ObjectStep
    in_array: ArrayStep


@dataclass(slots=True)
class _Search:
    """A search under way: what was found, and where its value is to be searched further."""

    json: str
    value: Value | None = None
    pipe: Path | None = None


_KEY_OR_END = re.compile(r'["}]')
_VALUE = re.compile(r'["{\[ntf+\-0-9iIN]')
_VALUE_OR_END = re.compile(r'["{\[ntf+\-0-9iIN\]]')
_START = re.compile(r"[{\[]")


def find_text(json: str, path: Path) -> str:
    """Text of the value at `path`; empty if there is none or it is null."""
    value = find_value(json, path)
    return "" if value is None else format_value(value)


def find_value(json: str, path: Path) -> Value | None:
    """Value at `path`, or None."""
    search = _Search(json)
    start = _START.search(json)
    if start is not None:
        if start.group() == "{":
            _search_object(search, start.end(), path.in_object)
        else:
            _search_array(search, start.end(), path.in_array)
    if search.pipe is None:
        return search.value
    return None if search.value is None else find_value(search.value.raw, search.pipe)


def _search_object(search: _Search, at: int, step: ObjectStep) -> tuple[int, bool]:
    """Offset where the object was left, and whether the value was found."""
    json, rest = search.json, step.rest
    if rest is None and step.pipe is not None:
        search.pipe = step.pipe
    while True:
        member = _next_member(json, at)
        if member is None:
            return len(json), False
        key, at = member
        if key is None:
            return at, False
        is_match = key == step.key if step.wildcard is None else step.wildcard(key)
        if is_match and rest is not None and json[at] in "{[":
            at, is_found = _descend(search, at, rest)
            if is_found:
                return at, True
            continue
        at, value = read_value(json, at)
        if value is None:
            return at, False
        if is_match and rest is None:
            search.value = value
            return at, True


def _next_member(json: str, at: int) -> tuple[str | None, int] | None:
    """Next key of an object and where its value starts; no key at its end; None if cut off."""
    found = _KEY_OR_END.search(json, at)
    if found is None:
        return None
    if found.group() == "}":
        return None, found.end()
    string = read_string(json, found.start())
    if string is None:
        return None
    value = _VALUE.search(json, string[0])
    return None if value is None else (string[1], value.start())


def _descend(search: _Search, at: int, path: Path) -> tuple[int, bool]:
    if search.json[at] == "{":
        return _search_object(search, at + 1, path.in_object)
    return _search_array(search, at + 1, path.in_array)


def _search_array(search: _Search, at: int, step: ArrayStep) -> tuple[int, bool]:
    """Offset where the array was left, and whether the value was found."""
    json = search.json
    if step.pipe is not None:
        search.pipe = step.pipe
    count = 0
    gathered: list[str] = []
    while True:
        found = _VALUE_OR_END.search(json, at)
        if found is None or found.group() == "]":
            at = len(json) if found is None else found.end()
            return at, _end_array(search, step, count, gathered)
        at = found.start()
        if count == step.index and step.rest is not None and json[at] in "{[":
            at, is_found = _descend(search, at, step.rest)
            if is_found:
                return at, True
            count += 1
            continue
        at, value = read_value(json, at)
        if value is None:
            return at, False
        if count == step.index and step.rest is None:
            search.value = value
            return at, True
        if _is_chosen(search, step, value, gathered):
            return at, True
        count += 1


def _is_chosen(search: _Search, step: ArrayStep, value: Value, gathered: list[str]) -> bool:
    """Look at one element for ``#.x`` and ``#(...)``; true if it ends the search."""
    if step.collect is not None:
        _gather(gathered, find_value(value.raw, step.collect))
    elif step.query is not None and _fits(value, step.query):
        chosen = value if step.rest is None else find_value(value.raw, step.rest)
        if not step.is_all:
            search.value = chosen
            return True
        _gather(gathered, chosen)
    return False


def _gather(gathered: list[str], value: Value | None) -> None:
    if value is not None:
        gathered.append(value.raw)


def _end_array(search: _Search, step: ArrayStep, count: int, gathered: list[str]) -> bool:
    """Whether the end of an array is where its value is known."""
    if step.is_count:
        search.value = Value(Type.NUMBER, str(count))
        return True
    if step.collect is not None:
        search.value = Value(Type.TREE, f"[{','.join(gathered)}]")
        return True
    if step.is_all and search.value is None:
        search.value = Value(Type.TREE, f"[{','.join(gathered)}]")
    return False


def _fits(element: Value, query: Query) -> bool:
    """The element is one that the query asks for."""
    if element.type is Type.TREE:
        return fits(find_value(element.raw, query.path), query.comparand)
    return query.is_self and fits(element, query.comparand)
