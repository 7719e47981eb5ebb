"""Points in time and times of day as conditions write them, with a zone letter at the end.

A time point is ``YYYYMMDDhhmmssZ``, a time of day ``hhmmssZ``. Blanks before the point and before
the letter are skipped, what follows a further blank is ignored: BFE reads both with a scanf.
"""

import calendar
import re
from datetime import UTC, datetime, timedelta

from bfe_py.condition.folding import fold

# The blanks that Go's scanner skips; a line break among them ends the reading.
_BLANKS = "\t\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_POINT = re.compile(rf"[{_BLANKS}]*([^{_BLANKS}\n]{{1,14}}+)[{_BLANKS}]*([^{_BLANKS}\n]+)")
_TIME = re.compile(rf"[{_BLANKS}]*([^{_BLANKS}\n]{{1,6}}+)[{_BLANKS}]*([^{_BLANKS}\n]+)")
_DIGITS = re.compile(r"[0-9]*", re.ASCII)
# The parts of both as Go's layouts write them.
_POINT_PARTS = ("2006", "01", "02", "15", "04", "05")
_TIME_PARTS = ("15", ":", "04", ":", "05")
_ZONES = {letter: 1 + index for index, letter in enumerate("ABCDEFGHIKLM")}
_ZONES.update({letter: -1 - index for index, letter in enumerate("NOPQRSTUVWXY")})
_ZONES["Z"] = 0
# Years are moved into datetime's range by whole periods of the calendar (400 years).
_PERIOD_YEARS = 400
_PERIOD_SECONDS = 146_097 * 86_400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ClockError(ValueError):
    """A text that is no time; `reference` is BFE's wording, `expected` what to write."""

    def __init__(self, reference: str, expected: str) -> None:
        """Keep both."""
        super().__init__(reference)
        self.reference = reference
        self.expected = expected


def parse_time_point(text: str) -> int:
    """Seconds since the epoch.

    Raises:
        ClockError: not ``YYYYMMDDhhmmssZ``.
    """
    shape = "YYYYMMDDhhmmss and a zone letter, such as 20240131235959Z"
    found = _POINT.match(text)
    if found is None:
        raise ClockError(f"invalid time string:{text}, err:EOF", shape)
    digits, letter = found.groups()
    wrong = f'invalid time string:{text}, err:parsing time "{digits}"'
    if _DIGITS.fullmatch(digits) is None or len(digits) != 14:
        raise ClockError(f'{wrong} as "20060102150405": {_unparsed(digits, _POINT_PARTS)}', shape)
    year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:8])
    if not 1 <= month <= 12:
        raise ClockError(f"{wrong}: month out of range", "a month from 01 to 12")
    seconds = _seconds_of_day(digits[8:], wrong)
    length = 29 if month == 2 and calendar.isleap(year) else _month_length(month)
    if not 1 <= day <= length:
        raise ClockError(f"{wrong}: day out of range", f"a day from 01 to {length}")
    hours = _zone(letter)
    shift = _PERIOD_YEARS if year == 0 else 0
    at = datetime(year + shift, month, day, tzinfo=UTC) - _EPOCH
    whole = at // timedelta(seconds=1) - (_PERIOD_SECONDS if shift else 0)
    return whole + seconds - hours * 3600


def parse_time_of_day(text: str) -> tuple[int, int]:
    """Seconds since midnight, and the zone's offset from UTC in seconds.

    Raises:
        ClockError: not ``hhmmssZ``.
    """
    shape = "hhmmss and a zone letter, such as 090000H"
    found = _TIME.match(text)
    if found is None:
        raise ClockError(f"invalid time string:{text}, err:EOF", shape)
    digits = text[:6]
    shown = f"{digits[:2]}:{digits[2:4]}:{digits[4:]}"
    wrong = f'time format invalid, err:parsing time "{shown}"'
    if _DIGITS.fullmatch(digits) is None or len(digits) != 6:
        raise ClockError(f'{wrong} as "15:04:05": {_unparsed(shown, _TIME_PARTS)}', shape)
    return _seconds_of_day(digits, wrong), _zone(found[2]) * 3600


def _seconds_of_day(digits: str, wrong: str) -> int:
    hour, minute, second = int(digits[:2]), int(digits[2:4]), int(digits[4:6])
    if hour > 23:
        raise ClockError(f"{wrong}: hour out of range", "an hour from 00 to 23")
    if minute > 59:
        raise ClockError(f"{wrong}: minute out of range", "a minute from 00 to 59")
    if second > 59:
        raise ClockError(f"{wrong}: second out of range", "a second from 00 to 59")
    return hour * 3600 + minute * 60 + second


def _unparsed(text: str, parts: tuple[str, ...]) -> str:
    """The first part that is not there, as Go says it; there is one."""
    pending = iter(parts)
    part = next(pending)
    while _starts_with(text, part):
        text = text[len(part) :]
        part = next(pending)
    return f'cannot parse "{text}" as "{part}"'


def _starts_with(text: str, part: str) -> bool:
    piece = text[: len(part)]
    return (
        piece == part
        if part == ":"
        else len(piece) == len(part) and _DIGITS.fullmatch(piece) is not None
    )


def _month_length(month: int) -> int:
    return calendar.monthrange(2001, month)[1]


def _zone(text: str) -> int:
    hours = _ZONES.get(fold(text))
    if hours is None:
        raise ClockError(f"invalid zone:{text}", _advise_zone(text))
    return hours


def _advise_zone(text: str) -> str:
    found = re.fullmatch(r"([+-])([0-9]{1,2})(?::?00)?", text, re.ASCII)
    if found is not None:
        wanted = int(found[2]) * (1 if found[1] == "+" else -1)
        for letter, hours in _ZONES.items():
            if hours == wanted:
                return f"the letter of that zone is {letter}"
    return "one letter: Z is UTC, A to M without J are +1 to +12, N to Y are -1 to -12"
