import json
from pathlib import Path

import msgspec
import pytest
from msgspec import field

from bfe_py.config.conditions import ConditionCache
from bfe_py.config.documents import Directory
from bfe_py.config.dynamic import BalanceGroup, ModuleGroup, NameConf, ServerGroup
from bfe_py.config.groups import Decoded, Group, decode_group, groups
from bfe_py.config.pki import PemFiles
from bfe_py.config.static import Static, default_static
from bfe_py.config.static_own import Own
from bfe_py.config.static_schema import SessionTicket
from bfe_py.pipeline import Document, Module

DOCUMENTS = {
    "server_data_conf/host_rule.data": {
        "Version": "h",
        "Hosts": {"t": ["a.test"]},
        "HostTags": {"shop": ["t"]},
    },
    "server_data_conf/vip_rule.data": {"Version": "v", "Vips": {"shop": ["192.0.2.1"]}},
    "server_data_conf/route_rule.data": {
        "Version": "r",
        "ProductRule": {"shop": [{"Cond": "default_t()", "ClusterName": "main"}]},
    },
    "server_data_conf/cluster_conf.data": {"Version": "c", "Config": {"main": {}}},
    "server_data_conf/name_conf.data": {"Version": "n", "Config": {}},
    "cluster_conf/gslb.data": {"Hostname": "", "Ts": "", "Clusters": {"main": {"s": 1}}},
    "cluster_conf/cluster_table.data": {
        "Version": "t",
        "Config": {"main": {"s": [{"Name": "n", "Addr": "a", "Port": 1, "Weight": 1}]}},
    },
}


class File(msgspec.Struct, frozen=True):
    version: str = field(name="Version", default="")


def module_document(name: str, reload: str, default: str) -> Document:
    return Document(name, ("Basic", name), default, File, lambda *_: None, reload)


MODULE = Module(
    name="mod_x",
    build=lambda _: {},
    documents=(
        module_document("rules", "mod_x", "mod_x/rules.data"),
        module_document("more", "mod_x", "mod_x/more.data"),
        module_document("table", "mod_x.table", "mod_x/table.data"),
        module_document("none", "mod_x.none", ""),
    ),
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, content in DOCUMENTS.items():
        write(tmp_path, name, content)
    return tmp_path


def write(root: Path, name: str, content: object) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(json.dumps(content))


def find(name: str, static: Static | None = None) -> Group:
    every = groups(static or Static(), {"mod_x": MODULE}, {})
    return next(group for group in every if group.name == name)


def decode(root: Path, name: str, **options: object) -> Decoded:
    return decode_group(find(name), Directory(root), **options)


def test_groups_have_the_reload_names_of_bfe() -> None:
    found = {group.name: group.paths for group in groups(Static(), {"mod_x": MODULE}, {})}
    assert found == {
        "server_data_conf": (
            "server_data_conf/host_rule.data",
            "server_data_conf/vip_rule.data",
            "server_data_conf/route_rule.data",
            "server_data_conf/cluster_conf.data",
        ),
        "gslb_data_conf": ("cluster_conf/gslb.data", "cluster_conf/cluster_table.data"),
        "name_conf": ("server_data_conf/name_conf.data",),
        "tls_conf": ("tls_conf/server_cert_conf.data", "tls_conf/tls_rule_conf.data"),
        "tls_session_ticket_key": (),
        "mod_x": ("mod_x/rules.data", "mod_x/more.data"),
        "mod_x.table": ("mod_x/table.data",),
    }


def test_without_files_of_bfe_there_are_no_groups() -> None:
    assert groups(default_static(), {}, {}) == ()


def test_an_enabled_ticket_key_has_a_path() -> None:
    static = Static(session_ticket=SessionTicket(is_disabled=False))
    assert find("tls_session_ticket_key", static).paths == ("tls_conf/session_ticket_key.data",)


def test_without_tls_there_are_no_groups_of_it() -> None:
    names = [group.name for group in groups(Static(own=Own(is_tls_disabled=True)), {}, {})]
    assert names == ["server_data_conf", "gslb_data_conf", "name_conf"]


def test_the_server_group_is_read_as_a_whole(root: Path) -> None:
    decoded = decode(root, "server_data_conf")
    assert len(decoded.report) == 0
    assert isinstance(decoded.value, ServerGroup)
    assert decoded.value.hosts.version == "h"
    assert list(decoded.value.clusters.clusters or ()) == ["main"]
    assert decoded.files == find("server_data_conf").paths
    assert tuple(decoded.places) == decoded.files
    assert decoded.group.name == "server_data_conf"


@pytest.mark.parametrize("path", find("server_data_conf").paths)
def test_one_bad_document_takes_the_group_with_it(root: Path, path: str) -> None:
    (root / path).write_text("{")
    decoded = decode(root, "server_data_conf")
    assert decoded.value is None
    assert [(found.code, found.document) for found in decoded.report.errors] == [("E003", path)]


def test_every_document_of_a_group_is_checked(root: Path) -> None:
    for path in find("server_data_conf").paths:
        write(root, path, {})
    codes = {(found.document[17:], found.code) for found in decode(root, "server_data_conf").report}
    assert codes == {
        ("host_rule.data", "E011"),
        ("vip_rule.data", "E011"),
        ("route_rule.data", "E011"),
        ("cluster_conf.data", "E011"),
    }


def test_files_of_clusters_belong_to_the_group(root: Path) -> None:
    (root / "ca.pem").write_bytes(b"CA")
    entry = {"BackendConf": {"Protocol": "https"}, "HTTPSConf": {"RSCAList": ["ca.pem"]}}
    path = "server_data_conf/cluster_conf.data"
    write(root, path, {"Version": "c", "Config": {"main": entry}})
    decoded = decode(root, "server_data_conf")
    assert isinstance(decoded.value, ServerGroup)
    assert decoded.value.files == {"ca.pem": b"CA"}
    assert "ca.pem" in decoded.files


def test_an_override_takes_the_files_from_a_directory(root: Path) -> None:
    for name in find("server_data_conf").paths:
        write(root, name.replace("server_data_conf", "new"), DOCUMENTS[name] | {"Version": "new"})
    decoded = decode(root, "server_data_conf", overrides={"path": "new"})
    assert isinstance(decoded.value, ServerGroup)
    assert decoded.value.hosts.version == "new"
    assert decoded.files[0] == "new/host_rule.data"


def test_the_balance_group(root: Path) -> None:
    decoded = decode(root, "gslb_data_conf")
    assert isinstance(decoded.value, BalanceGroup)
    assert decoded.value.table.version == "t"
    assert len(decoded.report) == 0


@pytest.mark.parametrize("path", find("gslb_data_conf").paths)
def test_a_balance_group_without_a_document(root: Path, path: str) -> None:
    (root / path).unlink()
    decoded = decode(root, "gslb_data_conf")
    assert decoded.value is None
    assert [found.document for found in decoded.report] == [path]


def test_names_may_be_overridden_by_a_file(root: Path) -> None:
    write(root, "other.data", {"Version": "o", "Config": {}})
    decoded = decode(root, "name_conf", overrides={"path": "other.data"})
    assert isinstance(decoded.value, NameConf)
    assert (decoded.value.version, decoded.files) == ("o", ("other.data",))


def test_names_that_are_not_there(root: Path) -> None:
    (root / "server_data_conf/name_conf.data").unlink()
    assert decode(root, "name_conf").value is None


def test_groups_of_modules(root: Path) -> None:
    write(root, "mod_x/table.data", {"Version": "x"})
    decoded = decode(root, "mod_x.table")
    assert isinstance(decoded.value, ModuleGroup)
    assert decoded.value.documents["table"].version == "x"


class Refusing(PemFiles):
    """Nothing fits."""

    def verify_pair(self, certificate: bytes, key: bytes) -> str | None:
        return "refused"


def test_certificates_are_judged_by_who_is_given(root: Path) -> None:
    (root / "tls_conf/client_crl").mkdir(parents=True)
    pair = {"ServerCertFile": "crt", "ServerKeyFile": "crt"}
    table = {"Default": "m", "CertConf": {"m": pair}}
    (root / "crt").write_bytes(b"x")
    write(root, "tls_conf/server_cert_conf.data", {"Version": "1", "Config": table})
    write(root, "tls_conf/tls_rule_conf.data", {"Version": "1", "Config": {}})
    decoded = decode(root, "tls_conf", pki=Refusing())
    assert [found.message for found in decoded.report] == ["refused"]
    assert decode(root, "tls_session_ticket_key").value is not None


def test_conditions_are_shared_between_groups(root: Path) -> None:
    conditions = ConditionCache()
    decode(root, "server_data_conf", conditions=conditions)
    assert len(conditions) == 1
