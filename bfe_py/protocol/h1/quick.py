"""The quick way to read a head: recognise what nearly all heads are made of, leave out the rest.

What is recognised here h11 accepts as well, with the same method, target, fields and framing. What
is not, is no less a head: the way over `head` and h11 decides about it.

Peers repeat themselves: of ten field lines nine were seen before, in another request. A line is
taken apart once and then known by its bytes, whose meaning never changes.
"""

import re

from bfe_py.model import FieldBlock, Line, is_canonical
from bfe_py.protocol.codec import Limits
from bfe_py.protocol.framing import ONE_HOP, one_hop_names, parse_options, standard_reason
from bfe_py.protocol.h1.fields import LARGEST_LENGTH
from bfe_py.protocol.h1.target import is_host

_FIELD = re.compile(rb"([-!#$%&'*+.^_`|~0-9A-Za-z]+):([\t\x20-\x7e\x80-\xff]*)")
_REQUEST_LINE = re.compile(rb"([-!#$%&'*+.^_`|~0-9A-Za-z]+) (/[\x21-\x7e]*) HTTP/1\.([01])")

_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([2-9][0-9]{2})(?: ([\t\x20-\x7e\x80-\xff]*))?")

_MOST_KNOWN = 4096
_LONGEST_KNOWN = 256

# How long a line takes must not tell whether somebody else has sent the same secret.
_SECRET = frozenset({b"authorization", b"cookie", b"proxy-authorization", b"set-cookie"})

_FRAMING = frozenset({b"connection", b"content-length", b"expect", b"host", b"transfer-encoding"})
_USUAL = frozenset({b"GET", b"HEAD"})  # what a client asks its backend at once
_VERSIONS = {b"0": b"1.0", b"1": b"1.1"}
_LOOKED_AT = frozenset({b"te", b"upgrade"})
_KEPT = frozenset({b"keep-alive"})
_SAID_TO_US = frozenset({b"close", b"keep-alive"})
_NO_OPTIONS: frozenset[bytes] = frozenset()
UNSAID = -1
"""Stands for the length of a body that its head says nothing about."""


class Unrecognised(KeyError):
    """A line that only the long way can judge."""


class FieldLines(dict[bytes, Line]):
    """Field lines by their bytes on the wire; at most `_MOST_KNOWN` of them are kept.

    One object serves all connections of a role. Asking for a line that is no field, or that frames
    a message in any but the plain way, raises `Unrecognised`; so does one whose name has an
    underscore, unless `forwards_underscores`.
    """

    __slots__ = ("_forwards_underscores",)

    def __init__(self, *, forwards_underscores: bool = False) -> None:
        self._forwards_underscores = forwards_underscores

    def __missing__(self, raw: bytes) -> Line:
        match = _FIELD.fullmatch(raw)
        if match is None:
            raise Unrecognised
        name, value = match.groups()
        if b"_" in name and not self._forwards_underscores:
            raise Unrecognised
        lower, value = name.lower(), value.strip(b" \t")
        if lower in _FRAMING and not _is_plain(lower, value):
            raise Unrecognised
        line = (lower, name, value, name + b": " + value)
        if len(raw) <= _LONGEST_KNOWN and lower not in _SECRET:
            if len(self) >= _MOST_KNOWN:
                self.clear()
            self[raw] = line
        return line


class StatusLines(dict[bytes, tuple[bytes, int, bytes]]):
    """Version, status and reason of status lines by their bytes on the wire."""

    __slots__ = ()

    def __missing__(self, raw: bytes) -> tuple[bytes, int, bytes]:
        match = _STATUS_LINE.fullmatch(raw)
        if match is None:
            raise Unrecognised
        minor, digits, reason = match.groups()
        status = int(digits)
        line = (_VERSIONS[minor], status, standard_reason(status, reason))
        if len(raw) <= _LONGEST_KNOWN:
            if len(self) >= _MOST_KNOWN:
                self.clear()
            self[raw] = line
        return line


class RequestLines(dict[bytes, tuple[bytes, bytes, bytes, bool]]):
    """Method, target, version of request lines by their bytes, and whether all of it is plain.

    A plain one is a GET or a HEAD whose target is in the one canonical form already. Every target
    is in origin-form.
    """

    __slots__ = ()

    def __missing__(self, raw: bytes) -> tuple[bytes, bytes, bytes, bool]:
        match = _REQUEST_LINE.fullmatch(raw)
        if match is None:
            raise Unrecognised
        method, target, minor = match.groups()
        is_plain = method in _USUAL and is_canonical(target)
        line = (method, target, _VERSIONS[minor], is_plain)
        if len(raw) <= _LONGEST_KNOWN and b"?" not in target:  # queries may hold secrets
            if len(self) >= _MOST_KNOWN:
                self.clear()
            self[raw] = line
        return line


class KnownLines:
    """Lines that were seen before, of heads in one role; shared by many connections."""

    __slots__ = ("fields", "requests", "statuses")

    def __init__(self, *, forwards_underscores: bool) -> None:
        self.fields = FieldLines(forwards_underscores=forwards_underscores)
        self.requests = RequestLines()
        self.statuses = StatusLines()


def _is_plain(lower: bytes, value: bytes) -> bool:
    if lower == b"host":
        return is_host(value)
    if lower == b"content-length":
        return value.isdigit() and len(value) <= 16 and int(value) <= LARGEST_LENGTH
    if lower == b"transfer-encoding":
        return value == b"chunked"  # in other letters h11 writes it anew
    if lower == b"expect":
        return value.lower() == b"100-continue"
    return True


class Block(FieldBlock):
    """The field lines of a head, taken apart; `tail` are they as they came, to the end of the head.

    `length` is that of the body: None if it comes in chunks, `UNSAID` where the fields say neither.
    `options` is what Connection lists, `expects_continue` that there is such an Expect, `hosts` how
    many lines of Host there are.

    What a message with these fields is, if nothing else of it is unusual: `is_plain` that a request
    has no body, one Host, and no field that has to be looked at before it is passed on; `counted`
    the length of the body of a response behind which its connection is kept, -1 for all others.
    `kept` is what `passed` answers, once it was asked.
    """

    __slots__ = (
        "counted",
        "expects_continue",
        "hosts",
        "is_plain",
        "kept",
        "length",
        "options",
        "tail",
    )

    def __init__(self, raw: bytes, lines: list[Line]) -> None:
        super().__init__(lines)
        self.tail = raw + b"\r\n\r\n"
        self.length: int | None = UNSAID
        self.options = _NO_OPTIONS
        self.expects_continue = False
        self.hosts = 0
        self.is_plain = False
        self.counted = -1
        self.kept: FieldBlock | None = None

    def passed(self) -> FieldBlock:
        """The lines but those that are for one hop only."""
        if self.kept is None:
            names = one_hop_names(self.options, [], ONE_HOP)
            self.kept = FieldBlock([line for line in self.lines if line[0] not in names])
        return self.kept

    def frame(self, framing: list[Line]) -> bool:
        """Take in the lines that frame the message; False if they contradict each other."""
        for lower, _, value, _ in framing:
            if lower == b"host":
                self.hosts += 1
            elif lower == b"connection":
                self.options |= parse_options(value)
            elif lower == b"expect":
                self.expects_continue = True
            elif self.length != UNSAID:
                return False
            else:
                self.length = int(value) if lower == b"content-length" else None
        is_kept = self.options <= _KEPT
        self.is_plain = (
            self.options <= _SAID_TO_US
            and self.hosts == 1
            and self.length == UNSAID
            and not self.expects_continue
            and not self.has_any(_LOOKED_AT)
        )
        if is_kept and self.length is not None:
            self.counted = self.length
        return True


def read_block(raw: bytes, known: KnownLines, limits: Limits) -> Block | None:
    """The block of field lines `raw`; None: not recognised."""
    if len(raw) > limits.header - 4:
        return None
    raws = raw.split(b"\r\n")
    lines = known.fields
    if len(raws) > limits.fields:
        return None
    try:
        block = Block(raw, [lines[each] for each in raws])
    except Unrecognised:
        return None
    return block if block.frame([line for line in block.lines if line[0] in _FRAMING]) else None
