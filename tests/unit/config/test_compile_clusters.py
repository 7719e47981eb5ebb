"""Clusters: BFE's keys with their defaults to what the data plane uses."""

from dataclasses import replace

import msgspec
import pytest

from bfe_py.balance import (
    Affinity,
    Backend,
    Cluster,
    HashSource,
    Probe,
    Retry,
    SubCluster,
    Timeouts,
    UpstreamTls,
)
from bfe_py.config.cluster_sources import (
    ClusterSource,
    shared_cluster_sources,
    tenant_cluster_sources,
)
from bfe_py.config.compile_clusters import compile_cluster
from bfe_py.config.dynamic import (
    BackendEntry,
    BalanceGroup,
    ClusterConf,
    ClusterEntry,
    ClusterTable,
    GslbConf,
    ServerGroup,
    TenantGroup,
)

DAY = 86_400.0


def cluster_of(entry: object) -> Cluster:
    """The cluster c with nothing but `entry`, as cluster_conf.data has it."""
    names = ("ca.pem", "/etc/ca.pem", "c.pem", "k.pem")
    files = {name: f"of {name}".encode() for name in names}
    source = ClusterSource(True, msgspec.convert(entry, ClusterEntry), {}, {}, files)
    return compile_cluster("c", source)


def test_a_cluster_without_settings_has_every_default() -> None:
    assert cluster_of({}) == Cluster(
        name="c",
        sub_clusters=(),
        has_balance=True,
        policy="WRR",
        protocol="http",
        affinity=Affinity(HashSource.CLIENT_ADDRESS),
        retry=Retry(same_cluster=2, cross_cluster=0, idempotent=False),
        timeouts=Timeouts(2.0, 60.0, 30.0, 60.0, 60.0),
        probe=Probe("http", "/health_check", "", False, 0, "", 5, 1, None, 1.0),
        counts_failures=True,
        outlier_statuses=frozenset(),
        idle_connections=2,
        connections=0,
        slow_start=0.0,
        replaces_host=False,
        cancels_on_close=False,
        flush_interval=-0.001,
        tls=None,
    )


def test_empty_sections_are_as_good_as_none() -> None:
    sections = ("BackendConf", "CheckConf", "GslbBasic", "ClusterBasic")

    assert cluster_of({section: {} for section in sections}) == cluster_of({})


BACKEND, CHECK, GSLB, BASIC = "BackendConf", "CheckConf", "GslbBasic", "ClusterBasic"


@pytest.mark.parametrize(
    ("section", "values", "change"),
    [
        (BACKEND, {"Protocol": "H2C"}, {"protocol": "h2c"}),
        (
            BACKEND,
            {"TimeoutConnSrv": 250, "TimeoutResponseHeader": 1},
            {"timeouts": Timeouts(0.25, 0.001)},
        ),
        (
            BACKEND,
            {"TimeoutConnSrv": 0, "TimeoutResponseHeader": 0},
            {"timeouts": Timeouts(DAY, None)},
        ),
        (
            BACKEND,
            {"TimeoutConnSrv": -1, "TimeoutResponseHeader": -1},
            {"timeouts": Timeouts(DAY, None)},
        ),
        (
            BACKEND,
            {"MaxIdleConnsPerHost": 9, "MaxConnsPerHost": 8},
            {"idle_connections": 9, "connections": 8},
        ),
        (
            BACKEND,
            {"MaxIdleConnsPerHost": -1, "MaxConnsPerHost": -1},
            {"idle_connections": 0, "connections": 0},
        ),
        (BACKEND, {"RetryLevel": 1}, {"retry": Retry(idempotent=True)}),
        (BACKEND, {"RetryLevel": 2}, {}),
        (BACKEND, {"SlowStartTime": 30}, {"slow_start": 30.0}),
        (BACKEND, {"SlowStartTime": -1}, {}),
        (
            BACKEND,
            {"OutlierDetectionHttpCode": "5XX|429|2xx|| 1|+3|²"},
            {"outlier_statuses": frozenset({*range(500, 600), 429})},
        ),
        (
            BACKEND,
            {"OutlierDetectionHttpCode": "3xx|4xx"},
            {"outlier_statuses": frozenset(range(300, 500))},
        ),
        (
            CHECK,
            {"Schem": "tcp", "Uri": "", "Host": "a:81", "StatusCode": 6},
            {"probe": Probe("tcp", "", "a:81", status=6)},
        ),
        (
            CHECK,
            {"FailNum": 1, "SuccNum": 2, "CheckTimeout": 500, "CheckInterval": 250},
            {"probe": Probe(failures=1, successes=2, timeout=0.5, interval=0.25)},
        ),
        (CHECK, {"CheckTimeout": 0, "CheckInterval": 0}, {"probe": Probe(interval=0.01)}),
        # only probes over https look at the range, only those over TLS at the type of the host
        (CHECK, {"Schem": "http", "StatusCodeRange": "2xx", "HostType": "Instance_IP"}, {}),
        (
            CHECK,
            {"Schem": "tls", "StatusCodeRange": "2xx", "HostType": "HOST"},
            {"probe": Probe("tls")},
        ),
        (
            CHECK,
            {"Schem": "tls", "HostType": "Instance_IP"},
            {"probe": Probe("tls", uses_backend_host=True)},
        ),
        (
            CHECK,
            {"Schem": "https", "StatusCodeRange": "2xx | 30x", "HostType": "Instance_IP"},
            {"probe": Probe("https", status_range="2xx|30x", uses_backend_host=True)},
        ),
        (GSLB, {"RetryMax": 0, "CrossRetry": 3}, {"retry": Retry(0, 3)}),
        (GSLB, {"BalanceMode": "wlc"}, {"policy": "WLC"}),
        (GSLB, {"HashConf": {}}, {}),
        (
            GSLB,
            {"HashConf": {"HashStrategy": 3, "SessionSticky": True}},
            {"affinity": Affinity(HashSource.TARGET, is_sticky=True)},
        ),
        (
            GSLB,
            {"HashConf": {"HashStrategy": 0, "HashHeader": "X-Id"}},
            {"affinity": Affinity(HashSource.CLIENT_ID, header="X-Id")},
        ),
        (
            GSLB,
            {"HashConf": {"HashStrategy": 2, "HashHeader": "Cookie: SID "}},
            {"affinity": Affinity(HashSource.CLIENT_ID_OR_ADDRESS, cookie="SID")},
        ),
        (
            BASIC,
            {"TimeoutReadClient": 1000, "TimeoutWriteClient": 2000, "TimeoutReadClientAgain": 3000},
            {"timeouts": Timeouts(read_client=1.0, write_client=2.0, read_client_again=3.0)},
        ),
        (
            BASIC,
            {"TimeoutReadClient": 0, "TimeoutWriteClient": -1, "TimeoutReadClientAgain": 0},
            {"timeouts": Timeouts(read_client=DAY, write_client=DAY, read_client_again=DAY)},
        ),
        (BASIC, {"MaxReqBodyBytes": 99}, {"body_limit": 99}),
        (BASIC, {"MaxReqBodyBytes": -1}, {}),
        (BASIC, {"ResFlushInterval": 0}, {"flush_interval": 0.0}),
        (BACKEND, {"ProxyProtocol": "v1"}, {"proxy_version": 1}),
        (BACKEND, {"ProxyProtocol": "v2"}, {"proxy_version": 2}),
        (BASIC, {"ResFlushInterval": 10}, {"flush_interval": 0.01}),
        (
            BASIC,
            {"CancelOnClientClose": True, "DisableHostHeader": True, "DisableHealthCheck": True},
            {"cancels_on_close": True, "replaces_host": True, "counts_failures": False},
        ),
    ],
)
def test_a_setting_changes_what_it_is_for(
    section: str, values: dict[str, object], change: dict[str, object]
) -> None:
    assert cluster_of({section: values}) == replace(cluster_of({}), **change)


@pytest.mark.parametrize(
    ("entry", "tls"),
    [
        # encrypted and verified even where the section is absent
        ({BACKEND: {"Protocol": "HTTPS"}}, UpstreamTls()),
        ({"HTTPSConf": {}}, UpstreamTls()),
        (
            {
                BACKEND: {"Protocol": "https"},
                "HTTPSConf": {
                    "RSHost": "api.internal",
                    "RSInsecureSkipVerify": True,
                    "RSCAList": ["ca.pem", "/etc/ca.pem"],
                    "BFECertFile": "c.pem",
                    "BFEKeyFile": "k.pem",
                },
            },
            UpstreamTls(
                "api.internal", False, (b"of ca.pem", b"of /etc/ca.pem"), b"of c.pem", b"of k.pem"
            ),
        ),
    ],
)
def test_tls_to_backends(entry: dict[str, object], tls: UpstreamTls) -> None:
    assert cluster_of(entry).tls == tls


def backend(port: int, weight: int = 1) -> BackendEntry:
    return BackendEntry(name="b", host="10.0.0.1", port=port, weight=weight)


def test_weights_say_which_sub_clusters_there_are() -> None:
    source = ClusterSource(
        True,
        ClusterEntry(),
        {"a": 3, "gone": 1, "empty": 0, "GSLB_BLACKHOLE": 1},
        {
            "a": [backend(1, 2), None, BackendEntry()],
            "empty": None,
            "extra": [backend(3)],
            "GSLB_BLACKHOLE": [backend(4)],
        },
    )

    assert compile_cluster("c", source).sub_clusters == (
        SubCluster("a", 3, (Backend("b", "10.0.0.1", 1, 2), Backend("", "", 0, 0))),
        SubCluster("gone", 1, ()),
        SubCluster("empty", 0, ()),
        SubCluster("GSLB_BLACKHOLE", 1, ()),
    )


def test_every_cluster_of_bfe_files_is_found() -> None:
    server = ServerGroup(clusters=ClusterConf(clusters={"both": ClusterEntry(), "settings": None}))
    balance = BalanceGroup(
        gslb=GslbConf(clusters={"both": {"s": 1}, "weights": None}),
        table=ClusterTable(clusters={"both": {"s": [backend(1)]}, "nothing": {}}),
    )

    assert shared_cluster_sources(server, balance) == {
        "both": ClusterSource(True, ClusterEntry(), {"s": 1}, {"s": [backend(1)]}),
        "settings": ClusterSource(True, ClusterEntry(), None, {}),
        "weights": ClusterSource(False, ClusterEntry(), {}, {}),
    }


def test_every_cluster_of_a_rules_tenant_is_found() -> None:
    group = TenantGroup(
        tenant="shop",
        clusters={"shop/web": ClusterEntry()},
        balance=BalanceGroup(
            gslb=GslbConf(clusters={"shop/web": {"main": 1}}),
            table=ClusterTable(clusters={"shop/web": {"main": [backend(2)]}}),
        ),
    )

    assert tenant_cluster_sources(group) == {
        "shop/web": ClusterSource(
            True, ClusterEntry(), {"main": 1}, {"main": [backend(2)]}, is_confined=True
        ),
    }


def test_files_that_say_nothing_have_no_clusters() -> None:
    assert shared_cluster_sources(ServerGroup(), BalanceGroup()) == {}


def test_a_cluster_without_weights_has_nowhere_to_send() -> None:
    assert not compile_cluster("c", ClusterSource(True, ClusterEntry(), None, {})).has_balance


def test_a_cluster_with_weights_only_has_the_retries_that_bfe_gives_it() -> None:
    source = ClusterSource(False, ClusterEntry(), {"s": 1}, {})

    assert compile_cluster("c", source).retry == Retry(same_cluster=3, cross_cluster=1)


def test_a_cluster_has_the_files_that_it_names_and_no_others() -> None:
    conf = ClusterConf(
        version="1",
        clusters={
            "secure": msgspec.convert(
                {"HTTPSConf": {"RSCAList": ["ca.pem", "gone.pem"], "BFECertFile": "c.pem"}},
                ClusterEntry,
            ),
            "plain": ClusterEntry(),
        },
    )
    files = {"ca.pem": b"ca", "c.pem": b"c", "other.pem": b"other"}
    sources = shared_cluster_sources(ServerGroup(clusters=conf, files=files), BalanceGroup())
    assert sources["secure"].files == {"ca.pem": b"ca", "c.pem": b"c"}
    assert sources["plain"].files == {}
