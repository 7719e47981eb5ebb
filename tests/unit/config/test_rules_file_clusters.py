"""Clusters of a file: settings, backends, sub-clusters."""

import msgspec
import pytest

from bfe_py.config.dynamic import BackendEntry, ClusterEntry
from tests.kit.rules_files import read, read_cluster


def plain(entry: ClusterEntry) -> dict[str, object]:
    """What is set, by BFE's keys."""
    return {
        section: {key: value for key, value in values.items() if value is not None}
        for section, values in msgspec.to_builtins(entry).items()
        if values is not None
    }


@pytest.mark.parametrize(
    ("settings", "entry"),
    [
        ("", {}),
        ("protocol h2c", {"BackendConf": {"Protocol": "h2c"}}),
        (
            "protocol https",
            {"BackendConf": {"Protocol": "https"}, "HTTPSConf": {"RSInsecureSkipVerify": False}},
        ),
        (
            'tls name "api.internal" authority "a.pem", "b.pem" certificate "c.pem" key "k.pem"',
            {
                "BackendConf": {"Protocol": "https"},
                "HTTPSConf": {
                    "RSHost": "api.internal",
                    "RSCAList": ["a.pem", "b.pem"],
                    "BFECertFile": "c.pem",
                    "BFEKeyFile": "k.pem",
                    "RSInsecureSkipVerify": False,
                },
            },
        ),
        (
            "tls unverified\nprotocol https",
            {"BackendConf": {"Protocol": "https"}, "HTTPSConf": {"RSInsecureSkipVerify": True}},
        ),
        (
            "timeout connect 250ms, response 2s\ntimeout read 1m, write 2m, idle 3m",
            {
                "BackendConf": {"TimeoutConnSrv": 250, "TimeoutResponseHeader": 2000},
                "ClusterBasic": {
                    "TimeoutReadClient": 60_000,
                    "TimeoutWriteClient": 120_000,
                    "TimeoutReadClientAgain": 180_000,
                },
            },
        ),
        ("timeout response none", {"BackendConf": {"TimeoutResponseHeader": 0}}),
        (
            "retry 3, cross 1, idempotent",
            {"BackendConf": {"RetryLevel": 1}, "GslbBasic": {"RetryMax": 3, "CrossRetry": 1}},
        ),
        (
            "connections max 100, idle 0",
            {"BackendConf": {"MaxConnsPerHost": 100, "MaxIdleConnsPerHost": 0}},
        ),
        ("hash address", {"GslbBasic": {"HashConf": (1, None, None)}}),
        ("hash target sticky", {"GslbBasic": {"HashConf": (3, None, True)}}),
        ('hash header "X-Id"', {"GslbBasic": {"HashConf": (0, "X-Id", None)}}),
        ('hash cookie "SID" or address', {"GslbBasic": {"HashConf": (2, "Cookie:SID", None)}}),
        ("policy wrr", {"GslbBasic": {"BalanceMode": "WRR"}}),
        ("policy wlc", {"GslbBasic": {"BalanceMode": "WLC"}}),
        (
            'check http "/ping" host "a.example" status 2xx, 3xx every 500ms timeout 3s down after 2 up after 3',
            {
                "CheckConf": {
                    "Schem": "http",
                    "Uri": "/ping",
                    "Host": "a.example",
                    "StatusCode": 6,
                    "CheckInterval": 500,
                    "CheckTimeout": 3000,
                    "FailNum": 2,
                    "SuccNum": 3,
                }
            },
        ),
        (
            "check https host backend status 204",
            {"CheckConf": {"Schem": "https", "HostType": "Instance_IP", "StatusCode": 204}},
        ),
        ("check http status 1xx, 5xx, 5xx", {"CheckConf": {"Schem": "http", "StatusCode": 17}}),
        ("check tcp", {"CheckConf": {"Schem": "tcp"}}),
        ('check tls host "x"', {"CheckConf": {"Schem": "tls", "Host": "x"}}),
        ("check off", {"ClusterBasic": {"DisableHealthCheck": True}}),
        ("outlier 5xx, 429", {"BackendConf": {"OutlierDetectionHttpCode": "5xx|429"}}),
        ("slow start 30s", {"BackendConf": {"SlowStartTime": 30}}),
        ("host backend", {"ClusterBasic": {"DisableHostHeader": True}}),
        ("host client", {"ClusterBasic": {"DisableHostHeader": False}}),
        ("proxy protocol v1", {"BackendConf": {"ProxyProtocol": "v1"}}),
        ("proxy protocol v2", {"BackendConf": {"ProxyProtocol": "v2"}}),
        ("cancel on close", {"ClusterBasic": {"CancelOnClientClose": True}}),
        ("flush at once", {"ClusterBasic": {"ResFlushInterval": -1}}),
        ("flush never", {"ClusterBasic": {"ResFlushInterval": 0}}),
        ("flush every 10ms", {"ClusterBasic": {"ResFlushInterval": 10}}),
        ("body max 10MiB", {"ClusterBasic": {"MaxReqBodyBytes": 10_485_760}}),
    ],
)
def test_a_setting_stands_where_bfe_has_it(settings: str, entry: dict[str, object]) -> None:
    found = plain(read_cluster(settings).accepted.clusters["shop/web"])
    hashing = found.get("GslbBasic", {}).get("HashConf")
    if hashing is not None:
        found["GslbBasic"]["HashConf"] = (
            hashing["HashStrategy"],
            hashing["HashHeader"],
            hashing["SessionSticky"],
        )

    assert found == entry


@pytest.mark.parametrize(
    ("settings", "messages"),
    [
        ("timeout connect 1s, ⟦connect 2s⟧", ["this is set twice; line 4 has it too"]),
        ("timeout read 1s\ntimeout ⟦read 1s⟧", ["this is set twice; line 4 has it too"]),
        ('hash address\nhash ⟦cookie "a"⟧', ["this is set twice; line 4 has it too"]),
        ('hash header "b"\nhash ⟦cookie "a"⟧', ["this is set twice; line 4 has it too"]),
        ("policy wrr\npolicy ⟦wlc⟧", ["this is set twice; line 4 has it too"]),
        ("flush never\nflush ⟦at once⟧", ["this is set twice; line 4 has it too"]),
        ("timeout connect ⟦soon⟧", ["`soon` is not a duration"]),
        (
            "retry ⟦21⟧, cross ⟦x⟧",
            ["`21` is no number that may stand here", "`x` is no number that may stand here"],
        ),
        ("connections max ⟦0⟧", ["`0` is no number that may stand here"]),
        ("slow start ⟦10ms⟧", ["`10ms` is not in whole seconds"]),
        ('hash header ⟦"Cookie:a"⟧', ["a name has no colon"]),
        ('hash header ⟦""⟧', ["the text is empty or has blanks"]),
        ('tls authority "a", ⟦"b c"⟧', ["the text is empty or has blanks"]),
        ('⟦protocol h2c⟧\ntls name "a"', ["`tls` needs the protocol https, not h2c"]),
        ('tls ⟦certificate "a"⟧', ["a certificate and its key are given together or not at all"]),
        ('tls ⟦key "a"⟧', ["a key and its certificate are given together or not at all"]),
        ("check http\ncheck ⟦off⟧", ["`check` is off and on"]),
        ("check tcp ⟦status 200⟧", ["a check over tcp sees no status"]),
        ("check tls ⟦status 2xx⟧", ["a check over tls sees no status"]),
        ("check http ⟦host backend⟧", ["a check over http needs no host of a backend"]),
        ("check tcp ⟦host backend⟧", ["a check over tcp needs no host of a backend"]),
        ("check http ⟦status 200, 2xx⟧", ["a check asks for one status or for classes"]),
        ("check http ⟦status 200, 204⟧", ["a check asks for one status or for classes"]),
        ("check http status 200, ⟦999⟧", ["`999` is not a status"]),
        ("check http status ⟦999⟧", ["`999` is not a status"]),
        ('check http ⟦"ping"⟧', ["this is not a path"]),
        (
            "outlier ⟦2xx⟧, 429, ⟦1xx⟧",
            ["2xx never counts as a failure", "1xx never counts as a failure"],
        ),
        ("outlier 5xx, ⟦9⟧", ["`9` is not a status"]),
    ],
)
def test_a_setting_that_is_wrong_is_reported(settings: str, messages: list[str]) -> None:
    found = read_cluster(settings)

    assert settings in found.marked
    assert found.messages == messages


def backends(*entries: tuple[str, str, int, int]) -> list[BackendEntry]:
    return [
        BackendEntry(name=name, host=host, port=port, weight=weight)
        for name, host, port, weight in entries
    ]


def test_backends_of_a_cluster_are_its_sub_cluster_main() -> None:
    group = read_cluster("backend b at [::1]:81 weight 0").accepted

    assert group.balance.gslb.clusters == {"shop/web": {"main": 1}}
    assert group.balance.table.clusters == {
        "shop/web": {
            "main": backends(("10.0.0.1:8000", "10.0.0.1", 8000, 1), ("b", "[::1]", 81, 0))
        }
    }


def test_sub_clusters_have_weights_and_backends() -> None:
    group = read(
        """
        hosts shop.example
        cluster web {
            sub bj weight 60 { backend bj-1 at 10.1.0.1:8000 weight 3 }
            sub sh {
                backend 10.2.0.1:8000
            }
            sub gone weight 0 { backend 10.3.0.1:8000 }
            blackhole weight 5
        }
        route -> web
        """
    ).accepted

    assert group.balance.gslb.clusters == {
        "shop/web": {"bj": 60, "sh": 1, "gone": 0, "GSLB_BLACKHOLE": 5}
    }
    assert group.balance.table.clusters == {
        "shop/web": {
            "bj": backends(("bj-1", "10.1.0.1", 8000, 3)),
            "sh": backends(("10.2.0.1:8000", "10.2.0.1", 8000, 1)),
            "gone": backends(("10.3.0.1:8000", "10.3.0.1", 8000, 1)),
        }
    }


@pytest.mark.parametrize(
    ("block", "code", "message"),
    [
        ("cluster ⟦web⟧ { }", "E504", "the cluster has no backends"),
        ("cluster ⟦web⟧ { policy wrr }", "E504", "the cluster has no backends"),
        (
            "cluster ⟦web⟧ { backend a:1 weight 0 }",
            "E503",
            "no backend of the cluster has a weight above 0",
        ),
        ("cluster web { sub ⟦a⟧ { } }", "E504", "the sub-cluster a has no backends"),
        (
            "cluster web { sub ⟦a⟧ { backend a:1 weight 0 } }",
            "E503",
            "no backend of the sub-cluster a has a weight above 0",
        ),
        (
            "cluster ⟦web⟧ { sub a weight 0 { backend a:1 } }",
            "E502",
            "no sub-cluster has a weight above 0: nothing could be sent",
        ),
        ("cluster ⟦web⟧ { blackhole }", "E504", "the cluster has no backends"),
        (
            "cluster ⟦web⟧ { backend a:1\nsub a { backend a:1 } }",
            "E700",
            "the cluster has backends beside its sub-clusters",
        ),
        (
            "cluster web { sub a { backend a:1 }\nsub ⟦a⟧ { backend a:1 } }",
            "E700",
            "this stands twice in the cluster",
        ),
        (
            "cluster web { sub a { backend a:1 }\nblackhole\n⟦blackhole⟧ }",
            "E700",
            "this stands twice in the cluster",
        ),
        (
            "cluster web { sub ⟦GSLB_BLACKHOLE⟧ { backend a:1 } }",
            "E700",
            "this name is kept for `blackhole`",
        ),
        ("cluster web { sub ⟦.a⟧ { backend a:1 } }", "E700", "`.a` is not a name"),
        (
            "cluster web { backend a:1\nbackend b at ⟦A:1⟧ }",
            "E700",
            "this backend stands twice; line 2 has it too",
        ),
        ("cluster web { backend ⟦.b⟧ at a:1 }", "E700", "`.b` is not a name"),
        ("cluster web { backend ⟦a⟧ }", "E700", "`a` is not the address of a backend"),
        ("cluster web { backend a:1 weight ⟦x⟧ }", "E700", "`x` is no number that may stand here"),
        (
            "cluster web { backend a:1 }\ncluster ⟦.web⟧ { backend a:1 }",
            "E700",
            "`.web` is not a name",
        ),
        (
            "cluster web { backend a:1 }\ncluster ⟦web⟧ { backend a:1 }",
            "E700",
            "the cluster web stands twice; line 2 has it too",
        ),
        # what is inside of a block is looked at even if the block's first line is wrong
        ("cluster web ⟦x⟧ { backend a:1 }", "E700", "`x` is not expected here"),
        ("cluster web { sub a ⟦x⟧ { backend a:1 } }", "E700", "`x` is not expected here"),
        (
            "cluster web { backend a:1\n⟦what⟧ x { backend a:1 } }",
            "E700",
            "there is no statement `what` in a `cluster`",
        ),
    ],
)
def test_a_cluster_that_could_not_serve_is_reported(block: str, code: str, message: str) -> None:
    found = read(f"hosts shop.example\n{block}\nroute -> web")

    assert block in found.marked
    assert (found.only.code, found.only.message) == (code, message)


def test_errors_in_a_block_are_reported_beside_those_of_its_first_line() -> None:
    text = "cluster ⟦{⟧\nsub ⟦{⟧ backend ⟦a⟧ }\n}"
    found = read(f"hosts shop.example\n{text}")

    assert text in found.marked
    assert len(found.findings) == 3
