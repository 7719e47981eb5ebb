"""Limits that every codec is made with."""

from dataclasses import dataclass


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
    """What a codec lets pass where BFE is lax and the standard is not.

    `forwards_underscores`: names with ``_`` are kept (else their lines are dropped).
    `accepts_authority_conflict`: the authority of an absolute-form target wins over Host, else 400.
    `accepts_empty_host`: an empty Host stands for the default tenant (RFC 9112 section 3.3; else
    400).
    """

    forwards_underscores: bool = False
    accepts_authority_conflict: bool = False
    accepts_empty_host: bool = False
