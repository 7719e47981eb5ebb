"""The host table answers what looking at every pattern would answer."""

from hypothesis import given
from hypothesis import strategies as st

from bfe_py.tenant import HostTable

LABELS = st.sampled_from(["a", "b", "B", "", "*", "*x"])
HOSTS = st.lists(LABELS, max_size=5).map(".".join)


def normal(text: str) -> list[str]:
    return text.lower().removesuffix(".").split(".")


def rank(pattern: str, host: str) -> int | None:
    """How well `pattern` fits `host`: an exact one best, then the longer suffix; None: not at all."""
    labels, wanted = normal(host), normal(pattern)
    if "*" in wanted[1:]:
        return None
    if wanted == ["*"]:
        return 0
    if wanted[0] == "*":
        suffix = wanted[1:]
        return (
            len(suffix) if len(labels) > len(suffix) and labels[-len(suffix) :] == suffix else None
        )
    return 1000 if labels == wanted else None


@given(st.lists(HOSTS, max_size=8), HOSTS)
def test_the_table_finds_what_a_scan_finds(patterns: list[str], host: str) -> None:
    ranks = [(rank(pattern, host), index) for index, pattern in enumerate(patterns)]
    fitting = [(found, index) for found, index in ranks if found is not None]
    expected = max(fitting)[1] if fitting else None
    assert HostTable([(text, index) for index, text in enumerate(patterns)]).find(host) == expected
