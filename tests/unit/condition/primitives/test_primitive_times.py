import pytest

from bfe_py.condition import ConditionError, RequestSketch, compile_condition

NOON = 1_704_110_400.0  # 2024-01-01 12:00:00 UTC


def at(now, debug=None):
    return RequestSketch(now=now, fields={} if debug is None else {"x-bfe-debug-time": debug})


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        (at(NOON), True),
        (at(NOON + 3600), True),
        (at(NOON + 3600.5), False),
        (at(NOON - 0.5), False),
        (at(0, "20240101123000Z"), True),
        (at(NOON, "20240101113000Z"), False),
        (at(NOON, "soon"), False),
        (at(NOON, ""), False),
    ],
)
def test_an_interval_includes_both_ends(facts, wanted):
    text = 'bfe_time_range("20240101120000Z", "20240101140000A")'
    assert compile_condition(text).matches(facts) is wanted


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        (at(NOON), True),
        (at(NOON + 86_400 * 100), True),
        (at(NOON + 3600.9), True),
        (at(NOON + 3601), False),
        (at(NOON - 0.1), False),
        (at(-86_400 / 2), True),
        (at(0, "20240101203000H"), True),
        (at(NOON, "x"), False),
    ],
)
def test_hours_come_back_every_day(facts, wanted):
    text = 'bfe_periodic_time_range("200000H", "210000h", "")'
    assert compile_condition(text).matches(facts) is wanted


@pytest.mark.parametrize(
    ("text", "at_fault", "reference"),
    [
        (
            'bfe_time_range("20240102000000Z", "20240101000000Z")',
            '"20240101000000Z"',
            "startTime[20240102000000Z] must <= endTime[20240101000000Z]",
        ),
        (
            'bfe_periodic_time_range("220000H", "060000H", "")',
            '"060000H"',
            "startTime[220000H] must <= endTime[060000H]",
        ),
        (
            'bfe_periodic_time_range("010000H", "020000Z", "")',
            '"020000Z"',
            "timezone of startime and endtime should be same!",
        ),
        (
            'bfe_periodic_time_range("010000H", "020000H", "Monday")',
            '"Monday"',
            "periodStr is not supported, should not be set!",
        ),
        (
            'bfe_periodic_time_range("010000H", "2H", "")',
            '"2H"',
            "endTime format invalid, err:invalid time string:2H, err:EOF",
        ),
    ],
)
def test_times_must_fit(text, at_fault, reference):
    with pytest.raises(ConditionError) as caught:
        compile_condition(text)
    (problem,) = caught.value.problems
    assert problem.reference == reference
    assert text[problem.start : problem.end] == at_fault
