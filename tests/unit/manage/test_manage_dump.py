import json
from dataclasses import replace

import pytest

from bfe_py.manage import GenerationStatus


def show(client, target, status=200):
    reply = client.send(target)
    assert reply.head.status == status
    assert reply.header(b"content-type") == b"application/json"
    assert reply.header(b"cache-control") == b"no-store"
    return json.loads(reply.body)


def test_dumps_are_listed(client):
    assert show(client, "/dump") == [
        "/dump/backends",
        "/dump/clusters",
        "/dump/config-version",
        "/dump/errors",
        "/dump/versions",
    ]


def test_the_configuration_in_use(client, observed):
    observed.generation = replace(observed.generation, worker_versions={1: "old", 0: "abc"})
    observed.module_versions = {"mod_tag": "t1"}

    shown = show(client, "/dump/config-version")

    assert shown["version"] == "abc"
    assert shown["loaded_at"] == "2023-11-14T21:56:40.000+00:00"
    assert shown["workers"] == [
        {"worker": "0", "version": "abc", "is_current": True},
        {"worker": "1", "version": "old", "is_current": False},
    ]
    assert shown["files"]["route_rule"] == "rr1"
    assert shown["modules"] == {"mod_tag": "t1"}
    assert shown["counts"]["rules"] == 3


def test_clusters_as_they_are_compiled(client):
    shown = show(client, "/dump/clusters")

    assert list(shown) == ["c0", "c1", "unbalanced"]
    assert shown["c1"]["sub_clusters"][0]["backends"][0]["port"] == 83
    assert shown["c1"]["timeouts"]["response_header"] == 60.0


@pytest.mark.parametrize(("name", "expected"), [("c1", ["c1"]), ("nope", [])])
def test_one_cluster(client, name, expected):
    assert list(show(client, f"/dump/clusters?cluster={name}")) == expected


def test_backends_with_their_health(client, observed, make_status):
    observed.backend_list = [
        make_status("c0", "s1", "b0", "127.0.0.1:80", 1, is_up=True, in_flight=3),
        make_status("c1", "main", "b3", "127.0.0.1:83", 1, is_up=False, failures=5),
    ]

    assert len(show(client, "/dump/backends")) == 2
    assert show(client, "/dump/backends?cluster=c1") == [
        {
            "cluster": "c1",
            "sub_cluster": "main",
            "name": "b3",
            "address": "127.0.0.1:83",
            "weight": 1,
            "is_up": False,
            "in_flight": 0,
            "failures": 5,
        }
    ]


def test_no_reload_was_refused(client):
    assert show(client, "/dump/errors") == {
        "is_last_ok": True,
        "at": "",
        "errors": [],
        "refused_total": 0,
    }


def test_the_findings_of_the_last_reload_that_was_refused(client, observed):
    observed.generation = replace(
        observed.generation,
        is_last_ok=False,
        last_errors=("route_rule.data:3:7: unknown cluster",),
        last_error_at=1_700_000_000.25,
        refused_total=1,
    )

    assert show(client, "/dump/errors") == {
        "is_last_ok": False,
        "at": "2023-11-14T22:13:20.250+00:00",
        "errors": ["route_rule.data:3:7: unknown cluster"],
        "refused_total": 1,
    }


READINESS = [
    (True, False, "abc", 200, ""),
    (True, True, "abc", 503, "draining"),
    (False, False, "abc", 503, "no worker serves the configuration yet"),
    (False, False, "", 503, "no configuration is loaded"),
]


@pytest.mark.parametrize("row", READINESS)
def test_readiness_says_why_not(client, observed, row):
    observed.is_ready, observed.is_draining, version, status, reason = row
    observed.generation = GenerationStatus(version, 0.0)

    assert show(client, "/ready", status) == {
        "ready": status == 200,
        "reason": reason,
        "version": version,
    }


def test_who_answers_is_alive(client, observed):
    observed.is_ready = False

    assert show(client, "/healthz") == {"status": "ok"}
