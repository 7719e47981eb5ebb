"""Limits that every codec is made with."""

from dataclasses import dataclass

LINE_ROOM = 64
"""Bytes that a request line may have beside its target."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a peer may send; sizes in bytes, times are not a codec's matter."""

    target: int = 8192
    header: int = 65536
    fields: int = 100
    trailer: int = 8192
    trailer_fields: int = 32
    chunk_extensions: int = 1024


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a codec lets pass, or refuses by itself, where BFE and the standard part.

    `forwards_underscores`: names with ``_`` are kept (else their lines are dropped).
    `accepts_authority_conflict`: the authority of an absolute-form target wins over Host, else 400.
    `accepts_empty_host`: an empty Host stands for the default tenant (RFC 9112 section 3.3; else
    400).
    `refuses_bad_escapes`: a bad percent escape in a path never becomes an exchange.
    `accepts_odd_responses`: the lines of a response head may end with LF alone, and one that has
    chunks and a length has chunks (RFC 9112 sections 2.2 and 6.3).
    """

    forwards_underscores: bool = False
    accepts_authority_conflict: bool = False
    accepts_empty_host: bool = False
    refuses_bad_escapes: bool = False
    accepts_odd_responses: bool = False
