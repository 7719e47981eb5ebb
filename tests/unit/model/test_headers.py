import pytest

from bfe_py.model import Headers, field_line


def sample() -> Headers:
    return Headers([(b"Host", b"a.test"), (b"X-Id", b"1"), (b"x-id", b"2"), (b"Via", b"p")])


def test_the_first_value_is_found_whatever_the_case_of_its_name():
    assert sample().get(b"x-id") == b"1"
    assert sample().get(b"x-none") is None


def test_all_values_keep_their_order():
    assert sample().get_all(b"x-id") == [b"1", b"2"]


def test_names_keep_the_case_and_order_they_came_in():
    assert [name for name, _ in sample()] == [b"Host", b"X-Id", b"x-id", b"Via"]


def test_adding_appends_a_line():
    headers = sample()
    headers.add(b"X-Id", b"3")
    assert headers.get_all(b"x-id") == [b"1", b"2", b"3"]
    assert len(headers) == 5


def test_setting_leaves_one_line_where_the_first_stood():
    headers = sample()
    headers.set(b"X-ID", b"9")
    assert list(headers)[1] == (b"X-ID", b"9")
    assert headers.get_all(b"x-id") == [b"9"]


def test_setting_a_new_name_appends_it():
    headers = sample()
    headers.set(b"New", b"1")
    assert list(headers)[-1] == (b"New", b"1")


def test_removing_tells_whether_there_was_something():
    headers = sample()
    assert headers.remove(b"x-id")
    assert not headers.remove(b"x-id")
    assert b"x-id" not in headers


def test_removing_several_names_at_once():
    headers = sample()
    headers.remove_all(frozenset({b"via", b"x-id"}))
    assert list(headers) == [(b"Host", b"a.test")]
    headers.remove_all(frozenset({b"absent"}))
    assert len(headers) == 1


def test_renaming_changes_every_line_of_a_name():
    headers = sample()
    assert headers.rename(b"x-id", b"X-New")
    assert headers.get_all(b"x-new") == [b"1", b"2"]
    assert not headers.rename(b"x-id", b"X-New")


def test_a_copy_changes_apart():
    headers = sample()
    copy = headers.copy()
    copy.remove(b"via")
    assert b"via" in headers


def test_equality_looks_at_names_without_case_and_at_values():
    assert sample() == Headers((name.upper(), value) for name, value in sample())
    assert sample() != Headers()
    assert sample() != "text"


def test_headers_show_their_lines():
    assert repr(Headers([(b"A", b"b")])) == "Headers([(b'A', b'b')])"


def test_lines_of_a_codec_are_taken_over():
    lines = [field_line(b"A", b"1")]
    assert Headers.from_lines(lines).lines() is lines


def test_lines_are_appended_as_they_are():
    headers = sample()
    headers.add_lines([field_line(b"X-ID", b"3"), field_line(b"A", b"4")])
    assert headers.get_all(b"x-id") == [b"1", b"2", b"3"]
    assert list(headers)[-1] == (b"A", b"4")


def test_a_line_has_its_name_in_lower_case_and_its_form_on_the_wire():
    assert field_line(b"X-Id", b"1 ") == (b"x-id", b"X-Id", b"1 ", b"X-Id: 1 ")


WRONG = [b"a\r\nX: b", b"a\nb", b"a\rb", b"a\x00b"]


@pytest.mark.parametrize("wrong", WRONG)
def test_a_line_break_or_a_nul_never_becomes_part_of_a_field(wrong):
    headers = sample()
    for name, value in ((wrong, b"1"), (b"X", wrong)):
        with pytest.raises(ValueError, match="line break or a NUL"):
            field_line(name, value)
        with pytest.raises(ValueError, match="line break or a NUL"):
            Headers([(b"A", b"1"), (name, value)])
        with pytest.raises(ValueError, match="line break or a NUL"):
            headers.add(name, value)
        with pytest.raises(ValueError, match="line break or a NUL"):
            headers.set(name, value)
    with pytest.raises(ValueError, match="line break or a NUL"):
        headers.rename(b"via", wrong)
    assert headers == sample()


def test_the_wire_has_every_line_but_those_left_out():
    assert sample().wire(frozenset()) == b"Host: a.test\r\nX-Id: 1\r\nx-id: 2\r\nVia: p\r\n"
    assert sample().wire(frozenset({b"x-id", b"host"})) == b"Via: p\r\n"
    assert Headers().wire(frozenset()) == b""
