"""Request targets: origin-form, and the one canonical form of a path.

What rules match must be what the backend sees. Dot segments, empty segments and encoded unreserved
characters are resolved once (RFC 3986 section 6.2.2); an encoded slash, backslash or NUL means one
thing to one server and another to the next, so it is refused.
"""

import re

_SUSPICIOUS = re.compile(rb"//|/\.|[%\\#\"<>^`{|}\[\]]")
_NEEDS_WORK = re.compile(rb"//|/\.|[%\\\"<>^`{|}\[\]]")
# RFC 3986 section 3.3 and 3.4: what can stand in no path and no query.
_NOT_URI = re.compile(rb"[\"<>\\^`{|}\[\]]|%(?![0-9A-Fa-f]{2})")
_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})?")
_AMBIGUOUS = frozenset(b"/\\\x00#")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


class AmbiguousTarget(ValueError):
    """The path means different things to different servers; the argument is a word for the log."""


def origin_form(target: bytes, method: bytes) -> bytes:
    """Absolute-form without its scheme and authority; every other form as it is (RFC 9112 3.2).

    Without a path that is ``*`` for OPTIONS (RFC 9112 section 3.2.4), and the root otherwise.
    """
    scheme, separator, rest = target.partition(b"://")
    if not separator or b"/" in scheme or b"?" in scheme:
        return target
    for index, byte in enumerate(rest):
        if byte == 0x2F:
            return rest[index:]
        if byte == 0x3F:
            return b"/" + rest[index:]
    return b"*" if method == b"OPTIONS" else b"/"


def is_canonical(target: bytes) -> bool:
    """Whether `target` shows at a glance that it is in canonical form; most that are do."""
    return _SUSPICIOUS.search(target) is None


def canonical_target(target: bytes) -> bytes:
    """Origin-form `target` with its path in canonical form; the same object if it is that already.

    Raises:
        AmbiguousTarget: an encoded slash, backslash, NUL or number sign, a raw backslash or
            fragment, a bad escape, or dot segments that lead above the root.
    """
    if is_canonical(target):
        return target
    if b"#" in target:
        raise AmbiguousTarget("fragment-in-target")
    path, question, query = target.partition(b"?")
    if query and _NOT_URI.search(query) is not None:
        query = _NOT_URI.sub(_encode, query)
        target = path + question + query
    if not path.startswith(b"/") or _NEEDS_WORK.search(path) is None:
        return target
    if b"\\" in path:
        raise AmbiguousTarget("backslash-in-path")
    resolved = _resolve(_NOT_URI.sub(_encode, _ESCAPE.sub(_decode, path)))
    return target if resolved == path else resolved + question + query


def _encode(match: re.Match[bytes]) -> bytes:
    return b"%%%02X" % match.group()[0]


def _decode(escape: re.Match[bytes]) -> bytes:
    digits = escape.group(1)
    if digits is None:
        raise AmbiguousTarget("bad-escape-in-path")
    byte = int(digits, 16)
    if byte in _AMBIGUOUS:
        raise AmbiguousTarget("ambiguous-escape-in-path")
    return bytes([byte]) if byte in _UNRESERVED else b"%" + digits.upper()


def _resolve(path: bytes) -> bytes:
    kept: list[bytes] = []
    segments = path.split(b"/")[1:]
    for segment in segments:
        if segment == b"..":
            if not kept:
                raise AmbiguousTarget("path-above-root")
            kept.pop()
        elif b";" in segment and segment.partition(b";")[0] in (b".", b".."):
            # Servers that cut parameters off first take it for a dot segment.
            raise AmbiguousTarget("parameters-of-dot-segment")
        elif segment not in (b"", b"."):
            kept.append(segment)
    is_folder = segments[-1] in (b"", b".", b"..")
    return b"/" + b"/".join(kept) + (b"/" if is_folder and kept else b"")
