import io

import pytest

from bfe_py.cli.columns import align
from bfe_py.cli.terminal import takes_colour


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("stream", "environment", "takes"),
    [
        (Terminal(), {}, True),
        (io.StringIO(), {}, False),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"NO_COLOR": ""}, True),
        (Terminal(), {"TERM": "dumb"}, False),
    ],
)
def test_colour_is_for_terminals_that_want_it(stream, environment, takes, monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert takes_colour(stream) is takes


def test_columns_are_as_wide_as_their_widest_cell_and_numbers_stand_right():
    rows = [("web", 5), ("next-one", 100)]

    assert align(("name", "weight"), rows) == (
        "name      weight\nweb            5\nnext-one     100"
    )


def test_a_table_without_rows_is_its_titles():
    assert align(("name", "weight"), []) == "name  weight"
