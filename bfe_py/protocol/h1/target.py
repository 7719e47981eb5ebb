"""Forms of the request target, and the one host that a request is for (RFC 9112 section 3.2)."""

import re

from bfe_py.model import Fault, Kind

# RFC 3986 reg-name without the comma: a list of hosts is not a host.
_HOST = re.compile(
    rb"(?:\[[0-9A-Fa-f:.]{2,45}\]|(?:[A-Za-z0-9._~!$&'()*+;=-]|%[0-9A-Fa-f]{2})+)(?::([0-9]{0,5}))?"
)
_VISIBLE = re.compile(rb"[\x21-\x7e]+")
_ABSOLUTE = re.compile(rb"(https?)://([^/?#]*)(?:[/?].*)?", re.IGNORECASE)
_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_DEFAULT_PORTS = {b"http": b"80", b"https": b"443"}


def is_host(value: bytes) -> bool:
    """Whether `value` is a host, maybe with a port (RFC 9110 section 7.2); an empty one is not."""
    match = _HOST.fullmatch(value)
    return match is not None and int(match.group(1) or 0) <= 65535


def read_target(method: bytes, target: bytes) -> tuple[bytes | None, bytes]:
    """Authority that `target` names, None in origin-form and for ``*``; and its default port.

    Raises:
        Fault: none of the four forms, or not one that `method` goes with.
    """
    if _VISIBLE.fullmatch(target) is None:
        raise Fault(Kind.BAD_REQUEST, "target-byte" if target else "target-empty")
    if method == b"CONNECT":
        # RFC 9112 3.2.3: host and port, nothing else
        if not is_host(target) or target.rpartition(b":")[2] in (b"", target):
            raise Fault(Kind.BAD_REQUEST, "target-form")
        return target, b"443"
    if target.startswith(b"/"):
        return None, b""
    if target == b"*":
        if method != b"OPTIONS":
            raise Fault(Kind.BAD_REQUEST, "target-asterisk")
        return None, b""
    return _read_absolute(target)


def check_escapes(target: bytes) -> None:
    """Refuse a path with a bad percent escape; the query is the backend's matter.

    Raises:
        Fault: RFC 3986 section 2.1.
    """
    if b"%" in target and _BAD_ESCAPE.search(target.partition(b"?")[0]) is not None:
        raise Fault(Kind.BAD_REQUEST, "bad-escape-in-path")


def is_same_authority(one: bytes, other: bytes, default_port: bytes) -> bool:
    """Whether both name the same host and port."""
    return one == other or _plain(one, default_port) == _plain(other, default_port)


def _read_absolute(target: bytes) -> tuple[bytes, bytes]:
    match = _ABSOLUTE.fullmatch(target)
    if match is None:
        raise Fault(Kind.BAD_REQUEST, "target-form")
    scheme, authority = match.groups()
    # RFC 9110 4.2.4: "a recipient ... SHOULD parse for userinfo and treat its presence as an error"
    if b"@" in authority:
        raise Fault(Kind.BAD_REQUEST, "target-userinfo")
    if not is_host(authority):
        raise Fault(Kind.BAD_REQUEST, "target-authority")
    return authority, _DEFAULT_PORTS[scheme.lower()]


def _plain(authority: bytes, default_port: bytes) -> bytes:
    host, colon, port = authority.lower().rpartition(b":")
    if not colon or port.endswith(b"]"):
        return authority.lower()
    return host if port in (b"", default_port) else host + b":" + port
