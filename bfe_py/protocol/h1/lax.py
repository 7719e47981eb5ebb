"""Heads of responses whose lines end with LF alone.

RFC 9112 section 2.2: "a recipient MAY recognize a single LF as a line terminator and ignore any
preceding CR." Only backends are given that; in a request two recipients could see two.
"""

import re

from bfe_py.protocol.h1.scan import HeadScanner

_END = re.compile(rb"\r?\n\r?\n")
_BARE_LF = re.compile(rb"(?<!\r)\n")


class LaxHeadScanner(HeadScanner):
    """Finds heads as `HeadScanner` does, and writes CRLF where a line ends with LF."""

    __slots__ = ()

    def take(self, seen: bytes | bytearray, *, skips_line: bool) -> bytes | None:
        """The head at the beginning of `seen`, every line of it with CRLF; see `HeadScanner`."""
        found = seen.find(b"\r\n\r\n")
        most = len(seen) if found < 0 else found
        if seen.count(b"\n", 0, most) == seen.count(b"\r\n", 0, most):
            return super().take(seen, skips_line=skips_line)
        # What is repaired of a beginning stays so when more is there: offsets remain true.
        end = _END.search(seen)
        stop = len(seen) if end is None else end.end()
        head = super().take(_BARE_LF.sub(b"\r\n", seen[:stop]), skips_line=skips_line)
        self.stop = stop
        return head
