"""Headers that begin as a block of lines which others have too."""

import pytest

from bfe_py.model import FieldBlock, Headers, field_line


def sample() -> Headers:
    return Headers([(b"Host", b"a.test"), (b"X-Id", b"1"), (b"x-id", b"2"), (b"Via", b"p")])


def block() -> FieldBlock:
    return FieldBlock(sample().lines())


def test_a_block_knows_its_names_and_their_first_values():
    shared = block()
    assert shared.first == {}
    assert shared.index() == {b"host": b"a.test", b"x-id": b"1", b"via": b"p"}
    assert shared.first[b"x-id"] == b"1"
    assert FieldBlock([field_line(b"A", b"")]).index() == {b"a": b""}
    assert FieldBlock([]).index() == {}


def test_a_block_writes_the_same_lines_again_without_joining_them():
    shared, left_out = block(), frozenset({b"x-id"})
    written = shared.wire(left_out)
    assert written == b"Host: a.test\r\nVia: p\r\n"
    assert shared.wire(left_out) is written
    assert shared.wire(frozenset({b"via", b"host"})) == b"X-Id: 1\r\nx-id: 2\r\n"


def test_a_block_remembers_which_names_it_lacks():
    shared = block()
    lacking, there = frozenset({b"x-none", b"X-Id"}), frozenset({b"x-none", b"via"})
    for _ in range(2):
        assert shared.has_any(there)
        assert not shared.has_any(lacking)
    assert shared.lacking == (lacking,)
    assert not FieldBlock([]).has_any(frozenset({b"host", b""}))


NAMES = [
    (frozenset(), False),
    (frozenset({b"x-none"}), False),
    (frozenset({b"x-none", b"host"}), True),
    (frozenset({b"new"}), True),
    (frozenset({b"via", b"new"}), True),
]


@pytest.mark.parametrize(("names", "has"), NAMES)
def test_headers_know_whether_they_have_one_of_several_names(names, has):
    for headers in (sample(), block().headers()):
        headers.add(b"New", b"1")
        assert headers.has_any(names) is has
    assert block().headers().has_any(names) is sample().has_any(names)


NEW = [field_line(b"New", b"1"), field_line(b"New", b"2")]


@pytest.mark.parametrize("names", [frozenset({b"new"}), frozenset({b"new", b"other"})])
def test_lines_that_are_new_are_appended_once(names):
    for headers in (sample(), block().headers(), Headers()):
        before = list(headers)
        assert headers.add_new(NEW, names)
        assert not headers.add_new(NEW, names)
        assert list(headers) == [*before, (b"New", b"1"), (b"New", b"2")]


def test_lines_of_a_name_that_is_there_are_not_appended():
    for headers in (sample(), block().headers()):
        assert not headers.add_new(NEW, frozenset({b"new", b"via"}))
        assert headers == sample()
        headers.add(b"Other", b"1")
        assert not headers.add_new(NEW, frozenset({b"other"}))
        assert headers.get_all(b"new") == []


def test_what_is_new_to_a_block_is_known_for_all_headers_of_it():
    shared, names = block(), frozenset({b"new"})
    assert shared.headers().add_new(NEW, names)
    assert names in shared.lacking
    other = shared.headers()
    assert b"new" not in other
    assert other.add_new(NEW, names)
    assert shared.lines == sample().lines()


VIA, HOST, NEWS = frozenset({b"via"}), frozenset({b"host"}), frozenset({b"new"})


def test_headers_tell_what_came_from_what_was_added():
    headers = block().headers()
    assert not headers.has_added(VIA)
    headers.add(b"Via", b"q")
    assert headers.has_added(VIA)
    assert headers.has_added(VIA | HOST)
    assert not headers.has_added(HOST)
    headers = block().headers()
    headers.set(b"Via", b"q")
    assert headers.has_added(VIA)
    assert sample().has_added(VIA)
    assert not sample().has_added(NEWS)
    assert not Headers().has_added(VIA)


def test_a_block_does_not_remember_all_that_it_lacks():
    shared = block()
    asked = [frozenset({b"x-%d" % number}) for number in range(40)]
    for names in asked:
        assert not shared.has_any(names)
    assert asked[-1] in shared.lacking
    assert len(shared.lacking) < 20


def test_a_block_writes_the_same_wire_again_and_again():
    shared = block()
    for left_out in (frozenset(), frozenset({b"via"}), frozenset(), frozenset({b"via"})):
        assert shared.wire(left_out) == sample().wire(left_out)


def test_headers_of_a_block_read_as_others_do():
    headers = block().headers()
    assert headers == sample()
    assert list(headers) == list(sample())
    assert (b"via" in headers, b"x-none" in headers, len(headers)) == (True, False, 4)
    assert headers.get_all(b"x-id") == [b"1", b"2"]
    assert headers.wire(frozenset({b"x-id"})) == b"Host: a.test\r\nVia: p\r\n"
    assert repr(headers) == repr(sample())


CHANGES = {
    "add": lambda headers: headers.add(b"New", b"1"),
    "add_lines": lambda headers: headers.add_lines([field_line(b"New", b"1")]),
    "set": lambda headers: headers.set(b"X-ID", b"9"),
    "set a new one": lambda headers: headers.set(b"New", b"1"),
    "remove": lambda headers: headers.remove(b"x-id"),
    "remove none": lambda headers: headers.remove(b"x-none"),
    "remove_all": lambda headers: headers.remove_all(frozenset({b"x-id", b"host"})),
    "rename": lambda headers: headers.rename(b"x-id", b"Other"),
    "rename none": lambda headers: headers.rename(b"x-none", b"Other"),
    "add and set": lambda headers: (headers.add(b"X-Id", b"7"), headers.set(b"x-id", b"8")),
    "add and remove": lambda headers: (headers.add(b"X-Id", b"7"), headers.remove(b"x-id")),
    "add and rename": lambda headers: (headers.add(b"X-Id", b"7"), headers.rename(b"x-id", b"B")),
    "add and read": lambda headers: (headers.add(b"X-Id", b"7"), headers.lines(), len(headers)),
    "set a new one again": lambda headers: (headers.set(b"New", b"1"), headers.set(b"New", b"2")),
    "copy": lambda headers: headers.copy().set(b"Via", b"q"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_headers_of_one_block_change_apart(change):
    shared = block()
    one, other, own = shared.headers(), shared.headers(), sample()
    for headers in (one, own):
        change(headers)
        change(headers)
    assert one.wire(frozenset()) == own.wire(frozenset())
    assert one.wire(frozenset({b"x-id"})) == own.wire(frozenset({b"x-id"}))
    for name in (b"new", b"x-id", b"other", b"host", b"b"):
        assert (name in one) is (name in own)
        assert (one.get(name), one.get_all(name)) == (own.get(name), own.get_all(name))
    assert list(one) == list(own)
    assert list(other) == list(sample())
    assert shared.lines == sample().lines()
    assert shared.wire(frozenset()) == sample().wire(frozenset())


def test_a_copy_of_headers_of_a_block_changes_apart():
    shared = block()
    headers = shared.headers()
    copy = headers.copy()
    copy.set(b"Via", b"q")
    assert headers.get(b"via") == b"p"
    assert (copy.get(b"via"), len(copy)) == (b"q", 4)
    assert list(shared.headers()) == list(sample())


MORE = FieldBlock(NEW)


def test_a_second_block_is_added_once():
    for headers in (sample(), block().headers()):
        assert headers.add_block(MORE, NEWS)
        assert not headers.add_block(MORE, NEWS)
        assert not headers.add_new(NEW, NEWS)
        assert headers.has_added(NEWS)
        assert headers.has_any(NEWS)
        assert not headers.has_added(frozenset({b"x"}))
        assert (headers.get(b"new"), headers.get(b"via"), headers.get(b"x")) == (b"1", b"p", None)
        assert (b"new" in headers, b"x" in headers) == (True, False)
        for left_out in (frozenset({b"x-id"}), frozenset({b"new", b"x-id"})):
            wire = b"Host: a.test\r\nVia: p\r\n"
            wire += b"" if b"new" in left_out else b"New: 1\r\nNew: 2\r\n"
            assert headers.wire(left_out) == wire
        assert list(headers) == [*sample(), (b"New", b"1"), (b"New", b"2")]
        assert headers.lines() == [*sample().lines(), *NEW]
    assert MORE.lines == NEW


def test_a_second_block_with_a_name_that_is_there_is_not_added():
    for headers in (sample(), block().headers()):
        assert not headers.add_block(MORE, NEWS | VIA)
        headers.add(b"Other", b"1")
        assert not headers.add_block(MORE, frozenset({b"other"}))
        assert headers.get_all(b"new") == []


def test_a_second_block_stands_before_what_was_added_one_by_one():
    headers = block().headers()
    headers.add(b"Other", b"1")
    assert headers.add_block(MORE, NEWS)
    assert headers.has_added(frozenset({b"other"}))
    assert headers.wire(frozenset()).endswith(b"New: 2\r\nOther: 1\r\n")
    assert headers.get(b"other") == b"1"
    assert [name for name, _ in headers][4:] == [b"New", b"New", b"Other"]


def test_a_third_block_is_added_line_by_line():
    headers = block().headers()
    assert headers.add_block(MORE, NEWS)
    third = FieldBlock([field_line(b"Third", b"3")])
    assert headers.add_block(third, frozenset({b"third"}))
    assert not headers.add_block(third, frozenset({b"third"}))
    assert [name for name, _ in headers][4:] == [b"New", b"New", b"Third"]
    assert MORE.lines == NEW


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_headers_of_two_blocks_change_as_others_do(change):
    two, own = block().headers(), sample()
    two.add_block(MORE, NEWS)
    own.add_lines(NEW)
    for headers in (two, own):
        change(headers)
        change(headers)
    assert list(two) == list(own)
    assert two.wire(frozenset({b"x-id"})) == own.wire(frozenset({b"x-id"}))
    assert two == own
    assert MORE.lines == NEW
