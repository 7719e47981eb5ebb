import msgspec
import pytest

from bfe_py.config import dynamic, dynamic_clusters


@pytest.mark.parametrize(
    ("schema", "keys"),
    [
        (dynamic_clusters.BackendConf, {"Protocol", "TimeoutConnSrv", "OutlierDetectionHttpCode"}),
        (dynamic_clusters.CheckConf, {"Schem", "Uri", "StatusCodeRange", "CheckInterval"}),
        (
            dynamic_clusters.ClusterBasic,
            {"TimeoutReadClient", "ResFlushInterval", "DisableHostHeader"},
        ),
        (dynamic_clusters.GslbBasic, {"CrossRetry", "RetryMax", "BalanceMode", "HashConf"}),
    ],
)
def test_names_are_those_of_bfe(schema: type[msgspec.Struct], keys: set[str]) -> None:
    assert keys <= {entry.encode_name for entry in msgspec.structs.fields(schema)}


def test_the_schema_of_clusters_is_part_of_the_whole() -> None:
    assert dynamic.ClusterConf is dynamic_clusters.ClusterConf
    entry = {"BackendConf": {"Protocol": "h2c"}, "AIConf": {"KeyPolicy": {"MaxRetries": 1}}}
    conf = msgspec.convert({"Config": {"c": entry}}, dynamic.ClusterConf)
    assert conf.clusters is not None
    cluster = conf.clusters["c"]
    assert cluster is not None
    assert cluster.backend == dynamic.BackendConf(protocol="h2c")
