"""Headers: the fields of a message, in order, found without regard to case."""

import re
from collections.abc import Iterable, Iterator

_BREAK = re.compile(rb"[\r\n\x00]")

Field = tuple[bytes, bytes]

Line = tuple[bytes, bytes, bytes, bytes]
"""Lower-case name, name, value, and ``Name: value`` as HTTP/1 writes it.

It holds no line break: `field_line` and the codecs make sure of that, so that no field of a message
can become two on the wire.
"""


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
    """Field lines that came together; many `Headers` may share them, nobody changes them."""

    __slots__ = ("_first", "_wires", "lines")

    def __init__(self, lines: list[Line]) -> None:
        self.lines = lines
        self._first: dict[bytes, bytes] | None = None
        self._wires: dict[frozenset[bytes], bytes] = {}

    def get(self, name: bytes) -> bytes | None:
        """First value of `name`, which is in lower case; None without one."""
        first = self._first
        if first is None:
            first = self._first = {line[0]: line[2] for line in reversed(self.lines)}
        return first.get(name)

    def has_any(self, names: frozenset[bytes]) -> bool:
        """Whether there is a line of one of `names`."""
        if self._first is None:
            self.get(b"")
        return not names.isdisjoint(self._first or ())

    def wire(self, left_out: frozenset[bytes]) -> bytes:
        """The lines but those of the names `left_out`, each with its CRLF."""
        wire = self._wires.get(left_out)
        if wire is None:
            wire = self._wires[left_out] = join_lines(self.lines, left_out)
        return wire


def join_lines(lines: list[Line], left_out: frozenset[bytes]) -> bytes:
    """Lines as HTTP/1 writes them but those of the names `left_out`, each with its CRLF."""
    return b"\r\n".join([*[line[3] for line in lines if line[0] not in left_out], b""])


class Headers:
    """An ordered multimap of field lines; order and case of names are kept (RFC 9110 section 5).

    Names are given to every method in lower case; only `add` and `set` take the name to write.
    Lines of a `FieldBlock` are copied when one of them is changed; new ones only go behind them.
    """

    __slots__ = ("_block", "_lines")

    def __init__(self, fields: Iterable[Field] = ()) -> None:
        self._block: FieldBlock | None = None
        self._lines: list[Line] = [field_line(name, value) for name, value in fields]

    @classmethod
    def from_lines(cls, lines: list[Line]) -> "Headers":
        """Headers that own `lines`; for codecs."""
        headers = cls.__new__(cls)
        headers._block = None
        headers._lines = lines
        return headers

    @classmethod
    def of_block(cls, block: FieldBlock) -> "Headers":
        """Headers that begin as `block`."""
        headers = cls.__new__(cls)
        headers._block = block
        headers._lines = []
        return headers

    def lines(self) -> list[Line]:
        """Every line; the list itself: do not change it."""
        block = self._block
        if block is None:
            return self._lines
        return block.lines if not self._lines else self._own()

    def _own(self) -> list[Line]:
        """The lines, which may be changed from here on."""
        if self._block is not None:
            self._lines = self._block.lines + self._lines
            self._block = None
        return self._lines

    def get(self, name: bytes) -> bytes | None:
        """First value of `name`, or None."""
        if self._block is not None:
            value = self._block.get(name)
            if value is not None:
                return value
        for line in self._lines:
            if line[0] == name:
                return line[2]
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
        self._block = None

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
        lines = self._lines
        if self._block is None:
            return join_lines(lines, left_out)
        wire = self._block.wire(left_out)
        return wire + join_lines(lines, left_out) if lines else wire

    def copy(self) -> "Headers":
        """Headers with the same lines that change apart."""
        return Headers.from_lines(list(self.lines()))

    def has_any(self, names: frozenset[bytes]) -> bool:
        """Whether there is a line of one of `names`, which are in lower case."""
        if self._block is not None and self._block.has_any(names):
            return True
        return not names.isdisjoint([line[0] for line in self._lines])

    def __contains__(self, name: bytes) -> bool:
        if self._block is not None and self._block.get(name) is not None:
            return True
        lines = self._lines
        return bool(lines) and name in [line[0] for line in lines]

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
