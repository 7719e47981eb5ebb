"""Configurations on their way to a worker."""

from bfe_py.config import Changes, PackedTree, Part, PartKey
from bfe_py.control.delivery import Inbox, deliver
from bfe_py.control.messages import Configure, Down, PutParts

A, B, C = ("routes", "a", "0"), ("routes", "b", "0"), ("routes", "c", "0")
DOWN: Down = ("web", "sub", "10.0.0.1", 80)


def part(content: str, size: int = 1) -> Part:
    return Part(content.encode(), content.encode() * size)


def packed(version: str, parts: dict[PartKey, Part]) -> PackedTree:
    return PackedTree(version, parts)


def send(inbox: Inbox, tree: PackedTree, before: PackedTree | None) -> None:
    for message in deliver(1, tree, None if before is None else before.parts, []):
        if isinstance(message, PutParts):
            inbox.put(message)
        else:
            inbox.configure(message)


ONE = packed("1", {A: part("a"), B: part("b")})
TWO = packed("2", {A: part("A"), C: part("c")})
THREE = packed("3", {A: part("a"), B: part("b"), C: part("C")})


# --- sending


def test_a_worker_that_has_nothing_is_sent_everything():
    assert list(deliver(7, ONE, None, [DOWN])) == [
        PutParts([(A, part("a")), (B, part("b"))]),
        Configure(7, "1", down=[DOWN], is_whole=True),
    ]


def test_a_worker_is_sent_what_changed_since_it_was_sent_something():
    assert list(deliver(8, TWO, ONE.parts, [])) == [
        PutParts([(A, part("A")), (C, part("c"))]),
        Configure(8, "2", gone=[B]),
    ]


def test_where_nothing_changed_no_part_is_sent():
    assert list(deliver(9, ONE, ONE.parts, [])) == [Configure(9, "1")]


def test_no_message_is_large_unless_one_part_is():
    sizes = [30_000, 30_000, 30_000, 200_000, 10, 10]
    parts = {("cluster", str(number)): part("x", size) for number, size in enumerate(sizes)}
    *puts, last = deliver(1, packed("1", parts), None, [])

    assert [[len(each.packed) for _, each in put.parts] for put in puts] == [
        [30_000, 30_000],
        [30_000],
        [200_000],
        [10, 10],
    ]
    assert isinstance(last, Configure)


# --- what came and was not used yet


def test_what_came_is_taken_once():
    inbox = Inbox()
    send(inbox, ONE, None)

    assert inbox.version == "1"
    assert inbox.take() == Changes("1", ONE.parts, frozenset(), is_whole=True)
    assert inbox.take() == Changes("1", {})


def test_changes_that_overtake_others_count_together_with_them():
    inbox = Inbox()
    send(inbox, ONE, None)
    inbox.take()
    send(inbox, TWO, ONE)
    send(inbox, THREE, TWO)

    assert inbox.take() == Changes("3", {A: part("a"), B: part("b"), C: part("C")}, frozenset())


def test_what_is_gone_in_the_end_is_gone():
    inbox = Inbox()
    send(inbox, ONE, None)
    inbox.take()
    send(inbox, THREE, ONE)
    send(inbox, packed("4", {}), THREE)

    assert inbox.take() == Changes("4", {}, frozenset({A, B, C}))


def test_everything_that_is_sent_anew_stands_for_what_came_before():
    inbox = Inbox()
    send(inbox, ONE, None)
    inbox.take()
    send(inbox, TWO, ONE)
    send(inbox, THREE, None)

    assert inbox.take() == Changes("3", THREE.parts, is_whole=True)


def test_parts_of_a_configuration_that_never_came_whole_are_void():
    inbox = Inbox()
    inbox.put(PutParts([(A, part("half"))]))
    inbox.connected()
    send(inbox, ONE, None)

    assert inbox.take().put == ONE.parts


def test_parts_of_the_next_configuration_are_not_in_the_one_before():
    inbox = Inbox()
    send(inbox, ONE, None)
    inbox.put(PutParts([(A, part("next"))]))

    assert inbox.take().put == ONE.parts


def test_changes_that_were_refused_count_with_those_that_come_next():
    inbox = Inbox()
    send(inbox, ONE, None)
    inbox.take()
    send(inbox, TWO, ONE)
    inbox.give_back(inbox.take())

    assert inbox.take() == Changes("2", {A: part("A"), C: part("c")}, frozenset({B}))


def test_refused_changes_give_way_to_those_that_came_meanwhile():
    inbox = Inbox()
    send(inbox, ONE, None)
    inbox.take()
    send(inbox, TWO, ONE)
    refused = inbox.take()
    send(inbox, packed("3", {A: part("third"), B: part("b")}), TWO)
    inbox.give_back(refused)

    assert inbox.take() == Changes("3", {A: part("third"), B: part("b")}, frozenset({C}))


def test_what_was_refused_as_a_whole_stays_whole():
    inbox = Inbox()
    send(inbox, ONE, None)
    refused = inbox.take()
    send(inbox, TWO, ONE)
    inbox.give_back(refused)

    assert inbox.take() == Changes("2", TWO.parts, frozenset({B}), is_whole=True)


def test_refused_changes_are_void_once_everything_was_sent_anew():
    inbox = Inbox()
    send(inbox, ONE, None)
    refused = inbox.take()
    send(inbox, TWO, None)
    inbox.give_back(refused)

    assert inbox.take() == Changes("2", TWO.parts, is_whole=True)
