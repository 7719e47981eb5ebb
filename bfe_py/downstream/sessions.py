"""What a transport or a socket tells about its client."""

import asyncio
import time
from typing import Any, cast

from bfe_py.model import UNIX_PEER, Address, Session, TlsFacts, parse_address
from bfe_py.tls import asked_name


def socket_address(name: Any) -> Address:
    """Address of what `getpeername` or `getsockname` returned; `UNIX_PEER` for a Unix socket."""
    if not isinstance(name, tuple):
        return UNIX_PEER
    host, _, _ = str(name[0]).partition("%")
    return parse_address(host, int(name[1])) or UNIX_PEER


def open_session(transport: asyncio.Transport, listener: str) -> Session:
    """Session of a connection that came to `listener` without a PROXY header."""
    return Session(
        peer=socket_address(transport.get_extra_info("peername")),
        local=socket_address(transport.get_extra_info("sockname")),
        started=time.time(),
        listener=listener,
    )


def find_tls_facts(transport: asyncio.Transport) -> TlsFacts | None:
    """What the handshake of `transport` settled; None in clear."""
    tls = cast("Any", transport.get_extra_info("ssl_object"))
    if tls is None:
        return None
    cipher = tls.cipher()
    return TlsFacts(
        server_name=asked_name(tls),
        version=tls.version() or "",
        cipher=cipher[0] if cipher else "",
        is_resumed=bool(tls.session_reused),
        alpn=tls.selected_alpn_protocol(),
    )
