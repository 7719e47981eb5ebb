"""Nested values as paths with texts; nothing secret among them."""

from typing import Any

import msgspec
import pytest

from bfe_py.config.dynamic import BackendEntry, ClusterEntry, ModuleDocument, Pem
from bfe_py.config.dynamic_clusters import AiConf, AiKey, BackendConf
from bfe_py.config.leaves import leaves, shorten


def document(content: object, **files: bytes) -> ModuleDocument:
    return ModuleDocument(packed=msgspec.msgpack.encode(content), files=files)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (None, {}),
        (3, {"": "3"}),
        ({"a": {"b": "text", "c": None, "d": True}}, {"a.b": "text", "a.d": "true"}),
        (["x", "y"], {"[x]": "", "[y]": ""}),
        (["x", "x"], {"[x]": "", "[x] again": ""}),
        ({"rules": [{"Cond": "c", "Act": ["a"]}]}, {'rules[{"Cond":"c","Act":["a"]}]': ""}),
        (ClusterEntry(backend=BackendConf(connect_ms=5)), {"BackendConf.TimeoutConnSrv": "5"}),
        (
            {"sub": [BackendEntry(name="b", host="h", port=1), None]},
            {"sub[b]": "Addr h, Port 1", "sub[null]": ""},
        ),
        ([{"Name": "n", "in": {"x": 1}, "no": None}], {"[n].in.x": "1"}),
    ],
)
def test_every_leaf_has_its_path(value: Any, found: dict[str, str]) -> None:
    assert leaves(value) == found


@pytest.mark.parametrize(
    "value",
    [
        Pem(certificate=b"SECRET", key=b"SECRET"),
        ClusterEntry(ai=AiConf(keys=[AiKey(name="n", key="SECRET")])),
        {"Password": "SECRET", "rules": [{"AccessToken": "SECRET"}, {"in": [b"SECRET"]}]},
        document({"Config": {"Secret": "SECRET"}}, users=b"SECRET"),
    ],
)
def test_what_may_be_secret_is_not_shown(value: Any) -> None:
    found = leaves(value)
    assert found
    assert "SECRET" not in str(found)
    assert "(not shown)" in str(found)


def test_documents_of_modules_are_looked_into() -> None:
    assert leaves(document({"Config": {"shop": [{"Cond": "c"}]}})) == {
        'Config.shop[{"Cond":"c"}]': ""
    }


@pytest.mark.parametrize("packed", [b"one line\nanother", b"\xc1"])
def test_documents_that_are_text_have_lines(packed: bytes) -> None:
    lines = packed.decode("utf-8", "replace").splitlines()
    assert leaves(ModuleDocument(packed=packed)) == {f"text[{line}]": "" for line in lines}


def test_texts_are_one_line_of_a_bearable_length() -> None:
    assert shorten("a \n  b") == "a b"
    assert len(shorten("x" * 1000)) == 300
