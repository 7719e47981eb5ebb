"""Whatever stands in a document, reading it answers or reports; and both ways of reading agree."""

import json
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec import field

from bfe_py.config import PemFiles, Report, decode
from bfe_py.config.ini import parse_ini
from bfe_py.config.json_spans import JsonSpans
from bfe_py.config.shapes import shape_of
from bfe_py.config.text import Text
from bfe_py.config.walk import Walk

DATA = Path(__file__).parents[1] / "conformance" / "data" / "config_tree" / "tls_conf" / "certs"
CERTIFICATE = (DATA / "main.crt").read_bytes()
KEY = (DATA / "main.key").read_bytes()


class Rule(msgspec.Struct, frozen=True):
    condition: str | None = field(name="Cond", default=None)
    weight: int = field(name="Weight", default=0)
    names: list[str] = field(name="Names", default_factory=list)


class File(msgspec.Struct, frozen=True):
    version: str | None = field(name="Version", default=None)
    rules: dict[str, list[Rule] | None] | None = field(name="Config", default=None)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
INTEGERS = st.integers(-(2**63), 2**63 - 1)
RULES = st.fixed_dictionaries(
    {}, optional={"Cond": st.none() | TEXTS, "Weight": INTEGERS, "Names": st.lists(TEXTS)}
)
FILES = st.fixed_dictionaries(
    {},
    optional={
        "Version": st.none() | TEXTS,
        "Config": st.none() | st.dictionaries(TEXTS, st.none() | st.lists(RULES)),
    },
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(["Version", "version", "Config", "Cond", "cond", "Weight", "x"]), inner
        )
    ),
    max_leaves=15,
)


@given(FILES, st.booleans())
def test_a_clean_document_reads_the_same_key_by_key(document: Any, is_ascii: bool) -> None:
    text = json.dumps(document, ensure_ascii=is_ascii)
    report = Report()
    clean = decode(File, text.encode(), "x", report)
    walked = Walk(Text("x", text), JsonSpans(text), report).run(shape_of(File))
    assert clean == msgspec.convert(walked, File) == msgspec.json.decode(text, type=File)
    assert len(report) == 0


@given(JSON)
def test_any_json_is_read_or_refused_with_a_line(document: Any) -> None:
    report = Report()
    value = decode(File, json.dumps(document).encode(), "x", report)
    assert (value is None) == (not report.ok)
    assert all(finding.line >= 1 for finding in report)


@given(st.binary() | st.text(alphabet='{}[]",:\\u0123ndNI -e.').map(str.encode))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    report = Report()
    value = decode(File, content, "x", report)
    assert (value is None) == (not report.ok)


@given(st.text(alphabet='[]a=b"\\;#\n\r\t -_'))
def test_any_ini_text_is_read_or_refused_with_a_line(content: str) -> None:
    report = Report()
    ini = parse_ini(Text("x", content), report)
    assert all(finding.line >= 1 for finding in report)
    for section in ini.sections:
        for entry in section.entries:
            if entry.value is not None:
                assert len(entry.value.offsets) == len(entry.value.text)


@given(
    st.lists(st.tuples(st.integers(0, len(CERTIFICATE) - 1), st.integers(0, 255)), max_size=20),
    st.lists(st.tuples(st.integers(0, len(KEY) - 1), st.integers(0, 255)), max_size=20),
)
def test_damaged_certificates_and_keys_are_judged_not_stumbled_over(
    in_certificate: list[tuple[int, int]], in_key: list[tuple[int, int]]
) -> None:
    certificate, key = bytearray(CERTIFICATE), bytearray(KEY)
    for content, changes in ((certificate, in_certificate), (key, in_key)):
        for at, byte in changes:
            content[at] = byte
    pki = PemFiles()
    problem = pki.verify_pair(bytes(certificate), bytes(key))
    assert problem is None or problem.startswith("the ")
    names = pki.names_of(bytes(certificate))
    assert names is None or all(isinstance(name, str) for name in names)
