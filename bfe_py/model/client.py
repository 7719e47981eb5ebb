"""Who sent a request, as far as a trusted peer may say so."""

from bfe_py.model.address import Address, parse_address
from bfe_py.model.headers import Headers
from bfe_py.model.session import Session

_LARGEST_PORT = 65535


def client_address(session: Session, headers: Headers) -> Address | None:
    """Address of the client: the peer's, or the one that a trusted peer names.

    A trusted peer names it in X-Real-Ip and X-Real-Port; where the first is absent or empty, in the
    first element of X-Forwarded-For and X-Forwarded-Port. None if what it names is no address; a
    port that is none becomes 0.
    """
    if not session.is_trusted:
        return session.peer
    address = headers.get(b"x-real-ip")
    port = headers.get(b"x-real-port")
    if not address:
        address = _first_element(headers.get(b"x-forwarded-for"))
        port = _first_element(headers.get(b"x-forwarded-port"))
    if not address:
        return None
    return parse_address(address.decode("latin-1"), _port(port))


def _first_element(value: bytes | None) -> bytes:
    return b"" if value is None else value.partition(b",")[0].strip(b" \t")


def _port(text: bytes | None) -> int:
    if not text or not text.isdigit() or len(text) > 5:
        return 0
    port = int(text)
    return port if port <= _LARGEST_PORT else 0
