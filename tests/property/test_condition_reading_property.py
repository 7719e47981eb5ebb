"""Whatever a peer sends is read without an error, and what was encoded comes back."""

import json
from urllib.parse import quote_plus

from hypothesis import given
from hypothesis import strategies as st

from bfe_py.condition.json_path import JsonPath
from bfe_py.condition.reading import (
    TargetError,
    decode_path,
    parse_cookies,
    parse_query,
    split_host,
    split_target,
)

WIRE = st.binary(max_size=40).map(lambda data: data.decode("utf-8", "surrogateescape"))
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@given(WIRE)
def test_any_bytes_are_read(text):
    assert isinstance(parse_query(text), dict)
    assert isinstance(parse_cookies([text, text]), dict)
    assert len(split_host(text)) == 2
    assert len(split_target(text)) == 2
    try:
        decode_path(text).encode("utf-8", "surrogateescape")
    except TargetError:
        assert "%" in text


@given(st.dictionaries(WORDS, WORDS, max_size=5))
def test_an_encoded_query_comes_back(parameters):
    encoded = "&".join(
        [f"{quote_plus(name)}={quote_plus(value)}" for name, value in parameters.items()]
    )
    assert parse_query(encoded) == parameters


@given(
    st.sampled_from(["a", "a.b", "a.0", "#", "#.a", "#(a==1)#", "a|b", "*", "a.#(b).c", ""]),
    st.lists(
        st.sampled_from(['"', "{", "}", "[", "]", ":", ",", "a", "b", "1", "null", "\\", " "])
    ),
)
def test_any_body_is_searched(path, pieces):
    assert isinstance(JsonPath.parse(path).find("".join(pieces).encode()), str)


@given(st.recursive(WORDS | st.integers(-5, 5), lambda inner: st.lists(inner, max_size=3)))
def test_text_that_is_json_yields_its_values(value):
    body = json.dumps({"x": 0, "v": value}).encode()
    found = JsonPath.parse("v").find(body)
    assert found == (value if isinstance(value, str) else json.dumps(value))
