"""Letter case as BFE folds it: each code point alone, by its simple mapping.

``str.upper`` differs where one code point becomes several (the sharp s, ligatures, Greek letters
with an iota subscript); bytes that are no UTF-8 become U+FFFD.
"""

_REPLACEMENT = "\ufffd"


def _simple_upper(code: int) -> str:
    # Greek letters with iota subscript: their simple mapping is the letter with prosgegrammeni.
    if 0x1F80 <= code <= 0x1FAF:
        return chr(code + 8) if code % 16 < 8 else chr(code)
    return {0x1FB3: "\u1fbc", 0x1FC3: "\u1fcc", 0x1FF3: "\u1ffc"}.get(code, chr(code))


# Every code point whose full upper case has several code points lies in these two stretches.
_UPPER = {
    chr(code): _simple_upper(code)
    for code in (*range(0x80, 0x2000), *range(0xFB00, 0xFB18))
    if len(chr(code).upper()) != 1
}
_LOWER = {"\u0130": "i"}
_ESCAPED = {chr(code): _REPLACEMENT for code in range(0xD800, 0xE000)}
_UPPER.update(_ESCAPED)
_LOWER.update(_ESCAPED)


def fold(text: str) -> str:
    """Upper case of `text` for comparisons that ignore case."""
    if text.isascii():
        return text.upper()
    return "".join([_UPPER.get(each) or each.upper() for each in text])


def lower(text: str) -> str:
    """Lower case of `text` for buckets that ignore case."""
    if text.isascii():
        return text.lower()
    return "".join([_LOWER.get(each) or each.lower() for each in text])


def to_utf8(text: str) -> bytes:
    """`text` as UTF-8, bytes that were no UTF-8 restored."""
    return text.encode("utf-8", "surrogateescape")


def to_valid_utf8(text: str) -> bytes:
    """`text` as UTF-8, each byte that was no UTF-8 as U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return "".join([_ESCAPED.get(each, each) for each in text]).encode()
