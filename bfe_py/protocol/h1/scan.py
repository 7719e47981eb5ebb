"""Where a head ends, and whether its bytes may stand in a head at all.

The scan knows lines and limits, nothing of what the lines say. It judges by position: of two
offences the one that came first on the wire counts, so that a peer gets the same answer however its
bytes were cut into pieces, and an endless line is refused as soon as it is too long.
"""

import re

from bfe_py.model import Fault, Kind

CONTROL_BYTES = bytes([*range(9), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F])
"""Every control byte but HTAB, LF and CR."""

# A CR is judged once the byte behind it is there.
_OFFENCE = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|(?<!\r)\n|\r(?=[^\n])")
_WORDS = {b"\n": "bare-lf", b"\r": "bare-cr", b"\x00": "nul"}


def find_bad_byte(seen: bytes | bytearray, start: int, stop: int) -> tuple[int, str] | None:
    """Place and name of the first byte of ``seen[start:stop]`` that no line may hold.

    RFC 9112 section 2.2: lines end with CRLF and neither byte stands alone; RFC 9110 section 5.5:
    no control bytes in values.
    """
    match = _OFFENCE.search(seen, start, stop)
    if match is None:
        return None
    return match.start(), _WORDS.get(match.group(), "control-byte")


class HeadScanner:
    """Finds the end of one head after the other.

    Args:
        line_limit: bytes of the start line.
        header_limit: bytes of the field lines with the empty line that ends them.
    """

    __slots__ = ("_header_limit", "_line_limit", "_looked", "_start", "stop")

    def __init__(self, line_limit: int, header_limit: int) -> None:
        self._line_limit = line_limit
        self._header_limit = header_limit
        self._start = 0
        self._looked = 0
        self.stop = 0
        """Where the bytes behind the head begin; of use once `take` gave the head."""

    def take(self, seen: bytes | bytearray, *, skips_line: bool) -> bytes | None:
        """The head at the beginning of `seen` with its empty line; None while it is not complete.

        `seen` holds what the last call saw and more.

        Args:
            skips_line: one empty line before the start line is passed over.

        Raises:
            Fault: it cannot become a head any more.
        """
        self._skip_line(seen, skips_line=skips_line)
        start = self._start
        found = seen.find(b"\r\n\r\n", max(start, self._looked - 3))
        if found >= 0:
            self.stop = found + 4
            head = bytes(seen[start : self.stop])
            if self._is_clean(head):
                self._start = self._looked = 0
                return head
        stop = found + 4 if found >= 0 else len(seen)
        fault = self._find_fault(seen, stop)
        if fault is not None:
            raise fault
        self._looked = stop
        return None

    def is_untouched(self, seen: bytes | bytearray) -> bool:
        """Whether `seen` holds no byte of a head yet."""
        return len(seen) == self._start

    def _skip_line(self, seen: bytes | bytearray, *, skips_line: bool) -> None:
        if not seen.startswith(b"\r\n", self._start):
            return
        # RFC 9112 2.2: "a server ... SHOULD ignore at least one empty line (CRLF) received prior to
        # the request-line". One, not any number.
        if self._start or not skips_line or seen.startswith(b"\r\n", 2):
            raise Fault(Kind.BAD_REQUEST, "empty-line")
        self._start = 2

    def _is_clean(self, head: bytes) -> bool:
        lines = head.count(b"\r\n")
        line_end = head.find(b"\r\n")
        return (
            lines == head.count(b"\n") == head.count(b"\r")
            and len(head.translate(None, CONTROL_BYTES)) == len(head)
            and line_end <= self._line_limit
            and len(head) - line_end - 2 <= self._header_limit
        )

    def _find_fault(self, seen: bytes | bytearray, stop: int) -> Fault | None:
        # One byte back: a CR that stood last in the piece before is judged now.
        bad = find_bad_byte(seen, max(self._start, self._looked - 1), stop)
        excess = self._find_excess(seen, stop)
        if bad is not None and (excess is None or bad[0] <= excess[0]):
            return Fault(Kind.BAD_REQUEST, bad[1])
        return None if excess is None else excess[1]

    def _find_excess(self, seen: bytes | bytearray, stop: int) -> tuple[int, Fault] | None:
        start = self._start
        line_end = seen.find(b"\r\n", start, stop)
        # What is not complete is measured one byte late: a CR is only judged with the next byte.
        if line_end < 0:
            line_end = stop - 1
        if line_end - start > self._line_limit:
            fault = Fault(Kind.TARGET_TOO_LONG, "start-line-too-long")
            return start + self._line_limit, fault
        late = 0 if seen.startswith(b"\r\n\r\n", stop - 4) else 1
        if stop - late - line_end - 2 > self._header_limit:
            fault = Fault(Kind.HEADER_TOO_LARGE, "header-too-large")
            return line_end + 2 + self._header_limit, fault
        return None
