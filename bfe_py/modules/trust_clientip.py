"""mod_trust_clientip: mark peers whose word on the client's address counts.

Of a peer in one of the ranges, X-Real-Ip and X-Forwarded-For say who the client is, and
X-Bfe-Log-Id is kept; rules see it as ``req_cip_trusted()``.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec
from msgspec import field

from bfe_py.model import Address, IpRange, Session, parse_address
from bfe_py.observe import Counters, counter
from bfe_py.pipeline import Document, Findings, Handler, Module, Parts, Path, Phase, Verdict

_INTERNAL = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")


class BasicSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[Basic]`."""

    data_path: str = field(name="DataPath", default="mod_trust_clientip/trust_client_ip.data")
    """File with the trusted ranges."""


class LogSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[Log]`."""

    open_debug: bool = field(name="OpenDebug", default=False)
    """Accepted; logging of details is a matter of the whole process (``-d``)."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """mod_trust_clientip.conf."""

    basic: BasicSettings = field(name="Basic", default=BasicSettings())
    log: LogSettings = field(name="Log", default=LogSettings())


class TrustedRange(msgspec.Struct, frozen=True, kw_only=True):
    """Addresses from `begin` to `end`, both included."""

    begin: str | None = field(name="Begin", default=None)
    """First address, IPv4 or IPv6."""
    end: str | None = field(name="End", default=None)
    """Last address."""


class TrustedPeers(msgspec.Struct, frozen=True, kw_only=True):
    """trust_client_ip.data."""

    version: str | None = field(name="Version", default=None)
    """Opaque text."""
    config: dict[str, list[TrustedRange | None] | None] | None = field(name="Config", default=None)
    """Label -> ranges; the label only says who they are."""


class TrustCounters(Counters, prefix="bfe_mod_trust_clientip"):
    """Connections by their peer."""

    connections: int = counter("Connections looked at.", bfe="mod_trust_clientip.CONN_TOTAL")
    trusted: int = counter(
        "Connections of trusted peers.", bfe="mod_trust_clientip.CONN_TRUST_CLIENTIP"
    )
    internal: int = counter(
        "Connections from private addresses.", bfe="mod_trust_clientip.CONN_ADDR_INTERNAL"
    )
    internal_untrusted: int = counter(
        "Connections from private addresses that are not trusted.",
        bfe="mod_trust_clientip.CONN_ADDR_INTERNAL_NOT_TRUST",
    )


@dataclass(frozen=True, slots=True)
class AddressSet:
    """Addresses as sorted ranges that do not touch: `firsts` and `lasts` belong together."""

    firsts: tuple[int, ...]
    lasts: tuple[int, ...]

    def __contains__(self, value: int) -> bool:
        index = bisect_right(self.firsts, value) - 1
        return index >= 0 and value <= self.lasts[index]


def address_set(ranges: Iterable[IpRange]) -> AddressSet:
    """Set of all addresses in `ranges`, which may overlap."""
    firsts: list[int] = []
    lasts: list[int] = []
    for each in sorted(ranges, key=lambda each: each.first):
        if lasts and each.first <= lasts[-1] + 1:
            lasts[-1] = max(lasts[-1], each.last)
        else:
            firsts.append(each.first)
            lasts.append(each.last)
    return AddressSet(tuple(firsts), tuple(lasts))


def _network(text: str) -> IpRange:
    address, _, bits = text.partition("/")
    first = parse_address(address)
    assert first is not None
    width = (32 if first.is_ipv4 else 128) - int(bits)
    return IpRange(first.value, first.value | (1 << width) - 1)


def _compile(value: TrustedPeers, findings: Findings) -> AddressSet:
    if value.version is None:
        findings.error((), "Version is missing")
    if value.config is None:
        findings.error((), "Config is missing")
    ranges: list[IpRange] = []
    for label, entries in (value.config or {}).items():
        if entries is None:
            findings.error(("Config", label), "there is no list of ranges")
            continue
        for index, entry in enumerate(entries):
            found = _range(entry or TrustedRange(), ("Config", label, index), findings)
            if found is not None:
                ranges.append(found)
    return address_set(ranges)


def _range(entry: TrustedRange, path: Path, findings: Findings) -> IpRange | None:
    first = _address(entry.begin, "Begin", path, findings)
    last = _address(entry.end, "End", path, findings)
    if first is None or last is None:
        return None
    if first.value > last.value:
        findings.error(path, f"{entry.begin} comes after {entry.end}", expected="Begin <= End")
        return None
    if first.is_ipv4 is not last.is_ipv4:
        findings.warning(path, "the range goes from IPv4 to IPv6")
    return IpRange(first.value, last.value)


def _address(text: str | None, key: str, path: Path, findings: Findings) -> Address | None:
    if text is None:
        findings.error(path, f"{key} is missing", expected="an IP address")
        return None
    address = parse_address(text)
    if address is None:
        findings.error((*path, key), f'"{text}" is no IP address', expected="an IP address")
    return address


def _build(parts: Parts) -> Mapping[Phase, Handler]:
    trusted: AddressSet = parts.documents["trust_client_ip"]
    counters = parts.registry.counters(TrustCounters)
    internal = address_set(map(_network, _INTERNAL))

    def mark(session: Session) -> Verdict:
        value = session.peer.value
        is_trusted = value in trusted and bool(session.peer.text)
        session.is_trusted = is_trusted
        counters.connections += 1
        counters.trusted += is_trusted
        if value in internal:
            counters.internal += 1
            counters.internal_untrusted += not is_trusted
        return None

    return {Phase.ACCEPT: mark}


MODULE = Module(
    name="mod_trust_clientip",
    build=_build,
    settings=Settings,
    documents=(
        Document(
            name="trust_client_ip",
            setting=("Basic", "DataPath"),
            default="mod_trust_clientip/trust_client_ip.data",
            schema=TrustedPeers,
            compile=_compile,
            reload="mod_trust_clientip",
        ),
    ),
    monitor="mod_trust_clientip",
    description="Mark peers whose forwarded fields count.",
)
