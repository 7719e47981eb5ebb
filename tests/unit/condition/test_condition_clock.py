from datetime import UTC, datetime

import pytest

from bfe_py.condition.clock import ClockError, parse_time_of_day, parse_time_point


def at(*moment):
    return int(datetime(*moment, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("20240101000000Z", at(2024, 1, 1)),
        ("20240101000000h", at(2023, 12, 31, 16)),
        ("20240101000000M", at(2023, 12, 31, 12)),
        ("20240101000000Y", at(2024, 1, 1, 12)),
        ("20240101000000K", at(2023, 12, 31, 14)),
        ("20240101000000N", at(2024, 1, 1, 1)),
        ("  20240101000000  Z ignored", at(2024, 1, 1)),
        ("20240229235959Z", at(2024, 2, 29, 23, 59, 59)),
        ("00010101000000Z", at(1, 1, 1)),
        ("00000101000000Z", at(1, 1, 1) - 366 * 86400),
        ("99991231235959Z", at(9999, 12, 31, 23, 59, 59)),
    ],
)
def test_time_points_have_a_zone(text, seconds):
    assert parse_time_point(text) == seconds


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("", "invalid time string:, err:EOF"),
        ("20240101000000", "invalid time string:20240101000000, err:EOF"),
        ("20240101000000\nZ", "invalid time string:20240101000000\nZ, err:EOF"),
        ("20240101000000J", "invalid zone:J"),
        ("20240101000000ZZ", "invalid zone:ZZ"),
        (
            "2024010100000 Z",
            'invalid time string:2024010100000 Z, err:parsing time "2024010100000" as "20060102150405": cannot parse "0" as "05"',
        ),
        (
            "2024-01-01T00:00Z",
            'invalid time string:2024-01-01T00:00Z, err:parsing time "2024-01-01T00:" as "20060102150405": cannot parse "-01-01T00:" as "01"',
        ),
        (
            "20241301000000Z",
            'invalid time string:20241301000000Z, err:parsing time "20241301000000": month out of range',
        ),
        (
            "20240230000000Z",
            'invalid time string:20240230000000Z, err:parsing time "20240230000000": day out of range',
        ),
        (
            "20230229000000Z",
            'invalid time string:20230229000000Z, err:parsing time "20230229000000": day out of range',
        ),
        (
            "20240400000000Z",
            'invalid time string:20240400000000Z, err:parsing time "20240400000000": day out of range',
        ),
        (
            "20240101240000Z",
            'invalid time string:20240101240000Z, err:parsing time "20240101240000": hour out of range',
        ),
        (
            "20240101006000Z",
            'invalid time string:20240101006000Z, err:parsing time "20240101006000": minute out of range',
        ),
        (
            "20240101000060Z",
            'invalid time string:20240101000060Z, err:parsing time "20240101000060": second out of range',
        ),
    ],
)
def test_other_texts_are_no_time_points(text, reference):
    with pytest.raises(ClockError) as caught:
        parse_time_point(text)
    assert caught.value.reference == reference
    assert caught.value.expected


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("090000H", (32_400, 28_800)),
        ("235959 z", (86_399, 0)),
        ("000000R tail", (0, -18_000)),
    ],
)
def test_times_of_day_keep_their_zone(text, wanted):
    assert parse_time_of_day(text) == wanted


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("90000H", "invalid time string:90000H, err:EOF"),
        (
            "a b",
            'time format invalid, err:parsing time "a :b:" as "15:04:05": cannot parse "a :b:" as "15"',
        ),
        (
            " 090000H",
            'time format invalid, err:parsing time " 0:90:00" as "15:04:05": cannot parse " 0:90:00" as "15"',
        ),
        (
            "09:00:H",
            'time format invalid, err:parsing time "09::0:0:" as "15:04:05": cannot parse ":0:0:" as "04"',
        ),
        ("250000H", 'time format invalid, err:parsing time "25:00:00": hour out of range'),
        ("090000J", "invalid zone:J"),
    ],
)
def test_other_texts_are_no_times_of_day(text, reference):
    with pytest.raises(ClockError) as caught:
        parse_time_of_day(text)
    assert caught.value.reference == reference


@pytest.mark.parametrize(
    ("zone", "part"),
    [
        ("+08:00", "is H"),
        ("-5", "is R"),
        ("+13", "one letter"),
        ("CST", "one letter"),
        ("+00", "is Z"),
    ],
)
def test_offsets_are_told_their_letter(zone, part):
    with pytest.raises(ClockError) as caught:
        parse_time_point(f"20240101000000{zone}")
    assert part in caught.value.expected
