"""Keys: what a condition needs of host and path, read from its text without building it.

A key says less than its condition: where the key does not hold, the condition is false. So whoever
looks only at conditions whose key holds misses none. `&&` takes the sharper of its terms, `||` the
union of them, a negation says nothing. Everything is folded to upper case, which makes a key that
ignores case out of one that does not: weaker, and still true.

A condition whose key does not hold would not even have looked at the body. That is more than being
false: a value of the body is noted when it is looked up, and `req_context_value_in` sees it. So
behind the first term that reads the body no term adds to a key.
"""

import re
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from bfe_py.condition.catalogue import PRIMITIVES
from bfe_py.condition.folding import fold
from bfe_py.condition.registry import Reads
from bfe_py.condition.subset import read_subset


class Fact(NamedTuple):
    """The folded value is one of `whole` or starts with one of `starts`, none of them empty.

    Hosts are reversed for `starts`, as their ends count. Paths that do not end with a slash get one
    for `starts`, so that the elements of a path start with ``/A/`` if and only if its text does.
    """

    whole: tuple[str, ...]
    starts: tuple[str, ...]


class Key(NamedTuple):
    """What a condition needs; None: it may be true of any host, or of any path.

    `is_steady`: asked once more it decides the same, whatever other conditions noted in between.
    """

    hosts: Fact | None
    paths: Fact | None
    is_steady: bool


_NO_KEY = Key(None, None, is_steady=False)
_MOST_PIECES = 32
_MOST_CHOICES = 1000
"""Beyond them a union says nothing, so that building it stays cheap; lists may be longer."""
_Facts: TypeAlias = tuple[Fact | None, Fact | None]
_NOTHING: _Facts = (None, None)


def read_key(text: str) -> Key:
    """Key of the condition `text`; where it is not one, the key says nothing."""
    group, around, is_steady = _Group(), list[_Group](), True
    for found in _TOKEN.finditer(text):
        kind = found.lastindex
        if kind in _ARGUMENT:
            # Carriage returns count for nothing in back-quotes.
            argument = found[2] if kind == 2 else found[3].replace("\r", "")
            group.add(*_READERS[found[1]](argument))
        elif kind == _AND:
            group.end_term()
        elif kind == _CALL:
            name = found[_CALL]
            group.add(None, None, reads_body=name in _BODY_READERS)
            is_steady = is_steady and name not in _UNSTEADY
        elif kind == _NOT:
            group.is_negated = True
        elif kind == _OPEN:
            around.append(group)
            group = _Group()
        elif kind == _CLOSE and around:
            inner, group = group, around.pop()
            inner.end_term()
            group.add(inner.hosts, inner.paths, reads_body=inner.reads_body)
        elif kind is not None:
            return _NO_KEY
    if around:
        return _NO_KEY
    group.end_term()
    return Key(group.hosts, group.paths, is_steady)


class _Group:
    """What stands between two parentheses, so far: terms joined by ``&&``, choices by ``||``."""

    __slots__ = (
        "_has_choice",
        "_hosts",
        "_is_closed",
        "_paths",
        "hosts",
        "is_negated",
        "paths",
        "reads_body",
    )

    def __init__(self) -> None:
        self.hosts: Fact | None = None
        self.paths: Fact | None = None
        self._hosts: Fact | None = None
        self._paths: Fact | None = None
        self._has_choice = self.is_negated = self.reads_body = self._is_closed = False

    def add(self, hosts: Fact | None, paths: Fact | None, *, reads_body: bool = False) -> None:
        """Add a choice to the current term."""
        if self.is_negated:
            self.is_negated, hosts, paths = False, None, None
        if self._has_choice:
            hosts, paths = _union(self._hosts, hosts), _union(self._paths, paths)
        self._has_choice, self._hosts, self._paths = True, hosts, paths
        if reads_body:
            self.reads_body = True

    def end_term(self) -> None:
        """End the current term."""
        if not self._is_closed:
            if self._hosts is not None:
                self.hosts = _sharper(self._hosts, self.hosts)
            if self._paths is not None:
                self.paths = _sharper(self._paths, self.paths)
        self._has_choice, self._hosts, self._paths = False, None, None
        self._is_closed = self.reads_body


def _union(one: Fact | None, other: Fact | None) -> Fact | None:
    if one is None or other is None or len(one.whole) + len(one.starts) > _MOST_CHOICES:
        return None
    return Fact(one.whole + other.whole, one.starts + other.starts)


def _sharper(one: Fact, other: Fact | None) -> Fact:
    return one if other is None else max(one, other, key=_sharpness)


def _sharpness(fact: Fact) -> tuple[bool, int, int]:
    # The first stands for all, so that long lists cost nothing here.
    length = len(fact.starts[0]) if fact.starts else 0
    return not fact.starts, length, -len(fact.whole) - len(fact.starts)


def _starts(texts: list[str], separator: str) -> Fact | None:
    if "" in texts:
        return None  # everything starts with it
    return Fact((), tuple([_cut(each, separator) for each in texts]))


def _cut(text: str, separator: str) -> str:
    """`text`, or a beginning of it: what has thousands of pieces is not worth a place for each."""
    if text.count(separator) <= _MOST_PIECES:
        return text
    return separator.join([*text.split(separator, _MOST_PIECES)[:-1], ""])


def _host(text: str) -> _Facts:
    return Fact(tuple(fold(text).split("|")), ()), None


def _host_suffix(text: str) -> _Facts:
    return _starts(fold(text)[::-1].split("|"), "."), None


def _path(text: str) -> _Facts:
    return None, Fact(tuple(fold(text).split("|")), ())


def _path_prefix(text: str) -> _Facts:
    return None, _starts(fold(text).split("|"), "/")


def _path_elements(text: str) -> _Facts:
    elements = [each if each.endswith("/") else each + "/" for each in fold(text).split("|")]
    return None, _starts(elements, "/")


def _host_pattern(text: str) -> _Facts:
    subset = read_subset(text)
    if subset is None or not subset.at_end:
        return _NOTHING
    literals = [fold(each) for each in subset.literals]
    if subset.at_start:
        return Fact(tuple(literals), ()), None
    return _starts([each[::-1] for each in literals], "."), None


def _path_pattern(text: str) -> _Facts:
    subset = read_subset(text)
    if subset is None or not subset.at_start:
        return _NOTHING
    literals = [fold(each) for each in subset.literals]
    return None, Fact(tuple(literals), ()) if subset.at_end else _starts(literals, "/")


_READERS: dict[str, Callable[[str], _Facts]] = {
    "req_host_in": _host,
    "req_host_suffix_in": _host_suffix,
    "req_host_regmatch": _host_pattern,
    "req_path_in": _path,
    "req_path_prefix_in": _path_prefix,
    "req_path_element_prefix_in": _path_elements,
    "req_path_regmatch": _path_pattern,
}
"""Primitive to what its first argument says. A flag for case makes no difference."""

_BODY_READERS = frozenset({each.name for each in PRIMITIVES.values() if each.reads is Reads.BODY})
_UNSTEADY = _BODY_READERS | {each.name for each in PRIMITIVES.values() if each.reads is Reads.NOTES}

_ARGUMENT, _CALL, _AND, _NOT, _OPEN, _CLOSE = (2, 3), 4, 5, 6, 7, 8
"""Groups of `_TOKEN`; a group behind them is what the language does not know."""
_BLANK = r"(?:[ \t\r\n]++|//[^\n]*+)*+"
_QUOTED = r'"(?:[^"\\\n]|\\.)*+"'
_TOKEN = re.compile(
    rf"""(?: ({"|".join(_READERS)}) {_BLANK} \( {_BLANK}
        (?: "([^"\\\n]*+ (?: \\. [^"\\\n]*+ )*+)" | `([^`]*+)` )
        [, \t\r\n]*+ (?: true|false )?+ {_BLANK} \)
    | ([A-Za-z_][A-Za-z0-9_]*+) {_BLANK} \( (?: //[^\n]*+ | {_QUOTED} | `[^`]*+` | [^"`()] )*+ \)
    | (&&) | (!) | (\() | (\)) | (?: \|\| | [ \t\r\n] | //[^\n]*+ ) | (.) ) {_BLANK}""",
    re.VERBOSE | re.DOTALL,
)
