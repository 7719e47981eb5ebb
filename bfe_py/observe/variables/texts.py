"""Values as the bytes of a line."""

import re
import time
from collections.abc import Callable
from typing import TypeVar

CONTROLS = bytes([*range(0x20), 0x7F])
"""Control characters."""

MARKS = CONTROLS + b'"\\'
"""What a value from elsewhere could end a line, a field or a pair of quotes with."""

PLAIN = bytes([code for code in range(0x80) if code not in MARKS])
"""What `escape_foreign` leaves as it is."""

NO_CONTROLS = bytes([code for code in range(0x100) if code not in CONTROLS])
"""What `escape_controls` leaves as it is."""

_CONTROL = re.compile(b"[" + re.escape(CONTROLS) + b"]")
_UNSAFE = re.compile(b"[" + re.escape(MARKS) + rb"\x80-\xff]")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_MOST = 4096

K = TypeVar("K")

UNKNOWN = b"-"
"""Stands for a value that is not there."""


class Memo(dict[K, bytes]):
    """What `make` answers for each key, kept for those that were asked for lately.

    A dict, as finding something in it is then one bytecode.
    """

    __slots__ = ("_make", "_most")

    def __init__(self, make: Callable[[K], bytes], most: int = _MOST) -> None:
        self._make = make
        self._most = most

    def __missing__(self, key: K) -> bytes:
        if len(self) >= self._most:
            self.clear()  # that costs less than to know which one was asked for longest ago
        made = self[key] = self._make(key)
        return made


def encode(text: str) -> bytes:
    """`text` as UTF-8; bytes that were none come back as they were."""
    return text.encode("utf-8", "surrogateescape")


def encode_or_unknown(text: str) -> bytes:
    """`text` as UTF-8, ``-`` if it is empty."""
    return text.encode("utf-8", "surrogateescape") if text else UNKNOWN


def without_controls(text: str) -> bytes:
    """`text` as UTF-8 without control characters, so that it may stand in a header field."""
    return text.encode("utf-8", "surrogateescape").translate(None, CONTROLS)


def escape_controls(line: bytes) -> bytes:
    r"""`line` with each control character, CR and LF among them, written ``\xHH``."""
    if len(line.translate(None, CONTROLS)) == len(line):  # the fastest way to see it
        return line
    return _CONTROL.sub(_escaped, line)


def escape_foreign(value: bytes) -> bytes:
    r"""`value` with ``"`` written ``\"``, ``\`` as ``\\``, and all that is not ASCII ``\xHH``."""
    return _UNSAFE.sub(_escaped, value)


def _escaped(found: re.Match[bytes]) -> bytes:
    mark = found[0]
    return b"\\" + mark if mark in b'"\\' else b"\\x%02x" % mark[0]


def true_or_false(*, value: bool) -> bytes:
    """``true`` or ``false``."""
    return b"true" if value else b"false"


def milliseconds(start: float, end: float) -> bytes:
    """Whole milliseconds from `start` to `end`; 0 if either was not passed."""
    return b"%d" % (round((end - start) * 1_000_000) // 1000) if 0.0 < start < end else b"0"


def by_second(show: Callable[[int], bytes]) -> Memo[float]:
    """`show` of whole seconds, which are given as ``now // 1``, worked out once for each."""
    return Memo(lambda second: show(int(second)), 2)


def per_second(show: Callable[[int], bytes]) -> Callable[[float], bytes]:
    """`show` of whole seconds, worked out once for each second."""
    texts = by_second(show)

    def text(now: float) -> bytes:
        return texts[now // 1]

    return text


def date_and_time(second: int) -> bytes:
    """``2026-01-02 15:04:05``, local time."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(second)).encode("ascii")


def common_log_time(second: int) -> bytes:
    """``[02/Jan/2026:15:04:05 +0800]``, local time."""
    local = time.localtime(second)
    zone = local.tm_gmtoff // 60
    sign = "-" if zone < 0 else "+"
    hours, minutes = divmod(abs(zone), 60)
    text = (
        f"[{local.tm_mday:02}/{_MONTHS[local.tm_mon - 1]}/{local.tm_year}"
        f":{local.tm_hour:02}:{local.tm_min:02}:{local.tm_sec:02} {sign}{hours:02}{minutes:02}]"
    )
    return text.encode("ascii")


def timestamp(now: float) -> bytes:
    """``2026-01-02 15:04:05.678901+08:00``: RFC 3339 with a space, local time."""
    micros = round(now * 1_000_000)
    local = time.localtime(micros // 1_000_000)
    zone = local.tm_gmtoff // 60
    sign = "-" if zone < 0 else "+"
    hours, minutes = divmod(abs(zone), 60)
    text = time.strftime("%Y-%m-%d %H:%M:%S", local)
    return f"{text}.{micros % 1_000_000:06}{sign}{hours:02}:{minutes:02}".encode("ascii")


def duration(seconds: float) -> bytes:
    """A duration as Go writes it: ``1h2m3.5s``, ``1.5ms``, ``15µs``, ``0s``."""
    nanos = round(max(seconds, 0.0) * 1_000_000_000)
    if nanos < 1_000_000_000:
        return _small_duration(nanos).encode()
    whole, fraction = divmod(nanos, 1_000_000_000)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    text = f"{rest}.{fraction:09}".rstrip("0").rstrip(".") + "s"
    if hours:
        return f"{hours}h{minutes}m{text}".encode()
    return f"{minutes}m{text}".encode() if minutes else text.encode()


def _small_duration(nanos: int) -> str:
    if nanos == 0:
        return "0s"
    for unit, size, digits in (("ms", 1_000_000, 6), ("µs", 1_000, 3)):
        if nanos >= size:
            whole, fraction = divmod(nanos, size)
            return f"{whole}.{fraction:0{digits}}".rstrip("0").rstrip(".") + unit
    return f"{nanos}ns"
