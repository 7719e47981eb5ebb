import json

import pytest

from tests.kit.coverage_policy import Covered, floor_of, judge, read

STRICT = "bfe_py/model/headers.py"
OTHER = "bfe_py/process/parent.py"


@pytest.mark.parametrize(("file", "floor"), [(STRICT, 100), (OTHER, 90), ("bfe_py/proxy.py", 90)])
def test_packages_that_decide_are_covered_wholly(file: str, floor: int):
    assert floor_of(file) == floor


@pytest.mark.parametrize(
    ("file", "percent", "excused", "said"),
    [
        (STRICT, 100.0, {}, None),
        (STRICT, 99.9, {}, "99.9 % of 100 %"),
        (OTHER, 90.0, {}, None),
        (OTHER, 89.9, {}, "89.9 % of 90 %"),
        (OTHER, 70.4, {OTHER: 70}, None),
        (OTHER, 69.9, {OTHER: 70}, "of the 70 % in its excuse"),
        (OTHER, 71.0, {OTHER: 70}, "raise its excuse to 71"),
        (OTHER, 95.0, {OTHER: 70}, "drop its excuse"),
        (STRICT, 95.0, {STRICT: 95}, None),
    ],
)
def test_a_file_is_judged_by_its_floor_or_its_excuse(file, percent, excused, said):
    wrong = list(judge([Covered(file, percent)], excused))

    assert [said in line for line in wrong] == ([] if said is None else [True])


def test_an_excuse_for_a_file_that_is_gone_is_wrong():
    assert list(judge([], {OTHER: 5})) == [f"{OTHER}: is excused but does not exist"]


def test_places_that_are_missing_are_named():
    one = Covered(OTHER, 10.0, (3, 4), ((3, 9), (7, 8), (7, -1)))

    assert list(judge([one], {})) == [f"{OTHER}: 10.0 % of 90 %; missing 3, 4, 7->8, 7->exit"]


def test_a_report_of_coverage_is_read():
    summary = {"percent_covered": 50.0}
    data = {"summary": summary, "missing_lines": [2], "missing_branches": [[1, 2]]}

    assert read(json.dumps({"files": {STRICT: data}})) == [Covered(STRICT, 50.0, (2,), ((1, 2),))]
