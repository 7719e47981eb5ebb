"""What became of every document."""

from bfe_py.config import Finding
from bfe_py.control.ledger import Entry, Ledger
from bfe_py.control.seen import Seen
from tests.kit.documents import MemoryDocuments

A, B = "a.data", "rules/b.rules"
DIGEST = "34f2ddaa8b7615c9"
"""Of ``one``: BLAKE2b, 8 bytes."""


class Loads:
    """A ledger, and loads a second apart."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.now = 0.0

    def load(
        self,
        used: dict[str, bytes | None],
        there: dict[str, bytes],
        *errors: Finding,
        only: frozenset[str] | None = None,
    ) -> list[Entry]:
        self.now += 1.0
        documents = MemoryDocuments(there)
        self.ledger.note(Seen(used), documents, errors, self.now, only=only)
        return self.ledger.entries


def wrong(document: str, message: str = "wrong") -> Finding:
    return Finding("error", "E001", message, document=document, line=3, column=1)


def test_what_is_in_use_has_a_digest_and_the_time_it_was_taken():
    loads = Loads()
    (one,) = loads.load({A: b"one", "missing": None}, {A: b"one"})
    assert one == Entry(A, DIGEST, 1.0)
    (same,) = loads.load({A: b"one"}, {A: b"one"})
    assert same == one
    (other,) = loads.load({A: b"two"}, {A: b"two"})
    assert other.digest != one.digest
    assert (other.taken_at, other.is_current) == (3.0, True)


def test_what_is_refused_says_why_and_what_is_in_use_stays():
    loads = Loads()
    (before,) = loads.load({A: b"one"}, {A: b"one"})
    (refused,) = loads.load({A: b"one"}, {A: b"{"}, wrong(A), wrong(A, "the second"))
    assert refused == Entry(A, before.digest, 1.0, False, "a.data:3:1: wrong", 2.0)
    (still,) = loads.load({A: b"one"}, {A: b"{"}, wrong(B))
    assert still == refused


def test_an_error_stays_to_be_read_when_all_is_well_again():
    loads = Loads()
    loads.load({}, {A: b"{"}, wrong(A))
    (well,) = loads.load({A: b"one"}, {A: b"one"})
    assert (well.is_current, well.error, well.failed_at) == (True, "a.data:3:1: wrong", 1.0)


def test_a_document_that_was_never_good_has_no_digest():
    assert Loads().load({}, {B: b"{"}, wrong(B)) == [
        Entry(B, "", 0.0, False, "rules/b.rules:3:1: wrong", 1.0)
    ]


def test_what_is_good_by_itself_and_not_used_says_because_of_what():
    loads = Loads()
    loads.load({A: b"one", B: b"one"}, {A: b"one", B: b"one"})
    first, second = loads.load({A: b"one", B: b"one"}, {A: b"{", B: b"two"}, wrong(A))
    assert first.error == "a.data:3:1: wrong"
    assert second.error == "not used because of a.data:3:1: wrong"
    assert not second.is_current


def test_what_is_gone_and_not_used_is_forgotten():
    loads = Loads()
    loads.load({A: b"one", B: b"one"}, {A: b"one", B: b"one"})
    assert [entry.document for entry in loads.load({A: b"one"}, {A: b"one"})] == [A]


def test_what_is_gone_and_still_used_is_not_current():
    loads = Loads()
    loads.load({A: b"one"}, {A: b"one"})
    (entry,) = loads.load({A: b"one"}, {}, wrong(A, "missing"))
    assert (entry.is_current, entry.error) == (False, "a.data:3:1: missing")


def test_only_what_was_looked_at_is_judged():
    loads = Loads()
    loads.load({A: b"one", B: b"one"}, {A: b"one", B: b"one"})
    entries = loads.load({A: b"one", B: b"one"}, {A: b"{", B: b"{"}, wrong(A), only=frozenset([A]))
    assert [entry.is_current for entry in entries] == [False, True]


def test_findings_that_are_about_no_document_are_nobodys():
    loads = Loads()
    (entry,) = loads.load(
        {A: b"one"}, {A: b"one"}, Finding("error", "E801", "odd", "configuration")
    )
    assert (entry.document, entry.error) == (A, "")
