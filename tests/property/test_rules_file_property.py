"""Rules files: what is written is what is read, however it is laid out; and nothing breaks reading."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from bfe_py.balance import Reach
from bfe_py.config.dynamic import AdvancedRule, BackendEntry, TenantGroup
from bfe_py.config.findings import Report
from bfe_py.config.rules_file import parse_rules
from bfe_py.config.rules_file.scan import scan

NAMES = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,6}", fullmatch=True)
LABELS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,4}[a-z0-9])?", fullmatch=True)
HOSTS = st.builds(
    lambda star, labels: star + ".".join(labels),
    st.sampled_from(["", "*."]),
    st.lists(LABELS, min_size=1, max_size=4),
)
ADDRESSES = st.one_of(
    st.ip_addresses(v=4).map(str), st.ip_addresses(v=6).map("[{}]".format)
).filter(lambda host: Reach().find_refusal(host, 1) is None)
BACKENDS = st.builds(
    BackendEntry,
    name=NAMES,
    host=ADDRESSES,
    port=st.integers(1, 65535),
    weight=st.integers(1, 1_000_000),
)
POOLS = st.lists(BACKENDS, min_size=1, max_size=3, unique_by=lambda each: (each.host, each.port))
CONDITIONS = st.sampled_from(
    [
        'req_host_in("a->b")',
        "req_ua_regmatch(`# // {`)",
        "!default_t()",
        '(default_t() || req_tag_match("a", "}"))',
    ]
)
GAPS = st.lists(st.sampled_from([" ", "\t", " \r", "  "]), min_size=1, max_size=3).map("".join)
BREAKS = st.lists(
    st.sampled_from(["\n", "\r\n", " # it's \"quoted\n", "// `{\n", "\n\t\n"]),
    min_size=1,
    max_size=3,
).map("".join)


@dataclass(frozen=True)
class Sketch:
    """A tenant as it is to be written; clusters have sub-clusters with weights and backends."""

    hosts: list[str]
    clusters: dict[str, dict[str, tuple[int, list[BackendEntry]]]]
    routes: list[tuple[str | None, str]]


@st.composite
def sketches(draw: st.DrawFn) -> Sketch:
    subs = st.dictionaries(NAMES, st.tuples(st.integers(1, 100), POOLS), min_size=1, max_size=3)
    clusters = draw(st.dictionaries(NAMES, subs, min_size=1, max_size=3))
    routes = st.tuples(CONDITIONS, st.sampled_from(sorted(clusters)))
    return Sketch(
        hosts=draw(st.lists(HOSTS, min_size=1, max_size=4, unique_by=str.lower)),
        clusters=clusters,
        routes=[*draw(st.lists(routes, max_size=3)), *((None, name) for name in clusters)],
    )


def write(sketch: Sketch, draw: st.DrawFn) -> str:
    """The sketch with any blanks, line ends and comments where they may be."""
    lines = [["hosts", *" , ".join(sketch.hosts).split(" ")]]
    for name, subs in sketch.clusters.items():
        lines.append(["cluster", name, "{"])
        for sub, (weight, backends) in subs.items():
            lines.append(["sub", sub, "weight", str(weight), "{"])
            lines += [
                ["backend", each.name, "at", f"{each.host}:{each.port}", "weight", str(each.weight)]
                for each in backends
            ]
            lines.append(["}"])
        lines.append(["}"])
    for condition, cluster in sketch.routes:
        lines.append(["route", *([] if condition is None else [condition]), "->", cluster])
    text = draw(st.sampled_from(["", "\ufeff", "\n", "# shop\n"]))
    for line in lines:
        text += draw(GAPS) + draw(GAPS).join(line) + draw(BREAKS)
    return text


def parse(text: str) -> tuple[TenantGroup | None, Report]:
    report = Report()
    return parse_rules("shop", text.encode(), "rules/shop.rules", report), report


@given(sketches(), st.data())
def test_what_is_written_is_read(sketch: Sketch, data: st.DataObject) -> None:
    group, report = parse(write(sketch, data.draw))

    assert report.ok, report.findings
    assert group is not None
    assert group.hosts == sketch.hosts
    assert group.balance.gslb.clusters == {
        f"shop/{name}": {sub: weight for sub, (weight, _) in subs.items()}
        for name, subs in sketch.clusters.items()
    }
    assert group.balance.table.clusters == {
        f"shop/{name}": {sub: backends for sub, (_, backends) in subs.items()}
        for name, subs in sketch.clusters.items()
    }
    assert [rule.cluster for rule in group.rules] == [f"shop/{name}" for _, name in sketch.routes]
    assert group.rules[-1] == AdvancedRule(
        condition="default_t()", cluster=f"shop/{sketch.routes[-1][1]}"
    )


VOCABULARY = """
hosts vips default let cluster route sub backend weight at timeout connect check http status hash
cookie tls name , = -> { } ( ) && || ! "a" "b `c` `d a.example *.b 192.0.2.1 10.0.0.1:80 1s 2 2xx
web default_t() req_host_in("a") # //
"""
WORDS = st.sampled_from([*VOCABULARY.split(), "\n"])
JUNK = st.one_of(st.text(max_size=60), st.lists(WORDS, max_size=40).map(" ".join))


@given(JUNK)
def test_reading_never_breaks_and_places_are_inside_of_the_text(text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    group, report = parse(text)
    lines = text.split("\n")

    assert (group is None) == (report.error_count > 0)
    for finding in report:
        assert 1 <= finding.line <= len(lines)
        assert 1 <= finding.column <= len(lines[finding.line - 1]) + 1
        assert finding.column < finding.end_column


@given(JUNK)
def test_pieces_are_the_text_without_its_blanks(text: str) -> None:
    pieces = list(scan(text))
    ends = [0, *[piece.end for piece in pieces]]

    assert all(text[slice(*piece.span)] == piece.text for piece in pieces)
    for start, piece in zip(ends, [*pieces, None], strict=True):
        between = text[start : len(text) if piece is None else piece.start]
        assert between.strip(" \t\r\ufeff") == ""


@given(sketches(), st.data())
def test_one_word_too_many_is_reported_on_its_line(sketch: Sketch, data: st.DataObject) -> None:
    text = write(sketch, data.draw)
    line = data.draw(st.integers(0, text.count("\n")))
    lines = text.split("\n")
    lines[line] = f"§ {lines[line]}"
    group, report = parse("\n".join(lines))

    assert group is None
    assert min(finding.line for finding in report) <= line + 1
    assert any(finding.line == line + 1 for finding in report)
