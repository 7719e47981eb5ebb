import pytest

from bfe_py.config import Group, PemFiles, Report, groups
from bfe_py.config.reading import Reading
from bfe_py.control import GroupParts, Seen
from bfe_py.control.groups import Scope
from tests.kit.documents import (
    CLUSTERS,
    GSLB,
    HOSTS,
    ROUTES,
    TABLE,
    VIPS,
    MemoryDocuments,
    cluster_table,
    host_rule,
    shop_documents,
    shop_static,
)

SERVER, BALANCE, NAMES = "server_data_conf", "gslb_data_conf", "name_conf"


@pytest.fixture
def documents() -> MemoryDocuments:
    return shop_documents()


@pytest.fixture
def parts() -> GroupParts:
    return GroupParts(groups(shop_static(), {}, {}), PemFiles())


def test_at_first_everything_is_read_and_then_only_what_changed(
    parts: GroupParts, documents: MemoryDocuments
):
    assert parts.names == (SERVER, BALANCE, NAMES)
    report = Report()
    assert set(parts.read(documents, report) or ()) == set(parts.names)
    assert report.ok
    assert parts.read(documents, report) is None
    documents.write(TABLE, cluster_table("2", 81))
    assert list(parts.read(documents, report) or ()) == [BALANCE]
    assert parts.read(documents, report) is None


def test_everything_is_read_anew_when_that_is_asked_for(
    parts: GroupParts, documents: MemoryDocuments
):
    parts.read(documents, Report())
    assert set(parts.read(documents, Report(), Scope(anew=True)) or ()) == set(parts.names)


def test_one_group_is_read_though_it_did_not_change(parts: GroupParts, documents: MemoryDocuments):
    parts.read(documents, Report())
    assert list(parts.read(documents, Report(), Scope(only=BALANCE)) or ()) == [BALANCE]
    assert parts.read(documents, Report(), Scope(only="none")) is None


def test_a_group_that_is_wrong_has_no_new_version_and_is_reported_once(
    parts: GroupParts, documents: MemoryDocuments
):
    parts.read(documents, Report())
    documents.write(HOSTS, b"{")
    report = Report()
    assert parts.read(documents, report) == {}
    assert [finding.document for finding in report.errors] == [HOSTS]
    assert parts.read(documents, Report()) is None


def test_a_group_that_is_read_from_elsewhere_is_so_for_this_time_only(
    parts: GroupParts, documents: MemoryDocuments
):
    parts.read(documents, Report())
    for path in (HOSTS, VIPS, ROUTES, CLUSTERS):
        name = path.rpartition("/")[2]
        documents.contents[f"other/{name}"] = documents.contents[path].replace(b"shop", b"shop")
    documents.write("other/host_rule.data", host_rule("9", {"shop": ["else.test"]}))
    found = parts.read(documents, Report(), Scope(SERVER, "other")) or {}
    assert found[SERVER].decoded.value.hosts.version == "9"
    assert set(found[SERVER].seen.contents) == {
        f"other/{name}"
        for name in ("host_rule.data", "vip_rule.data", "route_rule.data", "cluster_conf.data")
    }
    assert parts.read(documents, Report()) is None
    documents.write(HOSTS, host_rule("2", {"shop": ["shop.test"]}))
    assert list(parts.read(documents, Report()) or ()) == [SERVER]


def test_warnings_refuse_where_the_reading_is_strict(documents: MemoryDocuments):
    documents.write(GSLB, {"Hostname": "", "Ts": "1", "Clusters": {"web": {"sub": 1}}, "Odd": 1})
    report = Report()
    strict = GroupParts(groups(shop_static(), {}, {}), PemFiles(), is_strict=True)
    assert BALANCE not in (strict.read(documents, report) or {})
    assert not report.ok
    lax = GroupParts(groups(shop_static(), {}, {}), PemFiles())
    assert BALANCE in (lax.read(documents, Report()) or {})


def test_the_last_good_versions_are_those_that_were_accepted(
    parts: GroupParts, documents: MemoryDocuments
):
    first = parts.read(documents, Report()) or {}
    assert parts.with_versions({}) == {}
    assert not parts.is_complete(parts.with_versions({SERVER: first[SERVER]}))
    parts.accept(first)
    assert parts.with_versions({}) == first
    assert parts.is_complete(parts.with_versions({}))
    documents.write(TABLE, cluster_table("2", 81))
    second = parts.read(documents, Report()) or {}
    assert parts.with_versions(second) == {**first, **second}
    assert parts.with_versions({}) == first


def test_what_was_accepted_can_be_read_again_from_what_was_seen(
    parts: GroupParts, documents: MemoryDocuments
):
    assert parts.seen == Seen({}, {})
    first = parts.read(documents, Report()) or {}
    parts.accept(first)
    other = GroupParts(groups(shop_static(), {}, {}), PemFiles())
    again = other.read(parts.seen, Report()) or {}
    assert {name: version.decoded.value for name, version in again.items()} == {
        name: version.decoded.value for name, version in first.items()
    }


def test_a_group_that_cannot_even_be_read_is_refused_and_the_others_are_read(
    documents: MemoryDocuments, caplog: pytest.LogCaptureFixture
):
    def fail(reading: Reading) -> object:
        raise ZeroDivisionError("odd")

    broken = Group("broken", ("a.data", "b.data"), fail)
    nameless = Group("nameless", (), fail)
    parts = GroupParts((broken, nameless, *groups(shop_static(), {}, {})), PemFiles())
    report = Report()
    assert set(parts.read(documents, report) or ()) == {SERVER, BALANCE, NAMES}
    assert [(one.code, one.document, one.message) for one in report.errors] == [
        ("E800", "a.data, b.data", "this proxy failed on it: ZeroDivisionError: odd"),
        ("E800", "nameless", "this proxy failed on it: ZeroDivisionError: odd"),
    ]
    assert "documents not read group=broken" in caplog.text


def test_a_file_that_appears_in_a_directory_that_was_listed_is_a_change():
    seen: list[tuple[str, ...] | None] = []

    def read(reading: Reading) -> object:
        seen.append(reading.names("folder"))
        return len(seen)

    parts = GroupParts((Group("listing", (), read),), PemFiles())
    documents = MemoryDocuments({"folder/a": b""})
    assert parts.read(documents, Report())
    assert parts.read(documents, Report()) is None
    documents.contents["folder/b"] = b""
    assert parts.read(documents, Report())
    assert seen == [("a",), ("a", "b")]
