"""ClientWay: connections that name their client in a PROXY header, and so serve nobody else."""

from dataclasses import dataclass

from bfe_py.model import Address, Exchange, Session
from bfe_py.protocol import build_proxy_v1, build_proxy_v2


@dataclass(frozen=True, slots=True)
class ClientWay:
    """How connections for one client begin: with `header`, for as long as `session` lasts."""

    header: bytes
    session: Session


def find_way(exchange: Exchange, version: int) -> ClientWay:
    """The way of `exchange`: from its client to the address that it connected to.

    A client whose address cannot be used is nobody: the header then says that it names none.
    """
    session = exchange.session
    build = build_proxy_v1 if version == 1 else build_proxy_v2
    header = build(_known(exchange.client), _known(session.vip or session.local))
    return ClientWay(header, session)


def anonymous_header(version: int) -> bytes:
    """The header of a connection of our own; nothing if `version` is 0."""
    if not version:
        return b""
    return build_proxy_v1(None, None) if version == 1 else build_proxy_v2(None, None)


def _known(address: Address | None) -> Address | None:
    """None for a peer behind a Unix socket, too."""
    return address if address is not None and address.text else None
