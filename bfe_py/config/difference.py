"""Differences between two configurations, each thing by itself: what `diff` tells in numbers."""

from collections.abc import Hashable, Iterator, Mapping
from typing import Literal

import msgspec

from bfe_py.config.diff import Parts, describe_parts, parts_of
from bfe_py.config.dynamic import Tree
from bfe_py.config.leaves import leaves, shorten

Sign = Literal["+", "-", "~"]
"""New, gone, or different."""

_ORDER = "in another order, or in what is not shown"
_UNSEEN = "what is not shown: version texts, or contents of files that documents name"
_CLUSTER_PARTS = ("settings", "weights", "backends")


class Difference(msgspec.Struct, frozen=True):
    """One thing that is different: `where` it belongs, what it is, and how it was and is.

    `old` and `new` are texts, empty where there is nothing to say.
    """

    where: str
    sign: Sign
    noun: str
    name: str = ""
    old: str = ""
    new: str = ""

    @property
    def line(self) -> str:
        """It in one line, for people."""
        if self.sign != "~" and not self.name:
            return f"{self.where}: {self.noun}"
        what = f"{self.noun} {self.name}".strip()
        if self.sign == "~":
            how = f"{self.old or '(none)'} => {self.new or '(none)'}"
            return f"{self.where}: ~ {what}" + (f": {how}" if self.old or self.new else "")
        text = self.new or self.old
        return f"{self.where}: {self.sign} {what}" + (f": {text}" if text else "")


def compare_trees(old: Tree, new: Tree) -> list[Difference]:
    """Everything that is different between two trees; nothing if they mean the same."""
    found: list[Difference] = []
    for where, before, after in parts_of(old, new):
        found += _compare_parts(where, before, after)
    if not found and old.version != new.version:
        found.append(Difference("all", "~", _UNSEEN))
    return found


def tell_differences(differences: list[Difference]) -> list[str]:
    """A line for each."""
    return [one.line for one in differences]


def _compare_parts(where: str, old: Parts | None, new: Parts | None) -> Iterator[Difference]:
    if old is None or new is None:
        text = describe_parts(old, new)
        sign: Sign = "+" if old is None else "-"
        yield Difference(where, sign, text)
        return
    for noun in {**old, **new}:
        was, now = old.get(noun, {}), new.get(noun, {})
        if noun == "route":
            yield from _compare_routes(where, list(was), list(now))
        elif was != now:
            yield from _compare_things(where, noun, was, now)


def _compare_things(
    where: str, noun: str, old: Mapping[Hashable, object], new: Mapping[Hashable, object]
) -> Iterator[Difference]:
    for key in {**old, **new}:
        name = _name(key)
        if key not in old:
            yield Difference(where, "+", noun, name, new=_short(new[key]))
        elif key not in new:
            yield Difference(where, "-", noun, name, old=_short(old[key]))
        elif old[key] != new[key]:
            yield from _compare_values(where, noun, name, old[key], new[key])


def _compare_values(
    where: str, noun: str, name: str, old: object, new: object
) -> Iterator[Difference]:
    was, now = leaves(_named(noun, old)), leaves(_named(noun, new))
    is_told = False
    for path in {**was, **now}:
        before, after = was.get(path), now.get(path)
        if before == after:
            continue
        is_told = True
        what = f"{name} {path}".strip()
        if before is None:
            yield Difference(where, "+", noun, what, new=after or "")
        elif after is None:
            yield Difference(where, "-", noun, what, old=before)
        else:
            yield Difference(where, "~", noun, what, before, after)
    if not is_told:
        yield Difference(where, "~", noun, f"{name} ({_ORDER})".strip())


def _named(noun: str, value: object) -> object:
    """Values of clusters are settings, weights and backends."""
    if noun == "cluster" and isinstance(value, tuple):
        return dict(zip(_CLUSTER_PARTS, value, strict=True))
    return value


def _short(value: object) -> str:
    """The value of a thing that says something by itself."""
    return shorten(value) if isinstance(value, str) else ""


def _name(key: Hashable) -> str:
    if isinstance(key, tuple):  # hosts and paths of a path rule
        return " ".join(",".join(names) for names in key if names)
    return str(key)


# --- routes


def _compare_routes(where: str, old: list[Hashable], new: list[Hashable]) -> Iterator[Difference]:
    """Routes by condition: gone, new, or to another cluster."""
    before, after = set(old), set(new)
    gone = _routes([key for key in old if key not in after])
    come = _routes([key for key in new if key not in before])
    for condition, clusters in gone.items():
        others = come.get(condition, [])
        for cluster in clusters:
            if others:
                yield Difference(where, "~", "route", condition, cluster, others.pop(0))
            else:
                yield Difference(where, "-", "route", f"{condition} -> {cluster}")
    for condition, clusters in come.items():
        for cluster in clusters:
            yield Difference(where, "+", "route", f"{condition} -> {cluster}")
    if [key for key in old if key in after] != [key for key in new if key in before]:
        yield Difference(where, "~", "routes in another order")


def _routes(keys: list[Hashable]) -> dict[str, list[str]]:
    """Clusters by condition."""
    found: dict[str, list[str]] = {}
    for key in keys:
        match key:
            case ((str(condition), str(cluster)), _):
                found.setdefault(shorten(condition), []).append(cluster)
            case _:
                found.setdefault("null", []).append("null")
    return found
