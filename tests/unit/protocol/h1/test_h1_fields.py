"""Fields that frame a message."""

import pytest

from bfe_py.model import Fault, Kind
from bfe_py.protocol.h1.fields import (
    check_fields,
    explain_fields,
    read_chunked,
    read_length,
    values_of,
)


def head(*lines: bytes) -> bytes:
    return b"\r\n".join([b"post / http/1.1", *lines, b"", b""])


def test_values_come_in_order_without_the_blanks_around_them():
    lowered = head(b"a: 1", b"b: x", b"a:\t2 3 ", b"a:", b"ab: 4")
    assert values_of(lowered, b"a") == [b"1", b"2 3", b""]
    assert values_of(lowered, b"c") == []


@pytest.mark.parametrize(
    ("lines", "length"),
    [((), None), ((b"content-length: 0",), 0), ((b"content-length: 9007199254740992",), 2**53)],
)
def test_a_length_is_a_number_of_bytes(lines, length):
    assert read_length(head(*lines)) == length


@pytest.mark.parametrize(
    ("lines", "word"),
    [
        ((b"content-length: 1", b"content-length: 1"), "cl-duplicate"),
        ((b"content-length: 1,1",), "cl-list"),
        ((b"content-length: +1",), "cl-invalid"),
        ((b"content-length: 9007199254740993",), "cl-too-large"),
        ((b"content-length: 00000000000000001",), "cl-too-large"),
    ],
)
def test_another_length_is_refused(lines, word):
    with pytest.raises(Fault) as caught:
        read_length(head(*lines))
    assert (caught.value.kind, caught.value.detail) == (Kind.BAD_REQUEST, word)


def test_a_body_is_chunked_if_that_is_its_only_coding():
    assert read_chunked(head(b"transfer-encoding: chunked"), b"1.1")
    assert not read_chunked(head(b"content-length: 1"), b"1.0")


@pytest.mark.parametrize(
    ("lines", "version", "kind", "word"),
    [
        ((b"content-length: 1", b"transfer-encoding: chunked"), b"1.1", Kind.BAD_REQUEST, "te-and-cl"),
        ((b"transfer-encoding: chunked",), b"1.0", Kind.BAD_REQUEST, "te-on-1.0"),
        ((b"transfer-encoding: gzip",), b"1.1", Kind.BAD_REQUEST, "te-invalid"),
        ((b"transfer-encoding: chunked, chunked",), b"1.1", Kind.BAD_REQUEST, "te-invalid"),
        ((b"transfer-encoding: a b, chunked",), b"1.1", Kind.BAD_REQUEST, "te-invalid"),
        ((b"transfer-encoding: gzip ,chunked",), b"1.1", Kind.CODING_UNSUPPORTED, "te-unsupported"),
    ],
)  # fmt: skip
def test_another_coding_is_refused(lines, version, kind, word):
    with pytest.raises(Fault) as caught:
        read_chunked(head(*lines), version)
    assert (caught.value.kind, caught.value.detail) == (kind, word)


@pytest.mark.parametrize(
    ("lines", "word"),
    [
        ((b"a: 1", b" b: 2"), "obs-fold"),
        ((b"a: 1", b"\tb: 2"), "obs-fold"),
        ((b"a: 1", b"b: 2", b"c: 3"), "too-many-fields"),
    ],
)
def test_folded_and_too_many_lines_are_refused(lines, word):
    with pytest.raises(Fault) as caught:
        check_fields(head(*lines), 2)
    assert caught.value.detail == word


def test_as_many_lines_as_may_be_pass():
    check_fields(head(b"a: 1", b"b: 2"), 2)


@pytest.mark.parametrize(
    ("line", "word"),
    [
        (b"none", "field-no-colon"),
        (b": 1", "field-name-empty"),
        (b"a : 1", "field-name-blank"),
        (b"a(b: 1", "field-name"),
        (b"sound: 1", "malformed"),
    ],
)
def test_a_bad_line_is_told_by_a_word(line, word):
    assert explain_fields(head(b"a: 1", line)) == word


def test_the_first_bad_line_is_told():
    assert explain_fields(head(b"a: 1", b": 1", b"none")) == "field-name-empty"
