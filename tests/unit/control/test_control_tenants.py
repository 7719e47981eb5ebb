from pathlib import Path

import pytest

from bfe_py.balance import Reach, ip_range
from bfe_py.config import Report, ServerGroup
from bfe_py.config.dynamic import HostRule
from bfe_py.control import Seen, TenantParts
from bfe_py.control import tenants as tenants_module
from tests.kit.documents import MemoryDocuments, rules_document

NO_SERVER = None


class Loading:
    """Tenants over documents in memory; `step` is one load that is used."""

    def __init__(self, parts: TenantParts | None = None, documents: MemoryDocuments | None = None):
        self.parts = parts or TenantParts()
        self.documents = documents or MemoryDocuments()
        self.report = Report()

    def write(self, tenant: str, content: bytes) -> None:
        self.documents.write(f"rules/{tenant}.rules", content)

    def remove(self, tenant: str) -> None:
        del self.documents.contents[f"rules/{tenant}.rules"]

    def step(
        self, server: ServerGroup | None = None, *, anew: bool = False
    ) -> frozenset[str] | None:
        self.report = Report()
        read = self.parts.load(self.documents, self.report, anew=anew)
        self.parts.accept(self.parts.settle(server, self.report, read or frozenset()))
        return read

    @property
    def hosts(self) -> dict[str, list[str]]:
        return {tenant: group.hosts for tenant, group in self.parts.accepted.items()}

    @property
    def errors(self) -> list[str]:
        return [finding.message for finding in self.report.errors]


def test_only_what_changed_is_read():
    loading = Loading()
    assert loading.step() is None
    loading.write("a", rules_document("a.test"))
    loading.write("b", rules_document("b.test"))
    loading.documents.write("rules/.hidden.rules", b"nonsense")
    loading.documents.write("rules/notes.txt", b"nonsense")
    assert loading.step() == {"a", "b"}
    assert loading.hosts == {"a": ["a.test"], "b": ["b.test"]}
    assert loading.step() is None
    loading.write("b", rules_document("c.test"))
    assert loading.step() == {"b"}
    assert loading.step(anew=True) == {"a", "b"}
    loading.remove("a")
    assert loading.step() == {"a"}
    assert loading.hosts == {"b": ["c.test"]}
    assert loading.errors == []


@pytest.mark.parametrize("broken", [b"hosts", b"\xff", b"", b"hosts x.test\nroute -> nowhere\n"])
def test_a_broken_document_keeps_the_last_good_version_and_touches_no_other(broken: bytes):
    loading = Loading()
    loading.write("a", rules_document("a.test"))
    loading.step()
    loading.write("a", broken)
    loading.write("b", rules_document("b.test"))
    assert loading.step() == {"a", "b"}
    assert {finding.document for finding in loading.report.errors} == {"rules/a.rules"}
    assert loading.hosts == {"a": ["a.test"], "b": ["b.test"]}
    assert loading.step() is None


def test_a_document_that_was_never_good_is_left_out():
    loading = Loading()
    loading.write("a", b"hosts")
    loading.step()
    assert loading.hosts == {}
    assert loading.errors
    loading.write("a", rules_document("a.test"))
    loading.step()
    assert loading.hosts == {"a": ["a.test"]}


def test_a_document_that_is_there_and_cannot_be_read_takes_nothing_away():
    loading = Loading()
    loading.write("a", rules_document("a.test"))
    loading.step()
    loading.documents.unreadable.add("rules/a.rules")
    assert loading.step() == {"a"}
    assert loading.errors == ["the document cannot be read"]
    assert loading.hosts == {"a": ["a.test"]}


def test_a_folder_that_goes_away_takes_nothing_away_and_is_told_once():
    loading = Loading()
    loading.write("a", rules_document("a.test"))
    loading.step()
    loading.documents.missing.add("rules/")
    assert loading.step() == frozenset()
    assert loading.errors == ["the folder of .rules documents cannot be read"]
    assert loading.step() is None
    assert loading.hosts == {"a": ["a.test"]}
    loading.documents.missing.clear()
    assert loading.step() == frozenset()
    assert loading.errors == []
    assert loading.step() is None


def test_a_file_that_a_document_names_is_followed():
    loading = Loading()
    settings = b'    protocol https\n    tls authority "ca.pem"\n}'
    loading.write("a", rules_document("a.test").replace(b"}", settings))
    loading.step()
    loading.documents.write("ca.pem", b"of the operator")
    assert loading.errors == ['the file "ca.pem" cannot be read']
    loading.documents.write("rules/a/ca.pem", b"one")
    assert loading.step() == {"a"}
    assert loading.parts.accepted["a"].files == {"ca.pem": b"one"}
    loading.documents.write("rules/a/ca.pem", b"two")
    assert loading.step() == {"a"}
    assert loading.parts.accepted["a"].files == {"ca.pem": b"two"}


def test_a_backend_is_where_tenants_may_have_one(tmp_path: Path):
    reach = Reach((ip_range("10.0.0.0/8"),))
    good = rules_document("a.test")
    loading = Loading(TenantParts(tmp_path, reach=reach))
    loading.write("a", good)
    loading.step()
    assert loading.hosts == {"a": ["a.test"]}
    loading.write("a", good.replace(b"10.0.0.1", b"11.0.0.1"))
    loading.step()
    assert loading.errors == [
        "`11.0.0.1:8000` cannot be a backend of a tenant: TenantBackends of bfe.conf leaves it out"
    ]
    again = Loading(TenantParts(tmp_path, reach=Reach((ip_range("192.0.2.0/24"),))))
    again.write("a", good)
    again.step()
    assert again.hosts == {}


def test_a_failure_of_our_own_is_one_tenants_alone(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    real = tenants_module.rules_group

    def fail_on_a(tenant: str, path: str, reach: Reach | None):
        if tenant == "a":
            raise ZeroDivisionError("odd")
        return real(tenant, path, reach)

    monkeypatch.setattr(tenants_module, "rules_group", fail_on_a)
    loading = Loading()
    loading.write("a", rules_document("a.test"))
    loading.write("b", rules_document("b.test"))
    loading.step()
    assert loading.hosts == {"b": ["b.test"]}
    (finding,) = loading.report.errors
    assert (finding.code, finding.document) == ("E800", "rules/a.rules")
    assert "document not read tenant=a" in caplog.text


def test_warnings_refuse_where_the_reading_is_strict():
    doubtful = rules_document("a.test") + b"route -> web\n"
    lax, strict = Loading(), Loading(TenantParts(is_strict=True))
    for loading in (lax, strict):
        loading.write("a", doubtful)
        loading.step()
    assert lax.errors == []
    assert lax.report.warnings
    assert lax.hosts == {"a": ["a.test"]}
    assert strict.errors
    assert strict.hosts == {}


# --- who may have what


def shared(*hosts: str) -> ServerGroup:
    return ServerGroup(hosts=HostRule(hosts={"tag": list(hosts)}, tags={"bfe": ["tag"]}))


def test_a_host_stays_with_its_holder_until_that_one_lets_go():
    loading = Loading()
    loading.write("b", rules_document("shop.test"))
    loading.step()
    loading.write("a", rules_document("shop.test"))
    loading.step()
    assert loading.hosts == {"b": ["shop.test"]}
    assert loading.errors == ["the host shop.test belongs to tenant b already"]
    loading.write("b", rules_document("other.test"))
    loading.step()
    assert loading.hosts == {"a": ["shop.test"], "b": ["other.test"]}
    assert loading.errors == []


def test_who_claims_too_much_keeps_the_version_before():
    loading = Loading()
    loading.write("a", rules_document("a.test"))
    loading.write("b", rules_document("b.test"))
    loading.step()
    loading.write("b", rules_document("c.test", "a.test"))
    loading.step()
    assert loading.hosts == {"a": ["a.test"], "b": ["b.test"]}
    finding = loading.report.errors[0]
    assert (finding.document, finding.line, finding.column) == ("rules/b.rules", 1, 15)


def test_a_refusal_is_told_when_it_is_news_and_when_its_document_was_read():
    loading = Loading()
    loading.write("a", rules_document("a.test"))
    loading.write("b", rules_document("a.test"))
    loading.step()
    assert len(loading.errors) == 1
    loading.write("a", rules_document("a.test", "more.test"))
    loading.step()
    assert loading.errors == []
    loading.write("b", rules_document("a.test", port=1))
    loading.step()
    assert len(loading.errors) == 1
    loading.write("b", rules_document("a.test", "more.test"))
    loading.step()
    assert len(loading.errors) == 2


def test_hosts_of_bfes_files_come_first_and_stay_where_they_are():
    loading = Loading()
    loading.write("a", rules_document("bfe.test"))
    loading.step(shared("bfe.test"))
    assert loading.hosts == {}
    assert loading.errors == ["the host bfe.test belongs to BFE's files already"]
    loading.step(shared())
    assert loading.hosts == {"a": ["bfe.test"]}
    settled = loading.parts.settle(shared("bfe.test"), loading.report, frozenset({""}))
    assert settled.refuses_shared
    assert [(one.document, one.message) for one in loading.report.errors] == [
        ("server_data_conf", "the host bfe.test belongs to tenant a already")
    ]


# --- what cannot be used after all


def test_what_is_rejected_is_as_if_it_had_never_been_read():
    loading = Loading()
    loading.write("a", rules_document("a.test"))
    loading.step()
    loading.write("a", rules_document("b.test"))
    read = loading.parts.load(loading.documents, loading.report)
    settled = loading.parts.settle(NO_SERVER, loading.report, read or frozenset())
    assert settled.accepted["a"].group.hosts == ["b.test"]
    loading.parts.reject()
    loading.write("c", rules_document("c.test"))
    loading.step()
    assert loading.hosts == {"a": ["a.test"], "c": ["c.test"]}


# --- over a restart


def restarted(loading: Loading, state: Path) -> Loading:
    return Loading(TenantParts(state), loading.documents)


def test_the_last_good_version_holds_over_a_restart(tmp_path: Path):
    loading = Loading(TenantParts(tmp_path))
    loading.write("a", rules_document("a.test"))
    loading.write("b", rules_document("b.test"))
    loading.step()
    loading.write("a", b"hosts")
    loading.step()
    loading = restarted(loading, tmp_path)
    loading.step()
    assert loading.hosts == {"a": ["a.test"], "b": ["b.test"]}
    assert {finding.document for finding in loading.report.errors} == {"rules/a.rules"}
    loading.write("a", rules_document("c.test"))
    loading.step()
    assert restarted(loading, tmp_path).step() == {"a", "b"}


def test_a_host_stays_with_its_holder_over_a_restart(tmp_path: Path):
    loading = Loading(TenantParts(tmp_path))
    loading.write("b", rules_document("shop.test"))
    loading.write("a", rules_document("a.test"))
    loading.step()
    loading.write("a", rules_document("shop.test", "a.test"))
    loading.step()
    assert loading.errors
    loading = restarted(loading, tmp_path)
    loading.step()
    assert loading.hosts == {"a": ["a.test"], "b": ["shop.test"]}
    assert loading.errors == ["the host shop.test belongs to tenant b already"]


def test_a_stored_version_that_cannot_be_used_any_more_is_none(tmp_path: Path):
    (tmp_path / "a.rules").write_bytes(b"hosts")
    loading = Loading(TenantParts(tmp_path))
    loading.write("a", b"nonsense")
    loading.step()
    assert loading.hosts == {}


def test_who_is_gone_is_not_remembered(tmp_path: Path):
    loading = Loading(TenantParts(tmp_path))
    loading.write("a", rules_document("a.test"))
    loading.step()
    loading.write("b", rules_document("b.test"))
    loading.remove("a")
    loading.step()
    assert [path.name for path in tmp_path.iterdir()] == ["b.rules"]


def test_what_is_in_use_can_be_read_again_from_what_was_seen():
    loading = Loading()
    assert loading.parts.seen == Seen({}, {})
    loading.write("a", rules_document("a.test"))
    loading.write("b", rules_document("b.test"))
    loading.step()
    loading.write("b", b"hosts")
    loading.step()
    again = TenantParts()
    read = again.load(loading.parts.seen, Report())
    again.accept(again.settle(None, Report(), read or frozenset()))
    assert again.accepted == loading.parts.accepted
