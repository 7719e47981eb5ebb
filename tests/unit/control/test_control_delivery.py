"""Configurations on their way to a worker."""

from bfe_py.config import Changes, PackedTree, Part, PartKey
from bfe_py.control.delivery import Inbox, deliver
from bfe_py.control.messages import Prepare, PutParts

A, B, C = ("routes", "a", "0"), ("routes", "b", "0"), ("routes", "c", "0")


def part(content: str, size: int = 1) -> Part:
    return Part(content.encode(), content.encode() * size)


def packed(version: str, parts: dict[PartKey, Part]) -> PackedTree:
    return PackedTree(version, parts)


ONE = packed("1", {A: part("a"), B: part("b")})
TWO = packed("2", {A: part("A"), C: part("c")})


# --- sending


def test_a_worker_that_has_nothing_is_sent_everything():
    assert list(deliver(7, ONE, None)) == [
        PutParts([(A, part("a")), (B, part("b"))]),
        Prepare(7, "1", is_whole=True),
    ]


def test_a_worker_is_sent_what_changed_since_it_was_sent_something():
    assert list(deliver(8, TWO, ONE)) == [
        PutParts([(A, part("A")), (C, part("c"))]),
        Prepare(8, "2", "1", [B]),
    ]


def test_where_nothing_changed_no_part_is_sent():
    assert list(deliver(9, ONE, ONE)) == [Prepare(9, "1", "1")]


def test_no_message_is_large_unless_one_part_is():
    sizes = [30_000, 30_000, 30_000, 200_000, 10, 10]
    parts = {("cluster", str(number)): part("x", size) for number, size in enumerate(sizes)}
    *puts, last = deliver(1, packed("1", parts), None)

    assert [[len(each.packed) for _, each in put.parts] for put in puts] == [
        [30_000, 30_000],
        [30_000],
        [200_000],
        [10, 10],
    ]
    assert isinstance(last, Prepare)


# --- arriving


def receive(inbox: Inbox, tree: PackedTree, before: PackedTree | None) -> Changes | None:
    for message in deliver(1, tree, before):
        if isinstance(message, PutParts):
            inbox.put(message)
        else:
            return inbox.take(message)
    return None


def test_what_came_is_taken_once():
    inbox = Inbox()
    assert receive(inbox, ONE, None) == Changes("1", ONE.parts, frozenset(), is_whole=True)
    assert receive(inbox, ONE, ONE) == Changes("1", {})


def test_changes_are_those_since_the_configuration_before():
    inbox = Inbox()
    receive(inbox, ONE, None)
    assert receive(inbox, TWO, ONE) == Changes("2", {A: part("A"), C: part("c")}, frozenset([B]))


def test_parts_of_a_configuration_that_never_came_whole_are_void():
    inbox = Inbox()
    inbox.put(PutParts([(A, part("lost"))]))
    inbox.clear()
    assert receive(inbox, ONE, ONE) == Changes("1", {})
