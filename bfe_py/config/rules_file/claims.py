"""Claims: what only one owner can have, and who has it when several want it.

An owner is a `.rules` tenant, or `SHARED` for BFE's files, which are loaded as one. A claim stays
with its holder; without one, BFE's files come first, then tenants by name. Whoever claims what
another owner has is refused as a whole, so that its last good version goes on and keeps what it
holds.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from bfe_py.config.dynamic import ServerGroup, TenantGroup
from bfe_py.config.findings import Finding, Report
from bfe_py.config.rules_file.scan import Kind, scan
from bfe_py.config.text import Span, Text
from bfe_py.model import parse_address

SHARED = ""
"""Owner of what BFE's files claim."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What has one owner: a tenant's name, a host, a virtual address, or being the default."""

    kind: Literal["tenant", "host", "vip", "default"]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """`claim` is what the owner cannot have, `holder` who has it."""

    claim: Claim
    holder: str


@dataclass(frozen=True, slots=True)
class Claims:
    """Who has what. `refused`: owners whose new version cannot be used, each with its reasons."""

    holders: Mapping[Claim, str]
    refused: Mapping[str, tuple[Refusal, ...]]


def shared_claims(server: ServerGroup | None) -> frozenset[Claim]:
    """What BFE's files claim."""
    return frozenset() if server is None else frozenset(_shared_claims(server))


def _shared_claims(server: ServerGroup) -> Iterator[Claim]:
    for tenant in server.hosts.tags or {}:
        yield Claim("tenant", tenant)
    for hosts in (server.hosts.hosts or {}).values():
        for host in hosts or ():
            yield _host_claim(host)
    for vips in (server.vips.vips or {}).values():
        for vip in vips or ():
            yield _vip_claim(vip)
    if server.hosts.default_tenant is not None:
        yield Claim("default")


def group_claims(group: TenantGroup) -> frozenset[Claim]:
    """What a `.rules` file claims."""
    claims = {Claim("tenant", group.tenant)}
    claims.update([Claim("host", host) for host in group.hosts])
    claims.update([Claim("vip", vip) for vip in group.vips])
    if group.is_default:
        claims.add(Claim("default"))
    return frozenset(claims)


def resolve_claims(
    shared: frozenset[Claim], groups: Mapping[str, TenantGroup], holders: Mapping[Claim, str]
) -> Claims:
    """Who has what, once BFE's files with `shared` and the tenants' `groups` are all loaded.

    Args:
        shared: see `shared_claims`.
        groups: by tenant; of a file that is broken its last good version.
        holders: who has what now; empty at a cold start.
    """
    wanted = {SHARED: shared}
    for tenant in sorted(groups):
        wanted[tenant] = group_claims(groups[tenant])
    held: dict[str, set[Claim]] = {owner: set() for owner in wanted}
    for claim, owner in holders.items():
        held.setdefault(owner, set()).add(claim)
    refused: dict[str, tuple[Refusal, ...]] = {}
    while True:
        kept, newly = _settle(wanted, held, refused)
        if not newly:
            return Claims(kept, refused)
        refused.update(newly)


def _settle(
    wanted: Mapping[str, frozenset[Claim]],
    held: Mapping[str, set[Claim]],
    refused: Mapping[str, tuple[Refusal, ...]],
) -> tuple[dict[Claim, str], dict[str, tuple[Refusal, ...]]]:
    """Who has what while `refused` keep what they hold; and who else is to be refused then."""
    kept: dict[Claim, str] = {}
    for owner, claims in held.items():
        stays = claims if owner in refused else claims & wanted.get(owner, frozenset())
        kept.update(dict.fromkeys(stays, owner))
    newly: dict[str, tuple[Refusal, ...]] = {}
    for owner, wants in wanted.items():
        if owner in refused:
            continue
        missed = [claim for claim in wants if kept.get(claim, owner) != owner]
        if missed:
            missed.sort(key=lambda claim: (claim.kind, claim.name))
            newly[owner] = tuple([Refusal(claim, kept[claim]) for claim in missed])
        else:
            kept.update(dict.fromkeys(wants, owner))
    return kept, newly


def report_refused(refusals: tuple[Refusal, ...], text: Text, report: Report) -> None:
    """Report why the `.rules` file with `text` is refused, each reason where the claim stands."""
    for refusal in refusals:
        finding = Finding("error", "E110", describe_refusal(refusal))
        report.add(text.locate(finding, _find_claim(refusal.claim, text.text)))


def describe_refusal(refusal: Refusal) -> str:
    """One sentence for people."""
    holder = "BFE's files" if refusal.holder == SHARED else f"tenant {refusal.holder}"
    match refusal.claim.kind:
        case "tenant":
            return f"there is a tenant {refusal.claim.name} in {holder} already"
        case "default":
            return f"the default tenant is that of {holder} already"
        case kind:
            return f"the {kind} {refusal.claim.name} belongs to {holder} already"


def _find_claim(claim: Claim, text: str) -> Span:
    """Where a claim is made; the start of the file for its name."""
    for piece in scan(text):
        if piece.kind is Kind.WORD and claim == _claim_of(claim.kind, piece.text):
            return piece.span
    return 0, 0


def _claim_of(kind: str, word: str) -> Claim | None:
    match kind:
        case "host":
            return _host_claim(word)
        case "vip":
            return _vip_claim(word)
        case "default":
            return Claim("default") if word == "default" else None
        case _:
            return None


def _host_claim(host: str) -> Claim:
    return Claim("host", host.lower().removesuffix("."))


def _vip_claim(vip: str) -> Claim:
    address = parse_address(vip)
    return Claim("vip", vip if address is None else address.text)
