import pytest

from bfe_py.config.findings import Finding, Report
from bfe_py.config.ini import IniPlaces, fold_name, parse_ini
from bfe_py.config.text import Text

PROBE = Finding("error", "E602", "x")


def parse(text: str) -> tuple[list[tuple[str, str, str | None]], list[tuple[int, int, str]]]:
    report = Report()
    ini = parse_ini(Text("bfe.conf", text), report)
    lines = [
        (section.name, entry.key, None if entry.value is None else entry.value.text)
        for section in ini.sections
        for entry in section.entries
    ]
    return lines, [(finding.line, finding.column, finding.message) for finding in report]


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("k = v", "v"),
        ("k=v", "v"),
        ("  k\t=  v w  \t", "v w"),
        ("k = v # comment", "v"),
        ("k = v ; comment", "v"),
        ('k = "v # ; w"', "v # ; w"),
        ('k = a" b "c', "a b c"),
        ('k = " v "', " v "),
        ('k = ""', ""),
        ("k =", ""),
        ("k = # nothing", ""),
        ('k = "a\\"b\\\\c\\nd\\te"', 'a"b\\c\nd\te'),
        ("k = a\\tb", "a\tb"),
        ("k = a\\t", "a\t"),
        ("k = a \\\n  b", "a   b"),
        ("k = a \\\r\n  b", "a   b"),
        ("k = v\r", "v"),
        ("k = a\rb", "ab"),
        ("k", None),
        ("k # comment", None),
        ("k_-9 = =", "="),
        ("é = é", "é"),
    ],
)
def test_a_line_has_a_key_and_a_value(line: str, value: str | None) -> None:
    entries, problems = parse(f"[S]\n{line}\nnext = 1")
    assert problems == []
    assert [entry[2] for entry in entries] == [value, "1"]


def test_a_file_has_sections_comments_and_blank_lines() -> None:
    entries, problems = parse("\ufeff# top\n\n[A] ; first\nx = 1\n  [ B-c ]\r\ny\n[a]\nx = 2")
    assert problems == []
    assert entries == [("A", "x", "1"), ("B-c", "y", None), ("a", "x", "2")]


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("[S\nk = 1", 1, 1, "this is no section"),
        ("[]", 1, 1, "this is no section"),
        ('[S "sub"]', 1, 4, "sections have no parts here"),
        ("[S] k = 1", 1, 5, "unexpected text"),
        ("k = 1", 1, 1, "a key before the first section"),
        ("[S]\n= 1", 2, 1, "this is neither a section nor a key"),
        ("[S]\n9 = 1", 2, 1, "this is neither a section nor a key"),
        ("[S]\nk v", 2, 3, "unexpected text"),
        ("[S]\nk v\n", 2, 3, "unexpected text"),
        ('[S]\nk = "v\nx = 1', 2, 5, "the quotation has no end"),
        ('[S]\nk = "v', 2, 5, "the quotation has no end"),
        ("[S]\nk = a\\d", 2, 6, "unknown escape"),
        ('[S]\nk = "a\\\nb"', 2, 7, "unknown escape"),
        ("[S]\nk = a\\", 2, 6, "unknown escape"),
    ],
)
def test_what_gcfg_refuses_is_reported(text: str, line: int, column: int, message: str) -> None:
    assert parse(text)[1][0] == (line, column, message)


def test_a_bad_line_does_not_hide_the_next() -> None:
    entries, problems = parse('[S]\na b\nc = "\nd = 1\n?\ne = 2')
    assert [entry[1:] for entry in entries] == [("c", ""), ("d", "1"), ("e", "2")]
    assert [line for line, _, _ in problems] == [2, 3, 5]


def test_names_are_compared_without_case_and_hyphens() -> None:
    assert fold_name("Http-PORT") == fold_name("http_port")
    ini = parse_ini(Text("x", "[S-a]\nk-1 = 1\n[s_A]\nK_1 = 2\nother = 3"), Report())
    assert [entry.value and entry.value.text for entry in ini.entries("S_A", "K-1")] == ["1", "2"]


TEXT = '[S]\nlist = a\nlist = bb\nbare\nquoted = "x\\"y" z\nempty = ""\n[T]'


def place(*path: str | int) -> tuple[int, int, int]:
    found = IniPlaces(parse_ini(Text("x", TEXT), Report())).place(PROBE, path)
    return found.line, found.column, found.end_column


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (("S", "list"), (3, 8, 10)),
        (("S", "list", 0), (2, 8, 9)),
        (("S", "list", 5), (3, 8, 10)),
        (("S", "list", "x"), (3, 8, 10)),
        (("S", "bare"), (4, 1, 5)),
        (("s", "none"), (1, 1, 4)),
        (("T",), (7, 1, 4)),
        (("None",), (1, 1, 2)),
        ((), (1, 1, 2)),
    ],
)
def test_a_path_leads_to_a_value_or_its_section(
    path: tuple[str | int, ...], found: tuple[int, int, int]
) -> None:
    assert place(*path) == found


@pytest.mark.parametrize(
    ("path", "span", "found"),
    [
        (("S", "quoted"), (0, 1), (5, 11, 12)),
        (("S", "quoted"), (1, 2), (5, 12, 13)),
        (("S", "quoted"), (2, 3), (5, 14, 15)),
        (("S", "quoted"), (3, 5), (5, 16, 18)),
        (("S", "quoted"), (9, 9), (5, 17, 18)),
        (("S", "quoted"), (0, 0), (5, 11, 12)),
        (("S", "bare"), (0, 1), (4, 1, 5)),
        (("S", "empty"), (0, 1), (6, 9, 11)),
        (("S", "none"), (0, 1), (1, 1, 4)),
    ],
)
def test_offsets_in_a_value_are_places_in_the_file(
    path: tuple[str, ...], span: tuple[int, int], found: tuple[int, int, int]
) -> None:
    placed = IniPlaces(parse_ini(Text("x", TEXT), Report())).place_inside(PROBE, path, span)
    assert (placed.line, placed.column, placed.end_column) == found
