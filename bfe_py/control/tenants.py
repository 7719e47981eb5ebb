"""TenantParts: the `.rules` documents, each tenant by itself, with its last good version.

The last good version of every document is kept in the state folder too, so that it holds over a
restart; a tenant that never had one is left out and reported.
"""

import logging
from collections.abc import Mapping
from pathlib import Path

from bfe_py.config import (
    SHARED,
    Claim,
    Documents,
    Report,
    ServerGroup,
    TenantGroup,
    decode_group,
    read_text,
    report_refused,
    resolve_claims,
    rules_group,
    shared_claims,
)
from bfe_py.control.files import RULES_FOLDER

_log = logging.getLogger("bfe.control")

_SUFFIX = ".rules"
SERVER_GROUP = "server_data_conf"


class TenantParts:
    """What every tenant's document says, what of it is accepted, and who holds which host."""

    def __init__(self, state: Path | None = None) -> None:
        self._state = state
        self._seen: dict[str, bytes] = {}
        self._candidates: dict[str, TenantGroup] = {}
        self._sources: dict[str, bytes] = {}
        """What each candidate was read from."""
        self._holders: Mapping[Claim, str] = {}
        self.accepted: dict[str, TenantGroup] = {}

    def load(self, documents: Documents, report: Report) -> frozenset[str] | None:
        """Read what changed; names of the tenants it belongs to, None if nothing did."""
        found = {
            name.removesuffix(_SUFFIX): documents.get(RULES_FOLDER + name)
            for name in documents.names(RULES_FOLDER) or ()
            if name.endswith(_SUFFIX)
        }
        present = {tenant: content for tenant, content in found.items() if content is not None}
        changed = {
            tenant for tenant, content in present.items() if self._seen.get(tenant) != content
        }
        gone = set(self._seen) - set(present)
        for tenant in gone:
            self._candidates.pop(tenant, None)
            self._sources.pop(tenant, None)
            self._forget(tenant)
        for tenant in sorted(changed):
            self._read(tenant, present[tenant], documents, report)
        self._seen = present
        return frozenset(changed | gone) or None

    def _read(self, tenant: str, content: bytes, documents: Documents, report: Report) -> None:
        decoded = decode_group(rules_group(tenant, _path(tenant)), documents)
        report.merge(decoded.report)
        group = decoded.value
        if group is not None:
            self._sources[tenant] = content
        elif tenant not in self._candidates:
            group = self._recall(tenant, documents)
        if isinstance(group, TenantGroup):
            self._candidates[tenant] = group

    def settle(
        self, values: Mapping[str, object], before: Mapping[str, object], report: Report
    ) -> dict[str, object]:
        """Accept what claims nobody else's; `values` with what may be used of them.

        A host or address stays with its holder; who claims it too keeps its version `before`.
        """
        kept = dict(values)
        server = kept.get(SERVER_GROUP)
        shared = shared_claims(server if isinstance(server, ServerGroup) else None)
        claims = resolve_claims(shared, self._candidates, self._holders)
        accepted = {}
        for tenant, group in self._candidates.items():
            if tenant not in claims.refused:
                accepted[tenant] = group
                self._remember(tenant)
            elif tenant in self.accepted:
                accepted[tenant] = self.accepted[tenant]
        for owner, refusals in claims.refused.items():
            document = SERVER_GROUP if owner == SHARED else _path(owner)
            text = read_text(self._seen.get(owner, b""), document, Report())
            if text is not None:
                report_refused(refusals, text, report)
        if SHARED in claims.refused and SERVER_GROUP in before:
            kept[SERVER_GROUP] = before[SERVER_GROUP]
        self._holders = claims.holders
        self.accepted = accepted
        return kept

    # --- the state folder

    def _remember(self, tenant: str) -> None:
        source = self._sources.get(tenant)
        if self._state is None or source is None:
            return
        path = self._state / f"{tenant}{_SUFFIX}"
        fresh = path.with_suffix(".new")
        try:
            self._state.mkdir(parents=True, exist_ok=True)
            if not path.exists() or path.read_bytes() != source:
                fresh.write_bytes(source)
                fresh.replace(path)
        except OSError as error:
            _log.warning("last good version not kept tenant=%s error=%s", tenant, error)

    def _recall(self, tenant: str, documents: Documents) -> object:
        if self._state is None:
            return None
        try:
            content = (self._state / f"{tenant}{_SUFFIX}").read_bytes()
        except OSError:
            return None
        _log.warning("last good version used tenant=%s", tenant)
        stored = _Stored(_path(tenant), content, documents)
        return decode_group(rules_group(tenant, _path(tenant)), stored).value

    def _forget(self, tenant: str) -> None:
        if self._state is not None:
            (self._state / f"{tenant}{_SUFFIX}").unlink(missing_ok=True)


def _path(tenant: str) -> str:
    return f"{RULES_FOLDER}{tenant}{_SUFFIX}"


class _Stored:
    """Documents with one of them as it was stored."""

    __slots__ = ("_content", "_documents", "_path")

    def __init__(self, path: str, content: bytes, documents: Documents) -> None:
        self._path = path
        self._content = content
        self._documents = documents

    def get(self, path: str) -> bytes | None:
        return self._content if path == self._path else self._documents.get(path)

    def names(self, path: str) -> tuple[str, ...] | None:
        return self._documents.names(path)
