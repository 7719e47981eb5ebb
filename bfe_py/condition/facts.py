"""What a condition may read of its subject.

Text is ``str`` decoded as UTF-8 with ``surrogateescape``, so that every byte of a message survives.
Addresses are 128-bit integers; an IPv4 address stands in ``::ffff:0:0/96``. ``None`` is unknown.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol


class Facts(Protocol):
    """Everything a condition may read; what an exchange or a session offers to the language.

    Values are those of section 6 of the language's specification: `host` is cut at its first colon
    and keeps its case, `path` is percent-decoded once, `target` is the request target as sent.
    """

    @property
    def host(self) -> str:
        """Host without port, as sent; empty if there is none."""

    @property
    def port(self) -> str:
        """Text behind the first colon of the host; ``80`` without one, over TLS too."""

    @property
    def host_tag(self) -> str:
        """Tag that the host table attached; empty if none."""

    @property
    def method(self) -> str:
        """Request method."""

    @property
    def protocol(self) -> str:
        """``HTTP/1.1`` or ``HTTP/1.0``; over TLS ``https``, ``h2``, ``wss``, ``stream``."""

    @property
    def is_secure(self) -> bool:
        """The connection is TLS."""

    @property
    def path(self) -> str:
        """Path of the target, percent-decoded once."""

    @property
    def target(self) -> str:
        """Request target exactly as sent."""

    @property
    def query(self) -> Mapping[str, str]:
        """First value of each well-formed query parameter, decoded."""

    @property
    def cookies(self) -> Mapping[str, str]:
        """First value of each cookie."""

    def header(self, name: str) -> str | None:
        """First value of the request field `name` (any case), or None."""

    @property
    def client_address(self) -> int | None:
        """Address of the client, from a trusted proxy's fields if there is one."""

    @property
    def socket_address(self) -> int | None:
        """Peer of the connection (source of a PROXY header, if one came)."""

    @property
    def vip(self) -> int | None:
        """Destination address that the client connected to, from a PROXY header."""

    @property
    def is_trusted(self) -> bool:
        """The peer's forwarded fields count."""

    @property
    def server_name(self) -> str | None:
        """TLS server name indication."""

    @property
    def is_client_authenticated(self) -> bool:
        """TLS client certificate authentication is in force."""

    @property
    def client_authority(self) -> str | None:
        """Name of the authority that vouches for the client certificate."""

    @property
    def tags(self) -> Mapping[str, Sequence[str]]:
        """Tags that modules attached."""

    @property
    def context(self) -> Mapping[str, object]:
        """Values that modules noted by name; only text ever matches."""

    @property
    def body_prefix(self) -> bytes:
        """The first bytes of the request body, read before rules that look at them run."""

    @property
    def status(self) -> int | None:
        """Status code of the response, or None before there is one."""

    def response_header(self, name: str) -> str | None:
        """First value of the response field `name` (any case), or None."""

    @property
    def now(self) -> float:
        """Wall clock of the exchange's start, in seconds since the epoch."""
