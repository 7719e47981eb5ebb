"""Headers: the fields of a message, in order, found without regard to case."""

import re
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter

_BREAK = re.compile(rb"[\r\n\x00]")

Field = tuple[bytes, bytes]

Line = tuple[bytes, bytes, bytes, bytes]
"""Lower-case name, name, value, and ``Name: value`` as HTTP/1 writes it.

It holds no line break: `field_line` and the codecs make sure of that, so that no field of a message
can become two on the wire.
"""


_MOST_LACKING = 8
_new = object.__new__
_name_of = itemgetter(0)
_wire_of = itemgetter(3)
# Over lines, `map` of these stays in C, where a comprehension costs ten bytecodes a line.


def field_line(name: bytes, value: bytes) -> Line:
    """The line of one field.

    Raises:
        ValueError: a line break or a NUL in it.
    """
    wire = name + b": " + value
    if _BREAK.search(wire) is not None:
        raise ValueError("a field holds a line break or a NUL")
    return name.lower(), name, value, wire


class FieldBlock:
    """Field lines that came together; many `Headers` may share them, nobody changes them.

    `first` holds the first value of each name once `index` has run, `lacking` sets of names of
    which there is no line, `written` what `wire` answered last, when asked without `unwritten`.
    """

    __slots__ = ("first", "lacking", "lines", "unwritten", "written")

    def __init__(self, lines: list[Line]) -> None:
        self.lines = lines
        self.first: dict[bytes, bytes] = {}
        self.lacking: tuple[frozenset[bytes], ...] = ()
        self.unwritten: frozenset[bytes] | None = None
        self.written = b""

    def index(self) -> dict[bytes, bytes]:
        """First value of each name, which is `first` from here on."""
        first = self.first = {line[0]: line[2] for line in reversed(self.lines)}
        return first

    def has_any(self, names: frozenset[bytes]) -> bool:
        """Whether there is a line of one of `names`."""
        if names in self.lacking:
            return False
        if not names.isdisjoint(map(_name_of, self.lines)):
            return True
        self.lacking = (*self.lacking[-_MOST_LACKING:], names)
        return False

    def wire(self, left_out: frozenset[bytes]) -> bytes:
        """The lines but those of the names `left_out`, each with its CRLF."""
        if left_out is not self.unwritten:
            self.written = join_lines(self.lines, left_out)
            self.unwritten = left_out
        return self.written

    def headers(self) -> "Headers":
        """Headers that begin as this block."""
        headers = _new(Headers)
        headers._block = self
        headers._more = None
        headers._lines = []
        return headers


def join_lines(lines: list[Line], left_out: frozenset[bytes]) -> bytes:
    """Lines as HTTP/1 writes them but those of the names `left_out`, each with its CRLF."""
    if len(lines) == 1:  # one that was added, as often as not
        line = lines[0]
        return b"" if line[0] in left_out else line[3] + b"\r\n"
    if left_out.isdisjoint(map(_name_of, lines)):
        return b"\r\n".join([*map(_wire_of, lines), b""])
    return b"\r\n".join([*[line[3] for line in lines if line[0] not in left_out], b""])


class Headers:
    """An ordered multimap of field lines; order and case of names are kept (RFC 9110 section 5).

    Names are given to every method in lower case; only `add` and `set` take the name to write.
    Lines of a `FieldBlock` are copied when one of them is changed. Behind it may stand a second
    one, of lines that are often added together; then come those that were added one by one.
    """

    __slots__ = ("_block", "_lines", "_more")

    def __init__(self, fields: Iterable[Field] = ()) -> None:
        self._block: FieldBlock | None = None
        self._more: FieldBlock | None = None
        self._lines: list[Line] = [field_line(name, value) for name, value in fields]

    @classmethod
    def from_lines(cls, lines: list[Line]) -> "Headers":
        """Headers that own `lines`; for codecs."""
        headers = cls.__new__(cls)
        headers._block = headers._more = None
        headers._lines = lines
        return headers

    def lines(self) -> list[Line]:
        """Every line; the list itself: do not change it."""
        block = self._block
        if block is None:
            return self._lines
        return self._own() if self._lines or self._more is not None else block.lines

    def _own(self) -> list[Line]:
        """The lines, which may be changed from here on."""
        block, more = self._block, self._more
        if block is not None:
            own = self._lines if more is None else more.lines + self._lines
            self._lines = block.lines + own
            self._block = self._more = None
        return self._lines

    def get(self, name: bytes) -> bytes | None:
        """First value of `name`, or None."""
        block = self._block
        if block is not None:
            value = (block.first or block.index()).get(name)
            if value is not None:
                return value
            more = self._more
            if more is not None:
                value = (more.first or more.index()).get(name)
                if value is not None:
                    return value
        lines = self._lines
        if lines and name in map(_name_of, lines):
            return next(line[2] for line in lines if line[0] == name)
        return None

    def get_all(self, name: bytes) -> list[bytes]:
        """Every value of `name`, in order."""
        return [line[2] for line in self.lines() if line[0] == name]

    def add(self, name: bytes, value: bytes) -> None:
        """Append one more field line."""
        self._lines.append(field_line(name, value))

    def add_lines(self, lines: Iterable[Line]) -> None:
        """Append lines as they are."""
        self._lines.extend(lines)

    def add_new(self, lines: Sequence[Line], names: frozenset[bytes]) -> bool:
        """Append `lines`, unless there is a line of one of `names`; whether it did."""
        block, own = self._block, self._lines
        if block is not None and names not in block.lacking and block.has_any(names):
            return False
        if self._more is not None and self._more.has_any(names):
            return False
        for line in own:
            if line[0] in names:
                return False
        own.extend(lines)
        return True

    def add_block(self, more: FieldBlock, names: frozenset[bytes]) -> bool:
        """As `add_new`, of lines that are often added; they may come to stand before others."""
        block, own = self._block, self._lines
        if block is None or self._more is not None:
            return self.add_new(more.lines, names)
        if names not in block.lacking and block.has_any(names):
            return False
        for line in own:
            if line[0] in names:
                return False
        self._more = more
        return True

    def set(self, name: bytes, value: bytes) -> None:
        """Leave exactly one line of `name`, where the first one stood, or at the end."""
        new = field_line(name, value)
        lower = new[0]
        if lower not in self:
            self._lines.append(new)
            return
        lines = self._own()
        index = [line[0] for line in lines].index(lower)
        lines[index] = new
        lines[index + 1 :] = [other for other in lines[index + 1 :] if other[0] != lower]

    def remove(self, name: bytes) -> bool:
        """Drop every line of `name`; whether there was one."""
        if name not in self:
            return False
        self.remove_all(frozenset({name}))
        return True

    def remove_all(self, names: frozenset[bytes]) -> None:
        """Drop every line whose name is in `names`."""
        self._lines = [line for line in self.lines() if line[0] not in names]
        self._block = self._more = None

    def rename(self, old: bytes, new: bytes) -> bool:
        """Give every line of `old` the name `new`; whether there was one."""
        found = False
        lines = self._own()
        for index, line in enumerate(lines):
            if line[0] == old:
                lines[index] = field_line(new, line[2])
                found = True
        return found

    def wire(self, left_out: frozenset[bytes]) -> bytes:
        """The lines as HTTP/1 writes them but those of the names `left_out`, each with its CRLF."""
        lines, block = self._lines, self._block
        if block is None:
            return join_lines(lines, left_out)
        wire = block.written if block.unwritten is left_out else block.wire(left_out)
        more = self._more
        if more is not None:
            wire += more.written if more.unwritten is left_out else more.wire(left_out)
        return wire + join_lines(lines, left_out) if lines else wire

    def copy(self) -> "Headers":
        """Headers with the same lines that change apart."""
        return Headers.from_lines(list(self.lines()))

    def has_any(self, names: frozenset[bytes]) -> bool:
        """Whether there is a line of one of `names`, which are in lower case."""
        if self._block is not None and self._block.has_any(names):
            return True
        if self._more is not None and self._more.has_any(names):
            return True
        return not names.isdisjoint(map(_name_of, self._lines))

    def has_added(self, names: frozenset[bytes]) -> bool:
        """Whether there is a line of one of `names` that did not come with the first block."""
        lines, more = self._lines, self._more
        if more is not None and names not in more.lacking and more.has_any(names):
            return True
        for line in lines:  # noqa: SIM110 - a generator costs as much as all of this
            if line[0] in names:
                return True
        return False

    def __contains__(self, name: bytes) -> bool:
        block = self._block
        if block is not None and name in (block.first or block.index()):
            return True
        lines, more = self._lines, self._more
        if more is not None and name in (more.first or more.index()):
            return True
        return bool(lines) and name in map(_name_of, lines)

    def __iter__(self) -> Iterator[Field]:
        return iter([(line[1], line[2]) for line in self.lines()])

    def __len__(self) -> int:
        return len(self.lines())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Headers):
            return NotImplemented
        return [(line[0], line[2]) for line in self.lines()] == [
            (line[0], line[2]) for line in other.lines()
        ]

    __hash__ = None  # type: ignore[assignment]  # mutable, so it must not be a key

    def __repr__(self) -> str:
        return f"Headers({list(self)!r})"
