"""One JSON object for each exchange and each connection: the template ``JSON``."""

from collections.abc import Callable

import msgspec

from bfe_py.model.exchange import Exchange
from bfe_py.model.session import Session
from bfe_py.observe.variables import Environment, duration


class RequestRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The line of an exchange. Fields that have nothing to say are left out."""

    type: str
    """``request``."""
    time: float
    """When the request began: seconds since the epoch."""
    client: str | None = None
    """IP address of the client, as far as it is known."""
    peer: str = ""
    """Address and port of the connection's peer."""
    server: str = ""
    """Address and port that it connected to."""
    vip: str | None = None
    """Virtual address, from a PROXY header."""
    method: str = ""
    host: str = ""
    """Host as the client sent it."""
    target: str = ""
    """Request target as sent."""
    protocol: str = ""
    """``HTTP/1.1`` in clear, ``https`` or ``h2`` over TLS."""
    status: int | None = None
    """Status of the response; absent where none was sent."""
    redirect: str | None = None
    """Where a redirect of our own led."""
    request_bytes: int = 0
    """Bytes of the request body."""
    response_bytes: int = 0
    """Bytes of head and body that were sent."""
    seconds: float = 0.0
    """From the first byte of the request to now."""
    upstream_seconds: float | None = None
    """All attempts together, up to the response head."""
    tenant: str = ""
    cluster: str = ""
    sub_cluster: str = ""
    backend: str | None = None
    """``ADDRESS:PORT`` of the last attempt."""
    retries: int = 0
    fault: str | None = None
    """Code of what went wrong."""
    detail: str | None = None
    """A few words about it."""
    log_id: str = ""
    session_id: str = ""
    nth: int = 1
    """Number of the request in its connection."""
    referer: str | None = None
    user_agent: str | None = None
    tls_version: str | None = None
    server_name: str | None = None
    """TLS server name indication."""
    trusted: bool = False
    """The peer's forwarded fields count."""


class SessionRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The line of a connection. Fields that have nothing to say are left out."""

    type: str
    """``session``."""
    time: float
    """When the connection began: seconds since the epoch."""
    duration: str
    """How long it lasted: ``1m2.5s``."""
    peer: str = ""
    server: str = ""
    vip: str | None = None
    session_id: str = ""
    requests: int = 0
    """Requests served."""
    read_bytes: int = 0
    written_bytes: int = 0
    tls_version: str | None = None
    tls_cipher: str | None = None
    tls_resumed: bool = False
    server_name: str | None = None
    fault: str | None = None
    """Code of why it ended."""
    detail: str | None = None
    trusted: bool = False


def _text(raw: bytes | None) -> str | None:
    return None if raw is None else raw.decode("utf-8", "replace")


def _seconds(start: float, end: float) -> float:
    return round(end - start, 6) if 0.0 < start < end else 0.0


def _request_record(exchange: Exchange, now: float) -> RequestRecord:
    session, request, times = exchange.session, exchange.request, exchange
    attempt, fault, tls = exchange.attempt, exchange.fault, session.tls
    headers = request.headers
    redirect = exchange.redirect
    return RequestRecord(
        type="request",
        time=round(exchange.started, 6),
        client=None if exchange.client is None else exchange.client.text,
        peer=str(session.peer),
        server=str(session.local),
        vip=None if session.vip is None else session.vip.text,
        method=_text(request.method) or "",
        host=_text(exchange.client_host) or "",
        target=_text(request.target) or "",
        protocol=exchange.protocol,
        status=exchange.status,
        redirect=None if redirect is None else _text(redirect[0]),
        request_bytes=exchange.body_bytes,
        response_bytes=exchange.response_bytes,
        seconds=_seconds(times.head_started, now),
        upstream_seconds=_seconds(times.cluster_started, times.cluster_ended) or None,
        tenant=exchange.tenant,
        cluster=exchange.cluster,
        sub_cluster=exchange.sub_cluster,
        backend=None if attempt is None else f"{attempt.host}:{attempt.port}",
        retries=exchange.retries,
        fault=None if fault is None else fault.code,
        detail=None if fault is None else _clean(fault.detail) or None,
        log_id=_clean(exchange.log_id),
        session_id=session.session_id,
        nth=exchange.nth,
        referer=_text(headers.get(b"referer")),
        user_agent=_text(headers.get(b"user-agent")),
        tls_version=None if tls is None else tls.version,
        server_name=None if tls is None else _clean(tls.server_name or "") or None,
        trusted=session.is_trusted,
    )


def _clean(text: str) -> str:
    """`text` as proper Unicode: bytes that were no UTF-8 become U+FFFD."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def json_request_line(environment: Environment) -> Callable[[Exchange], bytes]:
    """Function that answers the JSON line of an exchange."""
    encode = msgspec.json.Encoder().encode
    now = environment.clock.monotonic

    def line(exchange: Exchange) -> bytes:
        return encode(_request_record(exchange, now())) + b"\n"

    return line


def json_session_line(_environment: Environment) -> Callable[[Session], bytes]:
    """Function that answers the JSON line of a connection."""
    encode = msgspec.json.Encoder().encode

    def line(session: Session) -> bytes:
        tls = session.tls
        record = SessionRecord(
            type="session",
            time=round(session.started, 6),
            duration=duration(session.ended - session.started).decode("utf-8"),
            peer=str(session.peer),
            server=str(session.local),
            vip=None if session.vip is None else session.vip.text,
            session_id=session.session_id,
            requests=session.requests,
            read_bytes=session.bytes_read,
            written_bytes=session.bytes_written,
            tls_version=None if tls is None else tls.version,
            tls_cipher=None if tls is None else tls.cipher,
            tls_resumed=tls is not None and tls.is_resumed,
            server_name=None if tls is None else _clean(tls.server_name or "") or None,
            fault=session.fault_code or None,
            detail=_clean(session.fault_detail) or None,
            trusted=session.is_trusted,
        )
        return encode(record) + b"\n"

    return line
