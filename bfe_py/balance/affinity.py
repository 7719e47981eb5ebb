"""Hash key of an exchange: what makes two exchanges go the same way."""

from collections.abc import Callable

from bfe_py.balance.cluster import Affinity, HashSource
from bfe_py.model import Address

_RANDOM_BYTES = 8


def hash_key(
    affinity: Affinity,
    *,
    header: Callable[[str], str | None],
    cookie: Callable[[str], str | None],
    address: Address | bytes | None,
    target: bytes,
    random: Callable[[int], bytes],
) -> bytes:
    """Key of an exchange; random where there is nothing to make one of.

    Args:
        affinity: what of the exchange counts.
        header: first value of a request field by name, decoded with ``surrogateescape``.
        cookie: first value of a cookie by name, likewise.
        address: of the client, or the bytes that stand for it (`short_key`); None if unknown.
        target: request target as sent.
        random: so many random bytes.
    """
    source = affinity.source
    if source is HashSource.TARGET:
        key: bytes | None = target
    elif source is HashSource.CLIENT_ADDRESS:
        key = _address_key(address)
    else:
        key = _client_id(affinity, header, cookie)
        # Only a client without an id is known by its address; one with an empty id is nobody.
        if key is None and source is HashSource.CLIENT_ID_OR_ADDRESS:
            key = _address_key(address)
    return key or random(_RANDOM_BYTES)


def short_key(address: Address) -> bytes:
    """4 bytes of an IPv4 address, 16 of another.

    BFE hashes the peer's address like this where a listener is bound to an IPv4 address and no
    PROXY header came, and the 16-byte mapped form everywhere else.
    """
    return address.packed[-4:] if address.is_ipv4 else address.packed


def _client_id(
    affinity: Affinity, header: Callable[[str], str | None], cookie: Callable[[str], str | None]
) -> bytes | None:
    value = header(affinity.header) if affinity.header else None
    if not value and affinity.cookie:
        value = cookie(affinity.cookie)
    elif value == "":
        value = None  # an empty field is none; an empty cookie is one
    return None if value is None else value.encode("utf-8", "surrogateescape")


def _address_key(address: Address | bytes | None) -> bytes | None:
    return address.packed if isinstance(address, Address) else address
