"""Changes of cookies, in Cookie and in Set-Cookie (RFC 6265)."""

from dataclasses import dataclass

from bfe_py.model import Exchange, Headers, ResponseHead
from bfe_py.modules.header.values import Value

_NOT_IN_VALUE = bytes([byte for byte in range(256) if not 0x20 < byte < 0x7F or byte in b'",;\\'])
_NOT_IN_PATH = bytes([byte for byte in range(256) if not 0x20 <= byte < 0x7F or byte == 0x3B])


def cookie_value(text: bytes) -> bytes:
    """`text` without what may not stand in a cookie's value."""
    return text.translate(None, _NOT_IN_VALUE)


def cookie_path(text: bytes) -> bytes:
    """`text` without what may not stand in a cookie's path."""
    return text.translate(None, _NOT_IN_PATH)


def _pieces(headers: Headers) -> list[bytes]:
    """``NAME=VALUE`` of every cookie, of all Cookie fields."""
    pieces: list[bytes] = []
    for line in headers.get_all(b"cookie"):
        pieces += [piece for part in line.split(b";") if (piece := part.strip())]
    return pieces


def _name_of(piece: bytes) -> bytes:
    return piece.partition(b"=")[0].rstrip()


def set_request_cookie(exchange: Exchange, name: bytes, value: bytes) -> None:
    """Give every cookie of that name the value; add it if there is none."""
    headers = exchange.request.headers
    own = name + b"=" + cookie_value(value)
    pieces = [own if _name_of(piece) == name else piece for piece in _pieces(headers)]
    if own not in pieces:
        pieces.append(own)
    headers.set(b"Cookie", b"; ".join(pieces))
    exchange.forget_cookies()


def remove_request_cookie(exchange: Exchange, name: bytes) -> None:
    """Drop every cookie of that name."""
    headers = exchange.request.headers
    pieces = _pieces(headers)
    kept = [piece for piece in pieces if _name_of(piece) != name]
    if len(kept) == len(pieces):
        return
    if kept:
        headers.set(b"Cookie", b"; ".join(kept))
    else:
        headers.remove(b"cookie")
    exchange.forget_cookies()


@dataclass(frozen=True, slots=True)
class CookieIdentity:
    """What makes two Set-Cookie lines the same cookie (RFC 6265 section 5.3); the domain in lower
    case and without a dot in front."""

    name: bytes
    domain: bytes
    path: bytes


def cookie_identity(line: bytes) -> CookieIdentity:
    """Which cookie a Set-Cookie line sets."""
    pair, *attributes = line.split(b";")
    domain = path = b""
    for attribute in attributes:
        key, _, value = attribute.strip().partition(b"=")
        if key.lower() == b"domain":
            domain = _unquoted(value).lower().removeprefix(b".")
        elif key.lower() == b"path":
            path = _unquoted(value)
    return CookieIdentity(pair.partition(b"=")[0].strip(), domain, path)


def _unquoted(value: bytes) -> bytes:
    is_quoted = len(value) > 1 and value[:1] == value[-1:] == b'"'
    return value[1:-1] if is_quoted else value


@dataclass(frozen=True, slots=True)
class ResponseCookie:
    """A cookie for the client; `attributes` is all that stands behind its value."""

    identity: CookieIdentity
    value: Value
    attributes: bytes

    def line(self, exchange: Exchange) -> bytes:
        """Set-Cookie line for this exchange."""
        return self.identity.name + b"=" + cookie_value(self.value(exchange)) + self.attributes


def set_response_cookie(exchange: Exchange, response: ResponseHead, cookie: ResponseCookie) -> None:
    """Set `cookie`, in place of the same one if there is such."""
    headers = response.headers
    lines = headers.get_all(b"set-cookie")
    own = cookie.line(exchange)
    if not _has(lines, cookie.identity):
        headers.add(b"Set-Cookie", own)
        return
    _write(headers, [own if _is_meant(exchange, line, cookie.identity) else line for line in lines])


def remove_response_cookie(
    exchange: Exchange, response: ResponseHead, identity: CookieIdentity
) -> None:
    """Drop the Set-Cookie line of that cookie."""
    lines = response.headers.get_all(b"set-cookie")
    if _has(lines, identity):
        _write(
            response.headers,
            [line for line in lines if not _is_meant(exchange, line, identity)],
        )


def _has(lines: list[bytes], identity: CookieIdentity) -> bool:
    return identity in [cookie_identity(line) for line in lines]


def _is_meant(exchange: Exchange, line: bytes, identity: CookieIdentity) -> bool:
    """Whether `line` sets that cookie; BFE takes all of its name, whatever the domain."""
    found = cookie_identity(line)
    return found == identity or (exchange.compatible and found.name == identity.name)


def _write(headers: Headers, lines: list[bytes]) -> None:
    headers.remove(b"set-cookie")
    for line in lines:
        headers.add(b"Set-Cookie", line)
