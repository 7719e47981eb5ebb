import msgspec
from msgspec import field

from bfe_py.config.conditions import ConditionCache
from bfe_py.config.pki import PemFiles
from bfe_py.config.reading import Reading


class Memory:
    """Documents in a dict."""

    def __init__(self, **files: bytes) -> None:
        self.files = files

    def get(self, path: str) -> bytes | None:
        return self.files.get(path)

    def names(self, path: str) -> tuple[str, ...] | None:
        return ("a", "b") if path == "directory" else None


class File(msgspec.Struct, frozen=True):
    version: str = field(name="Version", default="")


def reading(overrides: dict[str, str] | None = None, **files: bytes) -> Reading:
    return Reading(Memory(**files), overrides or {}, PemFiles(), ConditionCache())


def test_everything_that_was_looked_at_is_remembered_once() -> None:
    one = reading(x=b"1")
    assert one.read("x") == one.read("x") == b"1"
    assert one.read("none") is None
    assert one.names("directory") == ("a", "b")
    assert one.names("none") is None
    assert list(one.files) == ["x", "none", "directory"]
    assert one.report.ok


def test_paths_stay_without_overrides() -> None:
    assert reading().find_file("a/b") == "a/b"
    assert reading().find_beside("a/b") == "a/b"
    assert reading({"path": ""}).find_beside("a/b") == "a/b"
    assert reading({"path": ""}).find_file("a/b") == "a/b"


def test_an_override_is_a_file_or_a_directory() -> None:
    one = reading({"path": "other"})
    assert one.find_file("a/b") == "other"
    assert one.find_beside("a/b") == "other/b"


def test_a_document_is_decoded_with_its_places() -> None:
    one = reading(x=b'{"Version": "1"}')
    value, findings = one.decode(File, "x")
    assert value == File("1")
    findings.error(("Version",), "bad")
    assert [(found.document, found.line, found.column) for found in one.report] == [("x", 1, 13)]
    assert list(one.places) == ["x"]


def test_a_document_that_is_not_there_is_reported() -> None:
    one = reading()
    value, findings = one.decode(File, "x")
    assert value is None
    findings.warning(("Version",), "odd")
    assert [(found.code, found.document) for found in one.report] == [("E001", "x"), ("W300", "x")]
    assert one.places == {}


def test_documents_that_cannot_be_decoded_have_no_places() -> None:
    for content in (b"\xff", b"{"):
        one = reading(x=content)
        assert one.decode(File, "x")[0] is None
        assert one.places == {}
        assert not one.report.ok


def test_text_documents_have_lines() -> None:
    one = reading()
    one.line_findings("x", b"one\ntwo \xff").error((2,), "bad")
    (found,) = one.report
    assert (found.line, found.excerpt) == (2, "two \ufffd")


def test_files_that_findings_ask_for_are_looked_at_too() -> None:
    one = reading(x=b"{}", users=b"a")
    _, findings = one.decode(File, "x")
    assert findings.file((), "users") == b"a"
    assert list(one.files) == ["x", "users"]
