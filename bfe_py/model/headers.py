"""Headers: the fields of a message, in order, found without regard to case."""

from collections.abc import Iterable, Iterator

Field = tuple[bytes, bytes]


class Headers:
    """An ordered multimap of field lines; order and case of names are kept (RFC 9110 section 5).

    Names are given to every method in lower case; only `add` and `set` take the name to write.
    """

    __slots__ = ("_lines",)

    def __init__(self, fields: Iterable[Field] = ()) -> None:
        self._lines: list[tuple[bytes, bytes, bytes]] = [
            (name.lower(), name, value) for name, value in fields
        ]

    @classmethod
    def from_lines(cls, lines: list[tuple[bytes, bytes, bytes]]) -> "Headers":
        """Headers that own `lines` of (lower-case name, name, value); for codecs."""
        headers = cls.__new__(cls)
        headers._lines = lines
        return headers

    def get(self, name: bytes) -> bytes | None:
        """First value of `name`, or None."""
        for lower, _, value in self._lines:
            if lower == name:
                return value
        return None

    def get_all(self, name: bytes) -> list[bytes]:
        """Every value of `name`, in order."""
        return [value for lower, _, value in self._lines if lower == name]

    def add(self, name: bytes, value: bytes) -> None:
        """Append one more field line."""
        self._lines.append((name.lower(), name, value))

    def add_lines(self, lines: Iterable[tuple[bytes, bytes, bytes]]) -> None:
        """Append lines of (lower-case name, name, value), as they are."""
        self._lines.extend(lines)

    def set(self, name: bytes, value: bytes) -> None:
        """Leave exactly one line of `name`, where the first one stood, or at the end."""
        lower = name.lower()
        for index, line in enumerate(self._lines):
            if line[0] == lower:
                self._lines[index] = (lower, name, value)
                rest = self._lines[index + 1 :]
                self._lines[index + 1 :] = [other for other in rest if other[0] != lower]
                return
        self._lines.append((lower, name, value))

    def remove(self, name: bytes) -> bool:
        """Drop every line of `name`; whether there was one."""
        kept = [line for line in self._lines if line[0] != name]
        found = len(kept) != len(self._lines)
        self._lines = kept
        return found

    def remove_all(self, names: frozenset[bytes]) -> None:
        """Drop every line whose name is in `names`."""
        for line in self._lines:
            if line[0] in names:
                self._lines = [other for other in self._lines if other[0] not in names]
                return

    def rename(self, old: bytes, new: bytes) -> bool:
        """Give every line of `old` the name `new`; whether there was one."""
        lower = new.lower()
        found = False
        for index, line in enumerate(self._lines):
            if line[0] == old:
                self._lines[index] = (lower, new, line[2])
                found = True
        return found

    def lines(self) -> list[tuple[bytes, bytes, bytes]]:
        """(lower-case name, name, value) of every line; the list itself: do not change it."""
        return self._lines

    def copy(self) -> "Headers":
        """Headers with the same lines that change apart."""
        return Headers.from_lines(list(self._lines))

    def __contains__(self, name: object) -> bool:
        return any(line[0] == name for line in self._lines)

    def __iter__(self) -> Iterator[Field]:
        return iter([(name, value) for _, name, value in self._lines])

    def __len__(self) -> int:
        return len(self._lines)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Headers):
            return NotImplemented
        return [(low, value) for low, _, value in self._lines] == [
            (low, value) for low, _, value in other._lines
        ]

    __hash__ = None  # type: ignore[assignment]  # mutable, so it must not be a key

    def __repr__(self) -> str:
        return f"Headers({list(self)!r})"
