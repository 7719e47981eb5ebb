"""The request that is asked about, read as if it had come over the wire."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from bfe_py.model import Address, Exchange, RequestHead, Session, TlsFacts, parse_address
from bfe_py.protocol import Dialect, Faulted, H1Server, HeadReceived

_PORTS = {"http": 80, "https": 443}
_LOCAL = "127.0.0.1"


_CLIENT_PORT = 50000


class AskedError(ValueError):
    """What is asked cannot be a request."""


class RefusedError(Exception):
    """The request would be refused before anything looks at it; the text says how."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request in words: `url` is absolute, or a target alone; `fields` are ``Name: value``."""

    method: str
    url: str
    fields: tuple[str, ...] = ()
    client: str = _LOCAL
    vip: str | None = None

    @property
    def is_secure(self) -> bool:
        """It comes over TLS."""
        return self.url.lower().startswith("https://")


def make_exchange(asked: Asked, now: float, *, is_compatible: bool = False) -> Exchange:
    """The exchange of `asked`; `now` is wall clock.

    Raises:
        AskedError: it cannot be sent at all.
        RefusedError: it breaks the protocol.
    """
    head = _read(asked, is_compatible=is_compatible)
    session = Session(
        peer=_address(asked.client, "--from", _CLIENT_PORT),
        local=_address(_LOCAL, "", _PORTS["https" if asked.is_secure else "http"]),
        started=now,
        listener="https" if asked.is_secure else "http",
        vip=None if asked.vip is None else _address(asked.vip, "--vip", 0),
        tls=_tls(asked) if asked.is_secure else None,
        requests=1,
    )
    exchange = Exchange(session, head, now)
    exchange.compatible = is_compatible
    return exchange


def _read(asked: Asked, *, is_compatible: bool) -> RequestHead:
    """The head, through the codec that reads requests of clients."""
    codec = H1Server(dialect=Dialect(is_compatible, is_compatible))
    first = codec.receive_data(_wire(asked))[0]
    match first:
        case HeadReceived(head=RequestHead() as head):
            return head
        case Faulted(fault=fault):
            status = fault.status(compatible=is_compatible)
            raise RefusedError(f"answered with {status} ({fault.code}): {fault.detail}")
        case _:
            raise AssertionError(first)


def _wire(asked: Asked) -> bytes:
    host, target = _split(asked.url)
    host = host or asked.vip or ""
    lines = [f"{asked.method} {target} HTTP/1.1"]
    names = {line.partition(":")[0].strip().lower() for line in asked.fields}
    if "host" not in names:
        if not host:
            raise AskedError("a path alone needs a host: -H 'Host: …', or --vip")
        lines.append(f"Host: {host}")
    lines += asked.fields
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape")


def _split(url: str) -> tuple[str, str]:
    """Host and target of a URL; no host for a target alone."""
    if url.startswith("/") or url == "*":
        return "", url
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.lower() not in _PORTS:
        raise AskedError(f'"{url}" is neither http://…, https://… nor a path')
    ends = [at for at in (rest.find("/"), rest.find("?"), rest.find("#")) if at >= 0]
    end = min(ends, default=len(rest))
    target = rest[end:].partition("#")[0]
    return rest[:end], target if target.startswith("/") else f"/{target}"


def _tls(asked: Asked) -> TlsFacts:
    name = urlsplit(asked.url).hostname
    return TlsFacts(name, "TLSv1.3", "TLS_AES_128_GCM_SHA256", is_resumed=False, alpn="http/1.1")


def _address(text: str, option: str, default_port: int) -> Address:
    host, port = text, str(default_port)
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
        port = port.removeprefix(":") or str(default_port)
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    address = parse_address(host, int(port)) if port.isdigit() else None
    if address is None:
        raise AskedError(f'{option} "{text}" is not an address')
    return address
