"""Variables of a session."""

from bfe_py.model.session import Session
from bfe_py.observe.variables.row import Variable, plain
from bfe_py.observe.variables.texts import (
    UNKNOWN,
    duration,
    encode,
    timestamp,
    true_or_false,
)
from bfe_py.observe.variables.times import now_text

CLIENT_RANDOM = "tls.client_random"
"""Note of a session: the client's random of its handshake (bytes)."""

SERVER_RANDOM = "tls.server_random"
"""Note of a session: the server's random of its handshake (bytes)."""


def _peer(session: Session) -> bytes:
    return encode(str(session.peer)) if session.peer.text else UNKNOWN


def _start(session: Session) -> bytes:
    return timestamp(session.started)


def _end(session: Session) -> bytes:
    return timestamp(session.ended)


def _overhead(session: Session) -> bytes:
    return duration(session.ended - session.started)


def _read(session: Session) -> bytes:
    return b"%d" % session.bytes_read


def _written(session: Session) -> bytes:
    return b"%d" % session.bytes_written


def _requests(session: Session) -> bytes:
    return b"%d" % session.requests


def _used_continue(session: Session) -> bytes:
    return true_or_false(value=session.used_continue)


def _is_secure(session: Session) -> bytes:
    return true_or_false(value=session.is_secure)


def _fault(session: Session) -> bytes:
    if not session.fault_code:
        return UNKNOWN
    detail = "," + session.fault_detail if session.fault_detail else ""
    return encode(session.fault_code + detail)


def _random(session: Session, note: str) -> bytes:
    known = session.notes.get(note)
    return known.hex().encode("ascii") if isinstance(known, bytes) else UNKNOWN


def _client_random(session: Session) -> bytes:
    return _random(session, CLIENT_RANDOM)


def _server_random(session: Session) -> bytes:
    return _random(session, SERVER_RANDOM)


SESSION: tuple[Variable[Session], ...] = (
    Variable("ses_clientip", "Address and port of the peer.", plain(_peer)),
    Variable("ses_start_time", "When the connection began, RFC 3339.", plain(_start)),
    Variable("ses_end_time", "When the connection ended, RFC 3339.", plain(_end)),
    Variable("ses_overhead", "How long it lasted: 1m2.5s.", plain(_overhead)),
    Variable("ses_read_total", "Bytes read from the client.", plain(_read)),
    Variable("ses_write_total", "Bytes written to the client.", plain(_written)),
    Variable("ses_keepalive_num", "Requests served.", plain(_requests)),
    Variable("ses_use100", "Whether 100 Continue was sent.", plain(_used_continue)),
    Variable("ses_is_secure", "Whether the connection was TLS.", plain(_is_secure)),
    Variable("ses_error", "Why it ended: CODE or CODE,DETAIL.", plain(_fault), is_foreign=True),
    Variable("ses_tls_client_random", "Client random, hexadecimal.", plain(_client_random)),
    Variable("ses_tls_server_random", "Server random, hexadecimal.", plain(_server_random)),
    Variable("time", "Now: 2026-01-02 15:04:05.", now_text),
)
"""Variables of a session."""
