"""Ledger: what became of every document."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import blake2b

from bfe_py.config import Documents, Finding
from bfe_py.control.seen import Seen

_DIGEST_BYTES = 8


@dataclass(frozen=True, slots=True)
class Entry:
    """One document. Times are wall clock, 0 for never.

    `digest` is that of the contents in use, in hex; empty if there are none. `is_current`: what is
    there now is in use. `error` is why something was refused last; it stays, with its time.
    """

    document: str
    digest: str = ""
    taken_at: float = 0.0
    is_current: bool = True
    error: str = ""
    failed_at: float = 0.0


class Ledger:
    """Goes on with every load; documents that are neither used nor there are forgotten."""

    __slots__ = ("_contents", "_entries")

    def __init__(self) -> None:
        self._contents: dict[str, bytes | None] = {}
        self._entries: dict[str, Entry] = {}

    @property
    def entries(self) -> list[Entry]:
        """All documents, by name."""
        return sorted(self._entries.values(), key=lambda entry: entry.document)

    def note(
        self,
        used: Seen,
        documents: Documents,
        errors: Iterable[Finding],
        now: float,
        *,
        only: frozenset[str] | None = None,
    ) -> None:
        """Something was loaded.

        Args:
            used: what is in use by now.
            documents: what is there.
            errors: what was found wrong.
            only: names of the documents that were looked at; None: all.
        """
        refused = list(errors)
        why = {finding.document: _text(finding) for finding in reversed(refused)}
        for document, content in used.contents.items():
            if content is not None:
                self._use(document, content, now)
        self._contents = {name: one for name, one in used.contents.items() if one is not None}
        looked_at = {*self._contents, *self._entries, *_named(why, documents)}
        for document in looked_at if only is None else looked_at & only:
            self._judge(document, documents.get(document), why, refused, now)

    def _use(self, document: str, content: bytes, now: float) -> None:
        if self._contents.get(document) is content:
            return  # the same object: nothing was read anew
        entry = self._entries.get(document) or Entry(document)
        digest = blake2b(content, digest_size=_DIGEST_BYTES).hexdigest()
        if digest != entry.digest:
            entry = replace(entry, digest=digest, taken_at=now)
        self._entries[document] = entry

    def _judge(
        self,
        document: str,
        newest: bytes | None,
        why: dict[str, str],
        refused: list[Finding],
        now: float,
    ) -> None:
        in_use = self._contents.get(document)
        is_told_of = document in why or bool(self._error_of(document))
        if in_use is None and (newest is None or not is_told_of):
            self._entries.pop(document, None)
            return
        entry = self._entries.get(document) or Entry(document)
        is_current = newest == in_use
        if document in why:
            entry = replace(entry, error=why[document], failed_at=now)
        elif entry.is_current and not is_current and refused:
            error = f"not used because of {_text(refused[0])}"
            entry = replace(entry, error=error, failed_at=now)
        self._entries[document] = replace(entry, is_current=is_current)

    def _error_of(self, document: str) -> str:
        entry = self._entries.get(document)
        return "" if entry is None else entry.error


def _named(why: Iterable[str], documents: Documents) -> list[str]:
    """Documents that findings are about; some are about more than one, or about none."""
    return [name for name in why if documents.get(name) is not None]


def _text(finding: Finding) -> str:
    return f"{finding.place}: {finding.message}"
