"""What is asked of the management listener, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from bfe_py.model import Address, Field

TEXT = "text/plain; charset=utf-8"
"""BFE lets Go sniff the type; for JSON and text alike that is this one."""
HTML = "text/html; charset=utf-8"
JSON = "application/json"

_OWN_FIELDS: tuple[Field, ...] = (
    (b"Cache-Control", b"no-store"),
    (b"X-Content-Type-Options", b"nosniff"),
)


@dataclass(frozen=True, slots=True)
class Ask:
    """One request to the management listener.

    `path` is decoded; `query` has the first value of each parameter; `peers` are the addresses it
    came through, the client's own first; `is_unix`: its connection is a socket in the file system;
    `forwarded` names a field that only a proxy adds; the rest are fields. Empty where absent.
    """

    method: str
    path: str
    query: Mapping[str, str]
    peers: tuple[Address, ...] = ()
    is_unix: bool = False
    host: str = ""
    origin: str = ""
    fetch_site: str = ""
    accept: str = ""
    authorization: str = ""
    forwarded: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole response, but for its framing."""

    content: bytes
    content_type: str = TEXT
    status: int = 200
    fields: tuple[Field, ...] = ()


class PageError(Exception):
    """A page of BFE's cannot be shown; the text is for the client."""


def bfe_error(text: str, status: int = 200) -> Answer:
    """The answer of BFE's pages to whatever goes wrong; its text is escaped, which BFE's is not."""
    return Answer(msgspec.json.encode({"error": text}), status=status)


def own_json(value: object, status: int = 200) -> Answer:
    """A page of our own: JSON that people can read too."""
    packed = msgspec.json.encode(value, order="deterministic")
    content = msgspec.json.format(packed, indent=2) + b"\n"
    return Answer(content, JSON, status, _OWN_FIELDS)


def own_content(content: bytes, content_type: str) -> Answer:
    """A page of our own in another form."""
    return Answer(content, content_type, fields=_OWN_FIELDS)


def own_error(text: str, status: int, fields: tuple[Field, ...] = ()) -> Answer:
    """The answer of our own pages to what they refuse."""
    failed = own_json({"error": text}, status)
    return Answer(failed.content, failed.content_type, status, (*_OWN_FIELDS, *fields))
