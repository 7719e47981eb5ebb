import msgspec
import pytest
from msgspec import field

from bfe_py.config.conditions import ConditionCache
from bfe_py.config.documents import Directory
from bfe_py.config.module_group import ModuleReader, find_path
from bfe_py.config.pki import PemFiles
from bfe_py.config.reading import Reading
from bfe_py.pipeline import Document, Findings


class Basic(msgspec.Struct, frozen=True):
    path: str = field(name="DataPath", default="")


class Settings(msgspec.Struct, frozen=True):
    basic: Basic = field(name="Basic", default=Basic())


class File(msgspec.Struct, frozen=True):
    version: str | None = field(name="Version", default=None)
    tenants: dict[str, list[str]] | None = field(name="Config", default=None)


class Plain(msgspec.Struct, frozen=True):
    number: int = 0


def read_users(value: File, findings: Findings) -> None:
    for tenant, names in (value.tenants or {}).items():
        for index, name in enumerate(names):
            findings.file(("Config", tenant, index), name)


def refuse_words(content: bytes, findings: Findings) -> None:
    for number, line in enumerate(content.split(b"\n"), 1):
        if line == b"bad":
            findings.error((number,), "bad")
        if line == b"list":
            findings.file((number,), "list")


def document(name: str = "rules", schema: type[msgspec.Struct] | None = File) -> Document:
    return Document(
        name=name,
        setting=("basic", "datapath"),
        default=f"mod_x/{name}.data",
        schema=schema,
        compile=refuse_words
        if schema is None
        else read_users
        if schema is File
        else lambda *_: None,
        reload="mod_x",
    )


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        (None, "mod_x/rules.data"),
        (Settings(), "mod_x/rules.data"),
        (Settings(Basic("y")), "y"),
        (Basic("y"), "mod_x/rules.data"),
    ],
)
def test_a_document_is_where_settings_or_default_say(settings: object, path: str) -> None:
    assert find_path(document(), settings) == path


@pytest.fixture
def reading(tmp_path) -> Reading:
    files = {
        "mod_x/rules.data": '{"Version": "7", "Config": {"shop": ["users"]}}',
        "mod_x/plain.data": "{}",
        "mod_x/addresses.data": "good\nlist",
        "mod_x/bad.data": "good\nbad",
        "users": "u",
        "list": "l",
    }
    (tmp_path / "mod_x").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return Reading(Directory(tmp_path), {}, PemFiles(), ConditionCache())


def reader(*documents: Document) -> ModuleReader:
    found = ModuleReader("mod_x")
    for each in documents:
        found.add(each, None)
    return found


def test_a_document_is_packed_with_version_tenants_and_files(reading: Reading) -> None:
    group = reader(document()).read(reading)
    packed = group.documents["rules"]
    assert group.module == "mod_x"
    assert msgspec.msgpack.decode(packed.packed, type=File) == File("7", {"shop": ["users"]})
    assert (packed.version, packed.tenants, packed.files) == ("7", ["shop"], {"users": b"u"})
    assert reading.report.ok


def test_a_document_without_version_and_tenants_has_none(reading: Reading) -> None:
    packed = reader(document("plain", Plain)).read(reading).documents["plain"]
    assert (packed.version, packed.tenants) == ("", [])


def test_a_text_document_is_kept_as_it_is(reading: Reading) -> None:
    packed = reader(document("addresses", None)).read(reading).documents["addresses"]
    assert (packed.packed, packed.files) == (b"good\nlist", {"list": b"l"})


def test_what_a_module_refuses_has_its_line(reading: Reading) -> None:
    reader(document("bad", None)).read(reading)
    assert [(found.code, found.line) for found in reading.report] == [("E300", 2)]


@pytest.mark.parametrize("schema", [File, None])
def test_a_document_that_is_not_there_is_left_out(reading: Reading, schema: type | None) -> None:
    assert reader(document("gone", schema)).read(reading).documents == {}
    assert [found.code for found in reading.report] == ["E001"]


def test_documents_without_a_path_are_left_out() -> None:
    nowhere = Document("x", ("Basic", "None"), "", None, refuse_words, "mod_x")
    assert reader(nowhere).paths == ()
    assert reader(nowhere, document()).paths == ("mod_x/rules.data",)


def test_several_documents_are_overridden_by_a_directory(tmp_path, reading: Reading) -> None:
    (tmp_path / "new").mkdir()
    for name in ("rules", "plain"):
        (tmp_path / "new" / f"{name}.data").write_text('{"Version": "8"}')
    overridden = Reading(Directory(tmp_path), {"path": "new"}, PemFiles(), ConditionCache())
    group = reader(document(), document("plain", Plain)).read(overridden)
    assert list(overridden.files) == ["new/rules.data", "new/plain.data"]
    assert group.documents["rules"].version == "8"
