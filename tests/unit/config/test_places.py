import pytest

from bfe_py.config.findings import Finding
from bfe_py.config.places import DocumentPlaces, JsonPlaces, LinePlaces, Places
from bfe_py.config.text import Text

PROBE = Finding("error", "E300", "x")


def marked(places: Places, *path: str | int) -> str:
    found = places.place(PROBE, path)
    start = found.column - found.excerpt_column
    return found.excerpt[start : start + found.end_column - found.column]


def test_a_document_that_is_not_at_hand_has_no_lines() -> None:
    places = DocumentPlaces("a.data")
    for found in (places.place(PROBE, ("a",)), places.place_inside(PROBE, ("a",), (0, 1))):
        assert (found.document, found.line) == ("a.data", 0)


@pytest.mark.parametrize(
    ("path", "found"), [((2,), "two 2"), ((1,), "one"), (("x",), "one"), ((), "one"), ((9,), "3")]
)
def test_lines_are_found_by_number(path: tuple[str | int, ...], found: str) -> None:
    assert marked(LinePlaces(Text("ips", "one\n  two 2\t\n3")), *path) == found


def test_a_part_of_a_line_is_found() -> None:
    places = LinePlaces(Text("ips", "one\ntwo"))
    found = places.place_inside(PROBE, (2,), (1, 3))
    assert (found.line, found.column, found.end_column) == (2, 2, 4)
    assert places.place_inside(PROBE, (2,), (9, 12)).column == 4


def test_json_is_found_by_keys_and_positions() -> None:
    places = JsonPlaces(Text("a", '{"A": [{"B": "x\\ty"}]}'))
    assert marked(places, "A", 0, "B") == '"x\\ty"'
    assert marked(places, "A") == '"A"'
    found = places.place_inside(PROBE, ("A", 0, "B"), (1, 2))
    assert (found.column, found.end_column) == (16, 18)
