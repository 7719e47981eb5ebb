"""What a rewrite does to host, path and query: pure functions, and the target they end in.

The path is percent-decoded and changes as a whole; the query is raw text, of which an edit leaves
order and escapes as they are. The target is written with the escapes of Go's ``URL.EscapedPath``,
which is what BFE sends.
"""

import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import quote_from_bytes, unquote_to_bytes

from bfe_py.condition import split_target

# RFC 3986 3.3 and 3.2.2: what may stand in a path as it is, and as a host with or without a port.
_PATH = re.compile(rb"(?:[A-Za-z0-9\-._~$&+,/:;=@!'()*\[\]]|%[0-9A-Fa-f]{2})*")
_HOST = re.compile(
    rb"(?:\[[0-9A-Fa-f:.]{2,45}\]|(?:[A-Za-z0-9._~!$&'()*+;=-]|%[0-9A-Fa-f]{2})+)(?::([0-9]{1,5}))?"
)
_UNSENDABLE = re.compile(rb"[\x00-\x20\x7f]")

_PATH_SAFE = "$&+,/:;=@"
_QUERY_SAFE = "!$&'()*+,;=:@/?%[]~"


class Destination(NamedTuple):
    """Where a request goes: Host, decoded path, raw query (empty for none)."""

    host: bytes
    path: bytes
    query: bytes


Change = Callable[[Destination], Destination]


def is_host(value: bytes) -> bool:
    """Whether `value` can be sent as Host."""
    match = _HOST.fullmatch(value)
    return match is not None and int(match[1] or 0) <= 65535


def escape_query(text: bytes) -> bytes:
    """`text` with escapes only for what cannot stand in a query; ``%`` and ``&`` stay."""
    return quote_from_bytes(text, _QUERY_SAFE).encode("ascii")


# --- the request target


def read_target(target: bytes) -> tuple[bytes, bytes] | None:
    """Escaped path and raw query of `target`; None for one that has no path (``*``, host:port)."""
    if not target.startswith(b"/") and b"://" not in target:
        return None
    path, query = split_target(target.decode("latin-1"))
    return path.encode("latin-1") or b"/", query.encode("latin-1")


def decode_path(escaped: bytes) -> bytes:
    """`escaped` without its percent-escapes."""
    return unquote_to_bytes(escaped)


def join_target(path: bytes, query: bytes, escaped: bytes) -> bytes:
    """Target for a decoded path and a raw query, without a byte that could end a request line.

    `escaped` is the path as it was before; it is kept if it is well-formed and says the same.
    """
    if _PATH.fullmatch(escaped) is None or decode_path(escaped) != path:
        escaped = quote_from_bytes(path, _PATH_SAFE).encode("ascii")
    if not escaped.startswith(b"/"):
        escaped = b"/" + escaped
    return escaped + b"?" + _UNSENDABLE.sub(_escape, query) if query else escaped


def _escape(match: re.Match[bytes]) -> bytes:
    return b"%%%02X" % match.group()[0]


# --- host


def set_host(host: bytes) -> Change:
    """HOST_SET: another host."""
    return lambda destination: destination._replace(host=host)


def take_host_from_path() -> Change:
    """HOST_SET_FROM_PATH_PREFIX: ``/host/rest`` becomes host and ``/rest``.

    A path with fewer segments stays, as does one whose first segment cannot be a host.
    """

    def change(destination: Destination) -> Destination:
        segments = destination.path.split(b"/", 2)
        if len(segments) < 3 or not is_host(segments[1]):
            return destination
        return destination._replace(host=segments[1], path=b"/" + segments[2])

    return change


# --- path


def set_path(path: bytes) -> Change:
    """PATH_SET: another path."""
    return lambda destination: destination._replace(path=path)


def add_path_prefix(prefix: bytes) -> Change:
    """PATH_PREFIX_ADD: `prefix` in place of the leading slash."""

    def change(destination: Destination) -> Destination:
        return destination._replace(path=_rooted(prefix + destination.path.removeprefix(b"/")))

    return change


def trim_path_prefix(prefix: bytes) -> Change:
    """PATH_PREFIX_TRIM: the path without `prefix`, if it begins with it."""

    def change(destination: Destination) -> Destination:
        return destination._replace(path=_rooted(destination.path.removeprefix(prefix)))

    return change


def _rooted(path: bytes) -> bytes:
    return path if path.startswith(b"/") else b"/" + path


# --- query


def add_query(name: bytes, value: bytes) -> Change:
    """QUERY_ADD: one more pair at the end; both are put there as they are."""
    pair = escape_query(name) + b"=" + escape_query(value)

    def change(destination: Destination) -> Destination:
        query = destination.query
        return destination._replace(query=query + b"&" + pair if query else pair)

    return change


def delete_query(names: tuple[bytes, ...]) -> Change:
    """QUERY_DEL: no pair with one of these names."""
    gone = frozenset(names)

    def change(destination: Destination) -> Destination:
        return _keep_pairs(destination, lambda name: name not in gone)

    return change


def keep_query(names: tuple[bytes, ...]) -> Change:
    """QUERY_DEL_ALL_EXCEPT: no pair but those with one of these names, escaped or not."""
    kept = frozenset(names)

    def change(destination: Destination) -> Destination:
        return _keep_pairs(
            destination,
            lambda name: name in kept or unquote_to_bytes(name.replace(b"+", b" ")) in kept,
        )

    return change


def rename_query(old: bytes, new: bytes) -> Change:
    """QUERY_RENAME: `new` in place of the name `old` in every pair."""
    before, after = old + b"=", escape_query(new) + b"="

    def change(destination: Destination) -> Destination:
        pairs = destination.query.split(b"&")
        for index, pair in enumerate(pairs):
            if pair.startswith(before):
                pairs[index] = after + pair.removeprefix(before)
        return destination._replace(query=b"&".join(pairs))

    return change


def _keep_pairs(destination: Destination, keeps: Callable[[bytes], bool]) -> Destination:
    # A piece without "=" is no pair and stays, whatever it is called.
    kept = []
    for pair in destination.query.split(b"&"):
        name, equals, _ = pair.partition(b"=")
        if not equals or keeps(name):
            kept.append(pair)
    return destination._replace(query=b"&".join(kept))
