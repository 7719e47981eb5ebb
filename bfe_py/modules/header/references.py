"""Changes of a URI reference in Referer or Location (RFC 3986)."""

import re

_UNUSABLE = re.compile(r"[\x00-\x1f\x7f]|^:|^[0-9+.\-][^/?#]*:")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


def with_scheme(reference: str, scheme: str) -> str:
    """`reference` with another scheme; as it was if it is not of ``http://`` or ``https://``."""
    if not reference.startswith(("http://", "https://")):
        return reference
    return scheme + reference[reference.index(":") :]


def with_query_pair(reference: str, pair: str) -> str:
    """`reference` with `pair` behind its query; as it was if it is not one."""
    path, has_fragment, fragment = reference.partition("#")
    path, _, query = path.partition("?")
    if _UNUSABLE.search(reference) or _BAD_ESCAPE.search(path) or _BAD_ESCAPE.search(fragment):
        return reference
    query = f"{query}&{pair}" if query else pair
    return f"{path}?{query}{has_fragment if fragment else ''}{fragment}"
