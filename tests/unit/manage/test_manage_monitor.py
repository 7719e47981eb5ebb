import json

import pytest

from bfe_py.balance import Cluster
from bfe_py.manage import MODULES, STATES

HTTP_CODES = {"ALL2_X_X": 3, "ALL3_X_X": 2, "ALL4_X_X": 1, "ALL5_X_X": 2}


def show(client, target):
    reply = client.send(target)
    assert reply.head.status == 200
    return reply.body.decode()


def count_codes(observed):
    for name, value in HTTP_CODES.items():
        observed.count(f"mod_http_code.{name}", value)


def test_a_module_page_as_lines(client, observed):
    count_codes(observed)

    assert show(client, "/monitor/mod_http_code?format=kv") == (
        "mod_http_code_ALL2_X_X: 3\nmod_http_code_ALL3_X_X: 2\n"
        "mod_http_code_ALL4_X_X: 1\nmod_http_code_ALL5_X_X: 2\n"
    )


def test_a_module_page_as_prometheus_text(client, observed):
    count_codes(observed)

    assert show(client, "/monitor/mod_http_code?format=prometheus") == (
        "# TYPE mod_http_code_ALL2_X_X counter\nmod_http_code_ALL2_X_X 3\n"
        "# TYPE mod_http_code_ALL3_X_X counter\nmod_http_code_ALL3_X_X 2\n"
        "# TYPE mod_http_code_ALL4_X_X counter\nmod_http_code_ALL4_X_X 1\n"
        "# TYPE mod_http_code_ALL5_X_X counter\nmod_http_code_ALL5_X_X 2\n"
    )


def test_a_module_page_as_json(client, observed):
    count_codes(observed)

    assert json.loads(show(client, "/monitor/mod_http_code")) == {
        "Prefix": "mod_http_code",
        "Kind": "total",
        "GaugeData": {},
        "CounterData": HTTP_CODES,
        "StateData": {},
    }


@pytest.mark.parametrize("page", sorted(STATES))
def test_every_core_page_has_all_names_of_bfe_under_one_prefix(client, page):
    frame = STATES[page]

    shown = json.loads(show(client, f"/monitor/{page}"))

    assert shown["Prefix"] == "proxy_state"
    assert shown["CounterData"] == dict.fromkeys(frame.counters, 0)
    assert shown["GaugeData"] == dict.fromkeys(frame.gauges, 0)
    assert len(frame.counters) >= 5


def test_the_core_pages_have_as_many_names_as_bfe():
    sizes = {page: (len(frame.counters), len(frame.gauges)) for page, frame in STATES.items()}

    assert sizes == {
        "proxy_state": (63, 14),
        "http_state": (9, 0),
        "http2_state": (18, 0),
        "spdy_state": (21, 0),
        "tls_state": (16, 0),
        "stream_state": (7, 0),
        "websocket_state": (9, 0),
        "proxy_protocol_state": (7, 0),
        "bal_state": (5, 0),
    }


def test_names_of_tls_state_have_the_common_prefix(client):
    lines = show(client, "/monitor/tls_state?format=prometheus").splitlines()

    assert len(lines) == 32
    assert all(line.startswith("proxy_state_TLS_") for line in lines[1::2])


def test_numbers_are_summed_over_workers_and_labels(client, observed):
    name = "proxy_state.CLIENT_REQ_SERVED"
    observed.count(name, 3, worker=0)
    observed.count(name, 4, worker=1, is_stale=True)
    observed.count(name, 5, worker=1, is_alive=False)
    observed.workers[0].reading.samples[0].values.append((("x",), 10))

    shown = json.loads(show(client, "/monitor/proxy_state"))

    assert shown["CounterData"]["CLIENT_REQ_SERVED"] == 22


def test_gauges_of_a_worker_that_ended_do_not_count(client, observed):
    name = "proxy_state.CLIENT_CONN_ACTIVE"
    observed.count(name, 3, kind="gauge", worker=0)
    observed.count(name, 4, kind="gauge", worker=1, is_alive=False)

    shown = json.loads(show(client, "/monitor/proxy_state"))

    assert shown["GaugeData"]["CLIENT_CONN_ACTIVE"] == 3


def test_names_that_bfe_does_not_have_are_shown_too(client, observed):
    observed.count("proxy_state.ANOTHER", 1)
    observed.count("proxy_state.ANOTHER_ACTIVE", 2, kind="gauge")

    lines = show(client, "/monitor/proxy_state?format=noah").splitlines()

    assert "proxy_state_ANOTHER: 1" in lines
    assert "proxy_state_ANOTHER_ACTIVE: 2" in lines


def test_gauges_are_gauges_in_prometheus_text(client):
    lines = show(client, "/monitor/proxy_state?format=prometheus").splitlines()

    assert "# TYPE proxy_state_CLIENT_CONN_ACTIVE gauge" in lines
    assert "# TYPE proxy_state_CLIENT_CONN_SERVED counter" in lines


@pytest.mark.parametrize(
    ("target", "error"),
    [
        ("proxy_state?format=xml", "invalid format: xml"),
        ("proxy_state_diff?format=xml", "invalid format: xml"),
        ("proxy_delay?format=xml", "format not support: xml"),
        ("host_table_status?format=noah", "invalid format:noah"),
        ("proxy_mem_stat?format=xml", "invalid format:xml"),
    ],
)
def test_an_unknown_format_is_refused(client, target, error):
    assert json.loads(show(client, f"/monitor/{target}")) == {"error": error}


def test_an_empty_format_is_json(client):
    assert show(client, "/monitor/bal_state?format=").startswith('{"Prefix"')


# --- modules


@pytest.mark.parametrize("module", sorted(MODULES))
def test_the_page_of_a_module_is_there_while_it_is_enabled(client, observed, module):
    observed.modules_enabled = (module,)
    shown = json.loads(show(client, f"/monitor/{module}"))
    observed.modules_enabled = ()
    gone = json.loads(show(client, f"/monitor/{module}"))

    assert shown["CounterData"] == dict.fromkeys(MODULES[module].counters, 0)
    assert gone == {"error": f"handler not exist, type[monitor], command[{module}]"}


def test_a_module_that_counts_nothing_has_no_page(client, observed):
    observed.modules_enabled = ("mod_header",)

    assert "handler not exist" in show(client, "/monitor/mod_header")


def test_a_module_that_bfe_does_not_have_gets_a_page_of_what_it_counts(client, observed):
    observed.modules_enabled = ("mod_teapot",)
    observed.count("mod_teapot.BREWED", 2)

    assert show(client, "/monitor/mod_teapot?format=kv") == "mod_teapot_BREWED: 2\n"
    assert b"/monitor/mod_teapot.diff" in client.send("/monitor").body


def test_the_version_of_a_module_is_a_state(client, observed):
    observed.modules_enabled = ("mod_session_sticky",)
    observed.module_versions = {"mod_session_sticky": "v7"}

    shown = json.loads(show(client, "/monitor/mod_session_sticky"))

    assert shown["StateData"] == {"VERSION": "v7"}
    assert show(client, "/monitor/mod_session_sticky?format=kv") == (
        "mod_session_sticky_VERSION: v7\n"
    )


def test_module_status_has_two_names(client):
    expected = {
        "available": ["mod_block", "mod_http_code", "mod_header"],
        "enabled": ["mod_http_code"],
    }

    assert json.loads(show(client, "/monitor/module_status")) == expected
    assert json.loads(show(client, "/monitor/modules")) == expected


def test_handlers_are_listed_by_phase(client):
    shown = json.loads(show(client, "/monitor/module_handlers"))

    assert list(shown) == [
        "0#HandleAccept",
        "1#HandleHandshake",
        "2#HandleBeforeLocation",
        "3#HandleFoundProduct",
        "4#HandleAfterLocation",
        "5#HandleForward",
        "6#HandleReadResponse",
        "7#HandleRequestFinish",
        "8#HandleFinish",
    ]
    assert shown["7#HandleRequestFinish"] == ["mod_http_code.no_verdict"]
    assert shown["0#HandleAccept"] == []


def test_buffered_bodies_are_counted(client, observed):
    observed.count("server_stat.total_bytes_body_buffer", 4096, kind="gauge")

    assert show(client, "/monitor/server_stat") == '{"total_bytes_body_buffer":4096}'


def test_a_cluster_without_sub_clusters_is_told_apart(client, observed):
    observed.snapshot.clusters["empty"] = Cluster("empty")

    assert show(client, "/monitor/bal_table_status?cluster_name=empty") == (
        '{"status": "No SubCluster"}'
    )
    assert show(client, "/monitor/bal_table_status?cluster_name=unbalanced") == (
        '{"status": "Not Exist"}'
    )


def test_the_version_of_cluster_conf(client):
    assert show(client, "/monitor/cluster_table_version") == '{"ClusterConfVer":"cc1"}'
    assert show(client, "/monitor/cluster_table_version?format=kv") == "ClusterConfVer:cc1\n"
    assert show(client, "/monitor/bal_table_version?format=kv").startswith("ClusterTableConfVer:")
    assert show(client, "/monitor/host_table_status?format=kv").startswith("HostTableSize:3\n")


def test_memory_is_that_of_this_process(client):
    shown = json.loads(show(client, "/monitor/proxy_mem_stat"))
    lines = show(client, "/monitor/proxy_mem_stat?format=kv").splitlines()

    assert shown["Sys"] >= shown["Alloc"] > 1_000_000
    assert shown["MaxResident"] > 1_000_000
    assert shown["OpenFiles"] >= 3
    assert {line.partition(":")[0] for line in lines} == {f"proxy_mem_stat_{n}" for n in shown}


def test_every_listed_page_can_be_opened(client, observed):
    observed.modules_enabled = tuple(MODULES)
    names = [
        line.split('"')[1]
        for line in client.send("/monitor").body.decode().splitlines()
        if "href" in line
    ]

    assert len(names) > 60
    for name in names:
        assert not show(client, name).startswith('{"error"'), name


def test_every_worker_is_shown_with_what_is_wrong_with_it(client, observed):
    observed.count("a.B", 1, worker=0)
    observed.count("a.B", 1, worker=0, is_alive=False)
    observed.count("a.B", 1, worker=1, is_stale=True)
    observed.count("a.B", 1, worker=2, is_stale=True, is_alive=False)
    observed.ends = {("2", "SIGKILL"): 3, ("controller", "status_1"): 1}
    rows = json.loads(show(client, "/monitor/workers"))

    assert [(row["worker"], row["is_up"], row["is_stale"]) for row in rows] == [
        ("controller", True, False),
        ("0", True, False),
        ("1", True, True),
        ("2", False, False),
    ]
    assert [row["version"] for row in rows] == ["abc", "abc", "", ""]
    assert [row["ends"] for row in rows] == [{"status_1": 1}, {}, {}, {"SIGKILL": 3}]
