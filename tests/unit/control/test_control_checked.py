"""What was checked, kept for the next start; and never believed when anything is different."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bfe_py.config import (
    Decoded,
    Group,
    PemFiles,
    Report,
    ServerGroup,
    TenantGroup,
    TlsGroup,
    decode_group,
    groups,
    rules_group,
)
from bfe_py.config.dynamic import ModuleDocument, ModuleGroup
from bfe_py.control.checked import NAME, CheckedStore
from bfe_py.control.seen import Looking, Seen
from tests.kit.documents import (
    HOSTS,
    ROUTES,
    MemoryDocuments,
    Reloading,
    rules_document,
    shop_documents,
    shop_static,
)

KEY = b"this program"


def server_group() -> Group:
    return next(one for one in groups(shop_static(), {}, {}) if one.name == "server_data_conf")


def read(group: Group, documents: MemoryDocuments) -> tuple[Decoded, Seen]:
    looking = Looking(documents)
    return decode_group(group, looking, pki=PemFiles()), looking.seen


@pytest.fixture
def documents() -> MemoryDocuments:
    made = shop_documents()
    made.write("rules/a.rules", rules_document("a.test"))
    return made


@pytest.fixture
def kept(tmp_path: Path, documents: MemoryDocuments) -> Path:
    """A folder with what the documents were found to say."""
    CheckedStore(tmp_path, KEY).keep([read(server_group(), documents)])
    return tmp_path


def find(folder: Path | None, documents: MemoryDocuments, key: bytes = KEY) -> Decoded | None:
    return CheckedStore(folder, key).find(server_group(), Looking(documents))


def test_documents_that_are_the_same_need_not_be_checked_again(
    kept: Path, documents: MemoryDocuments
):
    looking = Looking(documents)
    found = CheckedStore(kept, KEY).find(server_group(), looking)
    decoded, seen = read(server_group(), documents)

    assert found is not None
    assert found.value == decoded.value
    assert list(found.report) == list(decoded.report)
    assert found.places.keys() == decoded.places.keys()
    assert set(found.files) == set(decoded.files)
    assert looking.seen == seen


def test_findings_are_kept_too_with_their_places(tmp_path: Path):
    documents = shop_documents()
    documents.write(HOSTS, documents.contents[HOSTS].replace(b'"Version"', b'"version"'))
    decoded, seen = read(server_group(), documents)
    assert [one.line for one in decoded.report] == [1]
    CheckedStore(tmp_path, KEY).keep([(decoded, seen)])

    found = find(tmp_path, documents)
    assert found is not None
    assert list(found.report) == list(decoded.report)


def test_what_a_tenant_wrote_is_kept(tmp_path: Path, documents: MemoryDocuments):
    group = rules_group("a", "rules/a.rules")
    CheckedStore(tmp_path, KEY).keep([read(group, documents)])
    store = CheckedStore(tmp_path, KEY)

    found = store.find(group, Looking(documents))
    assert found is not None
    assert isinstance(found.value, TenantGroup)
    assert store.find(rules_group("b", "rules/b.rules"), Looking(documents)) is None


@pytest.mark.parametrize("change", [b"{}", None])
def test_a_document_that_changed_or_is_gone_is_checked(
    kept: Path, documents: MemoryDocuments, change: bytes | None
):
    if change is None:
        del documents.contents[ROUTES]
    else:
        documents.write(ROUTES, change)
    assert find(kept, documents) is None


def test_a_directory_that_was_looked_into_counts_with_its_names(
    tmp_path: Path, documents: MemoryDocuments
):
    decoded, seen = read(server_group(), documents)
    looked = Seen(seen.contents, {"rules/": documents.names("rules/")})
    CheckedStore(tmp_path, KEY).keep([(decoded, looked)])
    assert find(tmp_path, documents) is not None

    documents.write("rules/b.rules", b"")
    assert find(tmp_path, documents) is None


def test_what_another_program_checked_counts_for_nothing(kept: Path, documents: MemoryDocuments):
    assert find(kept, documents, b"another program") is None


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def flip(content: bytes) -> bytes:
    at = len(content) - 10
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


@pytest.mark.parametrize("damage", [cut, flip, lambda _: b"", lambda _: b"\x00" * 1000])
def test_a_damaged_file_is_ignored_and_written_anew(
    kept: Path, documents: MemoryDocuments, damage: Callable[[bytes], bytes]
):
    path = kept / NAME
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    assert find(kept, documents) is None

    CheckedStore(kept, KEY).keep([read(server_group(), documents)])
    assert path.read_bytes() == whole


def test_what_cannot_be_understood_is_ignored(kept: Path, documents: MemoryDocuments, monkeypatch):
    monkeypatch.setattr("bfe_py.control.checked._KIND_OF", {})
    assert find(kept, documents) is None
    monkeypatch.setattr("bfe_py.control.checked.Entries", dict[str, int])
    assert find(kept, documents) is None


def test_nothing_is_kept_where_there_is_no_folder(documents: MemoryDocuments):
    CheckedStore(None, KEY).keep([read(server_group(), documents)])
    assert find(None, documents) is None


def test_a_folder_that_cannot_be_written_costs_a_warning(tmp_path: Path, documents, caplog):
    CheckedStore(tmp_path / "gone", KEY).keep([read(server_group(), documents)])
    assert "checked documents not kept" in caplog.text


def test_nobody_else_can_read_it(kept: Path):
    assert (kept / NAME).stat().st_mode & 0o777 == 0o600


def test_what_was_read_once_is_not_kept_in_memory(kept: Path, documents: MemoryDocuments):
    store = CheckedStore(kept, KEY)
    assert store.find(server_group(), Looking(documents)) is not None
    store.forget()
    assert store.find(server_group(), Looking(documents)) is None


@pytest.mark.parametrize(
    "value",
    [
        TlsGroup(),
        ServerGroup(files={"key.pem": b"secret"}),
        TenantGroup(tenant="a", files={"key.pem": b"secret"}),
        ModuleGroup(
            module="m", documents={"d": ModuleDocument(packed=b"", files={"users": b"secret"})}
        ),
        None,
    ],
)
def test_contents_of_other_files_never_get_there(tmp_path: Path, value: object):
    group = server_group()
    CheckedStore(tmp_path, KEY).keep([(Decoded(group, value, Report(), (), {}), Seen({}, {}))])
    assert find(tmp_path, MemoryDocuments()) is None


def test_what_modules_say_is_kept(tmp_path: Path):
    value = ModuleGroup(module="m", documents={"d": ModuleDocument(packed=b"1")})
    decoded = Decoded(server_group(), value, Report(), (), {})
    CheckedStore(tmp_path, KEY).keep([(decoded, Seen({}, {}))])
    found = find(tmp_path, MemoryDocuments())
    assert found is not None
    assert found.value == value


def test_a_reload_reads_the_same_with_what_was_checked_as_without(tmp_path: Path):
    first = Reloading(store=CheckedStore(tmp_path, KEY))
    first.documents.write("rules/a.rules", rules_document("a.test"))
    assert first.load().is_changed
    CheckedStore(tmp_path, KEY).keep(first.reloader.checked)

    second = Reloading(store=CheckedStore(tmp_path, KEY))
    second.documents.write("rules/a.rules", rules_document("a.test"))
    second.documents.write(HOSTS, second.documents.contents[HOSTS] + b"\n")  # it has to be checked
    outcome = second.load()
    assert outcome.is_ok
    assert second.reloader.tree == first.reloader.tree
    assert second.tenant_of("a.test") == "a"
