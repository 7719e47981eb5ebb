"""Location: where a redirect leads, as it can stand in a field, and the note beside it."""

import re

from bfe_py.condition import split_target

# RFC 3986 section 2: everything but unreserved and reserved characters and the percent sign.
_NOT_URI = re.compile(rb"[^\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]")
_SCHEME = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*:")
_BEHIND_PATH = re.compile(rb"[?#]")
_HTML = ((b"&", b"&amp;"), (b"<", b"&lt;"), (b">", b"&gt;"), (b'"', b"&#34;"), (b"'", b"&#39;"))


def clean_uri(text: bytes) -> bytes:
    """`text` with an escape for every byte that no URI may have, such as line ends and blanks."""
    return _NOT_URI.sub(_escape, text)


def _escape(match: re.Match[bytes]) -> bytes:
    return b"%%%02X" % match.group()[0]


def origin_form(target: bytes) -> bytes:
    """Path and query of a request target; a target without a path gives ``/``."""
    if target.startswith(b"/"):
        return target
    path, query = split_target(target.decode("latin-1"))
    rooted = path if path.startswith("/") else "/"
    return (f"{rooted}?{query}" if query else rooted).encode("latin-1")


def resolve(url: bytes, target: bytes) -> bytes:
    """`url` if it has a scheme, otherwise its absolute path as seen from the request for `target`.

    Dot segments and empty segments go, a slash at the end stays. So ``//host`` leads to a path and
    not to another host.
    """
    if _SCHEME.match(url):
        return url
    if not url.startswith(b"/"):
        directory, slash, _ = _split(target)[0].rpartition(b"/")
        url = directory + slash + url
    path, rest = _split(url)
    return _clean_path(path) + rest


def _split(url: bytes) -> tuple[bytes, bytes]:
    found = _BEHIND_PATH.search(url)
    return (url, b"") if found is None else (url[: found.start()], url[found.start() :])


def _clean_path(path: bytes) -> bytes:
    kept: list[bytes] = []
    for segment in path.split(b"/"):
        if segment == b"..":
            del kept[-1:]
        elif segment not in (b"", b"."):
            kept.append(segment)
    end = b"/" if kept and path.endswith(b"/") else b""
    return b"/" + b"/".join(kept) + end


def make_note(url: bytes, phrase: bytes) -> bytes:
    """The short hypertext with a link that RFC 9110 section 15.4 asks for."""
    for character, entity in _HTML:
        url = url.replace(character, entity)
    return b'<a href="%s">%s</a>.\n\n' % (url, phrase)
