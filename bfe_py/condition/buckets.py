"""Buckets that values are hashed into, and the ``N`` or ``N-M`` that names some of them."""

import mmh3

BUCKETS = 10_000
"""Number of buckets."""


class BucketError(ValueError):
    """A section that names no buckets; `reference` is BFE's wording."""

    def __init__(self, message: str, reference: str) -> None:
        """Keep both."""
        super().__init__(message)
        self.message = message
        self.reference = reference


def bucket_of(value: bytes) -> int:
    """Bucket of `value`: the first half of its 128-bit MurmurHash3 with seed 0, unsigned."""
    return mmh3.hash64(value, 0, signed=False)[0] % BUCKETS


def parse_section(section: str) -> tuple[int, int]:
    """First and last bucket that a section names.

    Raises:
        BucketError: neither ``N`` nor ``N-M``.
    """
    parts = section.split("-")
    if len(parts) > 2:
        reference = f"hash value section {section} length error"
        raise BucketError(f"`{section}` has more than one `-`", reference)
    numbers = [_parse_bucket(section, part.replace(" ", "")) for part in parts]
    if numbers[0] > numbers[-1]:
        reference = f"hash value check section {section} err, start is larger"
        raise BucketError(f"`{section}` starts behind its end", reference)
    return numbers[0], numbers[-1]


def join_ranges(ranges: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """The same numbers in ranges that neither meet nor overlap, in order."""
    joined: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return tuple(joined)


def _parse_bucket(section: str, digits: str) -> int:
    about = f"hash value check section {section} number {digits}"
    unsigned = digits[1:] if digits[:1] == "+" else digits
    if not (unsigned.isascii() and unsigned.isdigit()):
        reference = f'{about} err strconv.Atoi: parsing "{_go_quote(digits)}": invalid syntax'
        raise BucketError(f"`{section}` is no bucket", reference)
    significant = unsigned.lstrip("0")
    if len(significant) > 18:
        reference = f'{about} err strconv.Atoi: parsing "{digits}": value out of range'
        raise BucketError(f"`{section}` is beyond the last bucket", reference)
    number = int(significant or "0")
    if number >= BUCKETS:
        raise BucketError(f"`{section}` is beyond the last bucket", f"{about} overlimit")
    return number


def _go_quote(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace('"', '\\"')
