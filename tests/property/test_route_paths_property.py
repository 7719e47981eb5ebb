"""The table of paths answers what looking at every rule would answer."""

from hypothesis import assume, given
from hypothesis import strategies as st

from bfe_py.route import DuplicateRoute, PathRule, PathTable

HOST = st.sampled_from(["a.t", "A.t", "b.a.t", "c.b.a.t", "t", "", "x", ".t"])
HOST_PATTERN = st.sampled_from(["a.t", "A.T", "b.a.t", "*.a.t", "*.t", "*.b.a.t", "*", "t"])
PATH = st.lists(st.sampled_from(["a", "b", "ab", ""]), max_size=4).map(
    lambda parts: "/".join(["", *parts])
)
PATH_PATTERN = st.one_of(PATH.filter(bool), PATH.map(lambda path: path + "*"))
RULES = st.lists(st.tuples(HOST_PATTERN, PATH_PATTERN), max_size=10)


def host_rank(pattern: str, host: str) -> int | None:
    pattern, host = pattern.lower(), host.lower()
    if pattern == "*":
        return 0
    if pattern.startswith("*."):
        return 1 if host.partition(".")[1:] == (".", pattern[2:]) else None
    return 2 if pattern == host else None


def path_rank(pattern: str, path: str) -> int | None:
    if not pattern.endswith("*"):
        return 1000 if pattern == path else None
    prefix = "" if pattern == "*" else pattern[:-1].removesuffix("/") + "/"
    return len(prefix) if (path.removesuffix("/") + "/").startswith(prefix) else None


@given(RULES, HOST, PATH)
def test_the_table_finds_what_a_scan_finds(
    rules: list[tuple[str, str]], host: str, path: str
) -> None:
    try:
        table = PathTable([PathRule((h,), (p,), str(index)) for index, (h, p) in enumerate(rules)])
    except DuplicateRoute:
        assume(False)
    hosts = [rank for h, _ in rules if (rank := host_rank(h, host)) is not None]
    fitting = [
        (rank, str(index))
        for index, (h, p) in enumerate(rules)
        if host_rank(h, host) == max(hosts, default=-1) and (rank := path_rank(p, path)) is not None
    ]
    assert table.find(host, path) == (max(fitting)[1] if fitting else None)
