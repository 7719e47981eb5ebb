"""Host and path to cluster: BFE's basic rules.

The host is settled first, without going back: the exact host, or else ``*.suffix`` with exactly one
label before the suffix, or else ``*``. Inside that host's rules the exact path wins, then the
longest wildcard path. A wildcard covers whole elements: ``/foo*`` and ``/foo/*`` both stand for
``/foo`` and everything below it, not for ``/foobar``.
"""

from collections.abc import Iterable
from dataclasses import dataclass

ADVANCED_MODE = "ADVANCED_MODE"
"""Cluster of a rule that leaves the choice to the conditions."""


@dataclass(frozen=True, slots=True)
class PathRule:
    """One basic rule: every host with every path goes to `cluster`; none of them means ``*``."""

    hostnames: tuple[str, ...]
    paths: tuple[str, ...]
    cluster: str


@dataclass(frozen=True, slots=True)
class Step:
    """One thing looked at on the way to a cluster; `cluster` is empty unless it was found."""

    looked_at: str
    is_match: bool
    cluster: str = ""


class DuplicateRoute(ValueError):  # it names what is wrong, like Fault
    """The same host and path stand in two rules. Texts are as in the later rule."""

    def __init__(self, host: str, path: str) -> None:
        super().__init__(f"host {host!r} with path {path!r} stands in two rules")
        self.host = host
        self.path = path


class _Paths:
    """Paths of one host."""

    __slots__ = ("exact", "longest", "prefixes")

    def __init__(self) -> None:
        self.exact: dict[str, str] = {}
        self.prefixes: dict[str, str] = {}
        self.longest = 0

    def add(self, path: str, cluster: str) -> bool:
        """Whether `path` was not there yet."""
        table, key = self.exact, path
        if path.endswith("*"):
            table, key = self.prefixes, _prefix(path)
            self.longest = max(self.longest, len(key))
        if key in table:
            return False
        table[key] = cluster
        return True

    def find(self, path: str) -> str | None:
        cluster = self.exact.get(path)
        if cluster is None and self.prefixes:
            prefix = self.find_prefix(path)
            return None if prefix is None else self.prefixes[prefix]
        return cluster

    def find_prefix(self, path: str) -> str | None:
        """Longest wildcard over `path`, without its star."""
        if path[-1:] != "/":
            path += "/"
        # Nothing longer than the longest wildcard is looked up, whatever the length of the path.
        slash = path.rfind("/", 0, self.longest)
        while slash >= 0:
            prefix = path[: slash + 1]
            if prefix in self.prefixes:
                return prefix
            slash = path.rfind("/", 0, slash)
        return "" if "" in self.prefixes else None


class PathTable:
    """Basic rules of one tenant; their order does not count.

    Raises:
        DuplicateRoute: two rules have the same host and path. Hosts are compared without regard to
            case and one dot at the end, wildcard paths with a slash before the star.
    """

    __slots__ = ("_any", "_exact", "_wildcards")

    def __init__(self, rules: Iterable[PathRule] = ()) -> None:
        self._exact: dict[str, _Paths] = {}
        self._wildcards: dict[str, _Paths] = {}
        self._any: _Paths | None = None
        for rule in rules:
            for host in rule.hostnames or ("*",):
                paths = self._paths_of(host.lower().removesuffix("."))
                for path in rule.paths or ("*",):
                    if not paths.add(path, rule.cluster):
                        raise DuplicateRoute(host, path)

    def _paths_of(self, host: str) -> _Paths:
        if host == "*":
            if self._any is None:
                self._any = _Paths()
            return self._any
        if host.startswith("*."):
            return self._wildcards.setdefault(host[2:], _Paths())
        return self._exact.setdefault(host, _Paths())

    def find(self, host: str, path: str) -> str | None:
        """Cluster of `host` (cut at its first colon) and `path` (percent-decoded), or None."""
        name = host.lower()
        if name[-1:] == ".":
            name = name[:-1]
        paths = self._exact.get(name)
        if paths is None:
            paths = self._find_wildcard(name) or self._any
            if paths is None:
                return None
        return paths.find(path)

    def _find_wildcard(self, name: str) -> _Paths | None:
        # Only what follows the first dot can match: the longest suffix that leaves one label. A
        # shorter one is not tried even where it stands alone.
        dot = name.find(".")
        return None if dot < 0 else self._wildcards.get(name[dot + 1 :])

    def explain(self, host: str, path: str) -> tuple[Step, ...]:
        """What `find` looks at, in order; the last step carries the cluster if there is one."""
        name = host.lower().removesuffix(".")
        dot = name.find(".")
        stages = [(f"host {name}", self._exact.get(name))]
        if dot >= 0:
            stages.append((f"host *{name[dot:]}", self._find_wildcard(name)))
        stages.append(("host *", self._any))
        steps: list[Step] = []
        for looked_at, paths in stages:
            steps.append(Step(looked_at, paths is not None))
            if paths is not None:
                return (*steps, *_explain_paths(paths, path))
        return tuple(steps)

    def __bool__(self) -> bool:
        return bool(self._exact or self._wildcards or self._any)


def _explain_paths(paths: _Paths, path: str) -> list[Step]:
    cluster = paths.exact.get(path)
    steps = [Step(f"path {path}", cluster is not None, cluster or "")]
    if cluster is None:
        prefix = paths.find_prefix(path)
        if prefix is None:
            steps.append(Step("wildcard path", is_match=False))
        else:
            steps.append(Step(f"path {prefix}*", is_match=True, cluster=paths.prefixes[prefix]))
    return steps


def _prefix(pattern: str) -> str:
    prefix = pattern[:-1]
    return prefix if not prefix or prefix.endswith("/") else prefix + "/"
