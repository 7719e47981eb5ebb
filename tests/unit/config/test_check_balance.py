import pytest

from bfe_py.config.check_balance import check_cluster_table, check_gslb, check_name_conf
from bfe_py.config.dynamic import BackendEntry, ClusterTable, GslbConf, NameConf

TABLE = ClusterTable(clusters={"c": {"main": [BackendEntry()]}, "none": None})
HEAD = {"Hostname": "", "Ts": ""}


@pytest.mark.parametrize(
    ("document", "codes"),
    [
        (HEAD | {"Clusters": {"c": {"main": 1}}}, []),
        (HEAD | {"Clusters": {}}, []),
        (HEAD | {"Clusters": {"c": {"main": 1, "GSLB_BLACKHOLE": 5, "drained": 0}}}, []),
        ({"Ts": "1", "Clusters": {}}, ["E011"]),
        ({"Hostname": "1", "Clusters": {}}, ["E011"]),
        (HEAD, ["E011"]),
        (HEAD | {"Clusters": {"c": {"main": 0}}}, ["E502"]),
        (HEAD | {"Clusters": {"c": None}}, ["E502"]),
        (HEAD | {"Clusters": {"c": {"main": 5, "b": -1}}}, ["W521"]),
        (HEAD | {"Clusters": {"ghost": {"main": 5}}}, ["E504"]),
        (HEAD | {"Clusters": {"c": {"main": 5, "mian": 1}}}, ["W129"]),
        (HEAD | {"Clusters": {"none": {"main": 1}}}, ["W129"]),
    ],
)
def test_weights(examine, document: dict, codes: list[str]) -> None:
    found = examine(GslbConf, document, lambda gslb, findings: check_gslb(gslb, TABLE, findings))
    assert [finding.code for finding in found] == codes


def test_without_a_table_only_the_weights_are_checked(examine) -> None:
    document = HEAD | {"Clusters": {"ghost": {"main": 0}}}
    found = examine(GslbConf, document, lambda gslb, findings: check_gslb(gslb, None, findings))
    assert [finding.code for finding in found] == ["E502"]


def test_a_sub_cluster_without_backends_gets_a_suggestion(examine) -> None:
    document = HEAD | {"Clusters": {"c": {"mian": 1}}}
    found = examine(GslbConf, document, lambda gslb, findings: check_gslb(gslb, TABLE, findings))
    assert found.findings[0].hint == 'did you mean "main"?'


def backend(**fields: object) -> dict:
    return {"Name": "n", "Addr": "10.0.0.1", "Port": 80, "Weight": 1} | fields


@pytest.mark.parametrize(
    ("backends", "codes"),
    [
        ([backend()], []),
        ([backend(), backend(Port=81, Weight=0)], []),
        ([], ["E503"]),
        (None, ["E503"]),
        ([backend(Weight=0)], ["E503"]),
        ([None, backend()], ["E015"]),
        ([backend(Name=None)], ["E011"]),
        ([backend(Addr=None)], ["E011"]),
        ([backend(Port=None)], ["E011"]),
        ([backend(Weight=None), backend(Port=81)], ["E011"]),
        ([backend(Port=99999)], ["W523"]),
        ([backend(Addr="")], ["W523"]),
        ([backend(), backend(Port=81, Weight=-1)], ["W521"]),
        ([backend(), backend(Name="m")], ["W522"]),
    ],
)
def test_backends(examine, backends: list | None, codes: list[str]) -> None:
    document = {"Version": "1", "Config": {"c": {"main": backends}}}
    assert examine.codes(ClusterTable, document, check_cluster_table) == codes


def test_a_table_needs_version_and_clusters(examine) -> None:
    assert examine.codes(ClusterTable, {}, check_cluster_table) == ["E011", "E011"]
    document = {"Version": "", "Config": {"c": None}}
    assert examine.codes(ClusterTable, document, check_cluster_table) == []


@pytest.mark.parametrize(
    ("entries", "codes"),
    [
        ([{"Host": "h", "Port": 0, "Weight": 0}, {"Host": "h", "Port": 65535}], []),
        (None, []),
        ([{"Port": 1}], ["E011"]),
        ([{"Host": "h", "Port": 70000}], ["E012"]),
        ([{"Host": "h", "Port": -1}], ["E012"]),
        ([{"Host": "h", "Weight": -1}], ["E012"]),
    ],
)
def test_names(examine, entries: list | None, codes: list[str]) -> None:
    assert examine.codes(NameConf, {"Config": {"x": entries}}, check_name_conf) == codes


def test_there_may_be_no_names(examine) -> None:
    assert examine.codes(NameConf, {}, check_name_conf) == []
