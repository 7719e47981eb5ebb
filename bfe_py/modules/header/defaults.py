"""Every header field that is added to requests unasked, in one table.

Most requests come without any of these fields, from the client and for the host of the request
before them. For those the lines are worked out once for a connection, together with what the rules
of the tenant set in every request, and only appended.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from bfe_py.model import Address, Exchange, FieldBlock, Line, field_line
from bfe_py.modules.header.plan import Plan, Plans

_NOTE = "mod_header"
_MOST_KNOWN = 1024
_PORTS = frozenset({b"X-Forwarded-Port", b"X-Real-Port"})


class Prior(Enum):
    """What becomes of a field that the request already has."""

    EXTENDED = "the value is appended to it, behind a comma"
    REPLACED = "it is replaced"
    TRUSTED = "it is kept if the peer is trusted, and replaced otherwise"


@dataclass(frozen=True, slots=True)
class DefaultField:
    """One field. `read` answers its value, empty where there is none to add."""

    name: bytes
    value: str
    """What it holds."""
    why: str
    prior: Prior
    read: Callable[[Exchange], bytes]
    is_bfe: bool = True
    """BFE adds it as well."""


def _host(exchange: Exchange) -> bytes:
    return exchange.host_field


def _peer_ip(exchange: Exchange) -> bytes:
    return exchange.session.peer.text.encode("ascii")


def _peer_port(exchange: Exchange) -> bytes:
    peer = exchange.session.peer
    return b"%d" % peer.port if peer.text else b""


def _client_ip(exchange: Exchange) -> bytes:
    client = exchange.client
    return b"" if client is None else client.text.encode("ascii")


def _client_port(exchange: Exchange) -> bytes:
    client = exchange.client
    return b"" if client is None or not client.text else b"%d" % client.port


def _local_ip(exchange: Exchange) -> bytes:
    return exchange.session.local.text.encode("ascii")


def _scheme(exchange: Exchange) -> bytes:
    return b"http" if exchange.session.tls is None else b"https"


DEFAULT_FIELDS = (
    DefaultField(
        b"X-Forwarded-Host",
        "Host of the request",
        "the backend may see another Host than the client asked for",
        Prior.EXTENDED,
        _host,
    ),
    DefaultField(
        b"X-Forwarded-For",
        "IP address of the connection's peer",
        "the backend sees the way that the request came",
        Prior.EXTENDED,
        _peer_ip,
    ),
    DefaultField(
        b"X-Forwarded-Port",
        "port of the connection's peer",
        "goes with X-Forwarded-For",
        Prior.EXTENDED,
        _peer_port,
    ),
    DefaultField(
        b"X-Real-Ip",
        "IP address of the client, where it is known",
        "one address to rely on: of the peer, or what a trusted peer says",
        Prior.REPLACED,
        _client_ip,
    ),
    DefaultField(
        b"X-Real-Port",
        "port of the client, where its address is known",
        "goes with X-Real-Ip",
        Prior.REPLACED,
        _client_port,
    ),
    DefaultField(
        b"X-Bfe-Ip",
        "our own address of the client's connection",
        "tells which proxy the request went through",
        Prior.REPLACED,
        _local_ip,
    ),
    DefaultField(
        b"X-Forwarded-Proto",
        "http or https",
        "the backend builds links and marks cookies by what the client used",
        Prior.TRUSTED,
        _scheme,
        is_bfe=False,
    ),
)
"""The fields in the order in which they are added (unless mod_header.conf disables them)."""

DEFAULT_NAMES = frozenset([each.name.lower() for each in DEFAULT_FIELDS] + [b"via"])
"""Lower-case names of all these fields, Via among them: a client must not be able to have them
removed by naming them in Connection."""


def via_field(name: str) -> DefaultField:
    """The Via field (RFC 9110 section 7.6.3), which is added only where a setting names us."""
    received_by = b" " + name.encode("utf-8", "surrogateescape")

    def read(exchange: Exchange) -> bytes:
        return exchange.request.version + received_by

    return DefaultField(
        b"Via",
        "version of the request, and our name",
        "loops and the abilities of the proxies between can be seen",
        Prior.EXTENDED,
        read,
        is_bfe=False,
    )


@dataclass(frozen=True, slots=True)
class _Prepared:
    """The lines for a session, while what `key` is made of stays as it is: plan, host, version and
    client.

    `lines` are those of this table with what the plan sets, and `names` their lower-case names.
    """

    key: tuple[Plan, bytes, bytes, Address | None]
    lines: FieldBlock
    names: frozenset[bytes]


class _KnownLines(dict[tuple[bytes, bytes], Line]):
    """Lines by name and value: most of them are the same for many connections."""

    def __missing__(self, field: tuple[bytes, bytes]) -> Line:
        if len(self) >= _MOST_KNOWN:
            self.clear()
        line = self[field] = field_line(*field)
        return line


class RequestFields:
    """Adds fields to the requests of exchanges, and does what the rules say."""

    __slots__ = ("_fields", "_is_compatible", "_known", "_names", "_plans", "_priors")

    def __init__(
        self, fields: tuple[DefaultField, ...], plans: Plans, *, is_compatible: bool
    ) -> None:
        self._fields = fields
        self._plans = plans
        self._is_compatible = is_compatible
        self._known = _KnownLines()
        self._names: dict[frozenset[bytes], frozenset[bytes]] = {}
        self._priors = {each.name.lower(): each.prior for each in fields}

    def change(self, exchange: Exchange) -> None:
        """Change the request of `exchange`."""
        plan = self._plans[exchange.tenant]
        request = exchange.request
        key = (plan, exchange.host_field, request.version, exchange.client)
        prepared = exchange.session.cached.get(_NOTE)
        if not isinstance(prepared, _Prepared) or prepared.key != key:
            # A field that the plan sets takes the place of the default one.
            lines = {line[0]: line for line in (*self._read(exchange), *plan.lines.lines)}
            names = frozenset(lines)
            names = self._names.setdefault(names, names)
            prepared = _Prepared(key, FieldBlock(list(lines.values())), names)
            exchange.session.cached[_NOTE] = prepared
        headers = request.headers
        if not headers.add_block(prepared.lines, prepared.names):
            self._merge_all(exchange, self._read(exchange))
            plan.set_lines(headers)
        if plan.change is not None:
            plan.change(exchange)

    def _read(self, exchange: Exchange) -> list[Line]:
        lines = []
        for each in self._fields:
            value = each.read(exchange)
            if each.name in _PORTS:
                lines.append(field_line(each.name, value))  # hardly two connections have the same
            else:
                lines.append(self._known[each.name, value])
        return [line for line in lines if line[2]]

    def _merge_all(self, exchange: Exchange, lines: list[Line]) -> None:
        """Add `lines` to a request that has some of these fields."""
        headers, priors = exchange.request.headers, self._priors
        known = [line[0] for line in headers.lines() if line[0] in priors]
        headers.add_lines([line for line in lines if line[0] not in known])
        for line in lines:
            if line[0] in known:
                self._merge(exchange, line)

    def _merge(self, exchange: Exchange, line: Line) -> None:
        """Bring a line together with what the request has of that field."""
        lower, name, value, _ = line
        headers, prior = exchange.request.headers, self._priors[lower]
        if prior is Prior.EXTENDED:
            values = headers.get_all(lower)
            # BFE puts a comma behind an empty value, too.
            kept = values if self._is_compatible else [each for each in values if each]
            value = b", ".join([*kept, value])
        elif prior is Prior.TRUSTED and exchange.session.is_trusted:
            return
        headers.set(name, value)
