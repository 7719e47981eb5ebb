"""TenantParts: the `.rules` documents, each tenant by itself, with its last good version.

The last good version of every document is kept in the state folder too, so that it holds over a
restart; a tenant that never had one is left out and reported.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bfe_py.balance import Reach
from bfe_py.config import (
    SHARED,
    Claims,
    ConditionCache,
    Decoded,
    Documents,
    Finding,
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
from bfe_py.control.checked import CheckedStore
from bfe_py.control.files import RULES_FOLDER
from bfe_py.control.groups import own_failure
from bfe_py.control.overlay import Overlay
from bfe_py.control.seen import Looking, Seen, merge_seen
from bfe_py.control.stored import SUFFIX, StoredRules

_log = logging.getLogger("bfe.control")

SERVER_GROUP = "server_data_conf"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A document that is good by itself, with what was said of it, and what it was read from."""

    group: TenantGroup
    seen: Seen
    decoded: Decoded

    @property
    def source(self) -> bytes:
        """The document."""
        return self.seen.get(_path(self.group.tenant)) or b""


@dataclass(frozen=True, slots=True)
class Settlement:
    """Who may be used next to whom; `refuses_shared`: BFE's hosts must stay as they were."""

    accepted: Mapping[str, Candidate] = field(default_factory=dict)
    claims: Claims = field(default_factory=lambda: Claims({}, {}))
    refuses_shared: bool = False


class TenantParts:
    """What every tenant's document says, what of it is accepted, and who holds which host.

    `reach` is where the backends that they name may be; `store` what was checked at an earlier
    start.
    """

    def __init__(
        self,
        state: Path | None = None,
        *,
        is_strict: bool = False,
        reach: Reach | None = None,
        store: CheckedStore | None = None,
    ) -> None:
        self._store = store or CheckedStore(None, b"")
        self._reach = reach
        self._conditions = ConditionCache()
        self._stored = StoredRules(state)
        self._is_strict = is_strict
        self._kept: dict[str, Candidate] | None = None
        """Versions that were kept by an earlier process; None until the first `load`."""
        self._is_folder_there = False
        self._seen: dict[str, Seen] = {}
        self._candidates: dict[str, Candidate] = {}
        self._before: dict[str, Candidate] = {}
        """The candidates before the last `load`."""
        self._settled = Settlement()

    @property
    def accepted(self) -> dict[str, TenantGroup]:
        """What is in use, by tenant."""
        return {tenant: one.group for tenant, one in self._settled.accepted.items()}

    @property
    def checked(self) -> list[tuple[Decoded, Seen]]:
        """What is in use, with what was said of it."""
        return [(one.decoded, one.seen) for one in self._settled.accepted.values()]

    @property
    def documents(self) -> dict[str, dict[str, bytes | None]]:
        """The documents in use, by name of their group."""
        return {
            one.decoded.group.name: {_path(tenant): one.source}
            for tenant, one in self._settled.accepted.items()
        }

    @property
    def seen(self) -> Seen:
        """What that was read from, and the folder that it was found in."""
        accepted = self._settled.accepted
        names = tuple(sorted([tenant + SUFFIX for tenant in accepted]))
        folder = Seen({}, {RULES_FOLDER: names} if names else {})
        return merge_seen([folder, *[one.seen for one in accepted.values()]])

    # --- reading

    def load(
        self, documents: Documents, report: Report, *, anew: bool = False
    ) -> frozenset[str] | None:
        """Read what changed; names of the tenants it belongs to, None if nothing did."""
        self._before = dict(self._candidates)
        found = self._find_tenants(documents)
        if found is None:
            return self._note_missing(report)
        is_back = bool(self._seen) and not self._is_folder_there
        self._is_folder_there = True
        changed = {
            tenant
            for tenant in found
            if anew or tenant not in self._seen or self._seen[tenant].has_changed(documents)
        }
        gone = (self._seen.keys() | self._candidates.keys()) - set(found)
        for tenant in gone:
            self._seen.pop(tenant, None)
            self._candidates.pop(tenant, None)
        for tenant in sorted(changed):
            self._read(tenant, documents, report)
        if self._kept is None:
            self._kept = {
                tenant: kept for tenant in found if (kept := self._recall(tenant, documents))
            }
        return frozenset(changed | gone) if changed or gone or is_back else None

    @staticmethod
    def _find_tenants(documents: Documents) -> list[str] | None:
        names = documents.names(RULES_FOLDER)
        if names is None:
            return None
        return [
            name.removesuffix(SUFFIX)
            for name in names
            if name.endswith(SUFFIX) and not name.startswith(".")
        ]

    def _note_missing(self, report: Report) -> frozenset[str] | None:
        """A folder that went away takes no tenant with it: what cannot be read says nothing."""
        if not self._is_folder_there:
            return None
        self._is_folder_there = False
        message = "the folder of .rules documents cannot be read"
        report.add(Finding("error", "E001", message, document=RULES_FOLDER))
        return frozenset()

    def _read(self, tenant: str, documents: Documents, report: Report) -> None:
        looking = Looking(documents)
        self._seen[tenant] = looking.seen
        candidate = self._decode(tenant, looking, report)
        if candidate is not None:
            self._candidates[tenant] = candidate

    def _decode(self, tenant: str, looking: Looking, report: Report) -> Candidate | None:
        path = _path(tenant)
        if looking.get(path) == b"":
            # Who saves a file may empty it first; nobody means to have a tenant of nothing.
            message = "the document is empty; to be rid of the tenant, remove it"
            report.add(Finding("error", "E700", message, document=path))
            return None
        try:
            group = rules_group(tenant, path, self._reach)
            decoded = self._store.find(group, Looking(looking))
            decoded = decoded or decode_group(group, looking, conditions=self._conditions)
        except Exception as error:
            # A fence: whatever is in this document, those of other tenants are read on.
            _log.exception("document not read tenant=%s", tenant)
            report.add(own_failure(error, path))
            return None
        own = decoded.report.promote_warnings() if self._is_strict else decoded.report
        report.merge(own)
        if own.ok and isinstance(decoded.value, TenantGroup):
            return Candidate(decoded.value, looking.seen, decoded)
        return None

    def _recall(self, tenant: str, documents: Documents) -> Candidate | None:
        """The version that was kept of a tenant; it is used if the one that is there is broken."""
        content = self._stored.find(tenant)
        if content is None:
            return None
        candidate = self._candidates.get(tenant)
        if candidate is not None and candidate.source == content:
            return candidate
        looking = Looking(Overlay(documents, {_path(tenant): content}))
        kept = self._decode(tenant, looking, Report())
        if candidate is None and kept is not None:
            _log.warning("last good version used tenant=%s", tenant)
            self._candidates[tenant] = kept
        return kept

    # --- who may have what

    def settle(
        self, server: ServerGroup | None, report: Report, read: frozenset[str] = frozenset()
    ) -> Settlement:
        """Accept what claims nobody else's; it holds once it is given to `accept`.

        A host or address stays with its holder; who claims it too keeps the version before. At
        first the versions that were kept hold what they claim, as far as BFE's files with `server`
        do not. A refusal is reported if it is news, or of an owner in `read`.
        """
        if self._kept:
            self._settled = self._settle(server, self._kept)
            self._kept = {}
        settled = self._settle(server, self._candidates)
        told = self._settled.claims.refused
        for owner, refusals in settled.claims.refused.items():
            if owner in read or owner not in told:
                document = SERVER_GROUP if owner == SHARED else _path(owner)
                seen = self._seen.get(owner)
                content = b"" if seen is None else seen.get(document) or b""
                text = read_text(content, document, Report())
                if text is not None:
                    report_refused(refusals, text, report)
        return settled

    def _settle(
        self, server: ServerGroup | None, candidates: Mapping[str, Candidate]
    ) -> Settlement:
        before = self._settled
        groups = {tenant: one.group for tenant, one in candidates.items()}
        claims = resolve_claims(shared_claims(server), groups, before.claims.holders)
        accepted = {}
        for tenant, candidate in candidates.items():
            if tenant not in claims.refused:
                accepted[tenant] = candidate
            elif tenant in before.accepted:
                accepted[tenant] = before.accepted[tenant]
        return Settlement(accepted, claims, SHARED in claims.refused)

    def accept(self, settled: Settlement) -> None:
        """`settled` is in use from now on."""
        for tenant in self._settled.accepted.keys() - settled.accepted.keys():
            self._stored.forget(tenant)
        for tenant, candidate in settled.accepted.items():
            self._stored.keep(tenant, candidate.source)
        self._settled = settled

    def reject(self) -> None:
        """What was read last cannot be used: the versions before are the last good ones."""
        self._candidates = self._before


def _path(tenant: str) -> str:
    return f"{RULES_FOLDER}{tenant}{SUFFIX}"
