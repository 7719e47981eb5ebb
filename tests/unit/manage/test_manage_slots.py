import asyncio
import json

import pytest

from bfe_py.manage import DELAYS, MODULE_DELAYS
from bfe_py.manage.app import Settings
from bfe_py.manage.monitor import Monitor


def show(client, target):
    reply = client.send(target)
    assert reply.head.status == 200
    return reply.body.decode()


def test_differences_are_those_of_the_last_whole_slot(client, observed, clock):
    clock.now = 1_000_000.0
    name = "proxy_state.CLIENT_REQ_SERVED"
    seen = []
    for at, total in [(0, 100), (5, 110), (20, 130), (25, 190), (40, 200), (61, 200), (80, 205)]:
        clock.now = 1_000_000.0 + at
        observed.workers = []
        observed.count(name, total)
        shown = json.loads(show(client, "/monitor/proxy_state_diff"))
        seen.append(shown["CounterData"]["CLIENT_REQ_SERVED"])

    assert seen == [0, 0, 30, 30, 70, 0, 5]


def test_a_difference_page_is_of_another_kind_and_has_no_gauges(client, observed):
    observed.count("proxy_state.CLIENT_CONN_ACTIVE", 3, kind="gauge")

    shown = json.loads(show(client, "/monitor/proxy_state_diff"))

    assert shown["Prefix"] == "proxy_state_diff"
    assert shown["Kind"] == "delta"
    assert shown["GaugeData"] == {}
    assert "CLIENT_REQ_SERVED" in shown["CounterData"]
    assert show(client, "/monitor/mod_http_code.diff?format=kv").startswith(
        "mod_http_code_diff_ALL2_X_X: 0\n"
    )


def test_a_counter_that_is_new_grew_from_nothing(client, observed, clock):
    clock.now = 1_000_000.0
    show(client, "/monitor/bal_state_diff")
    observed.count("bal_state.ERR_BK_NO_BACKEND", 4)
    clock.now += 20

    shown = json.loads(show(client, "/monitor/bal_state_diff"))

    assert shown["CounterData"]["ERR_BK_NO_BACKEND"] == 4


def test_the_slot_of_differences_can_be_set(make_client, observed, clock):
    client = make_client(Settings(difference_seconds=5))
    clock.now = 1_000_000.0
    show(client, "/monitor/bal_state_diff")
    observed.count("bal_state.ERR_BK_NO_BACKEND", 4)
    clock.now += 5

    assert "NO_BACKEND: 4" in show(client, "/monitor/bal_state_diff?format=kv")


def test_slots_are_followed_without_requests(observed, clock):
    clock.now = 1_000_007.5
    waits = []

    async def sleep(seconds):
        waits.append(seconds)
        if len(waits) == 5:
            raise asyncio.CancelledError
        observed.count("bal_state.ERR_BK_NO_BACKEND", 1)
        clock.now += seconds

    monitor = Monitor(observed, clock)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(monitor.follow(sleep))

    # Seconds 20, 40, 60 (also the edge of a minute: 1,000,020 is one) and so on.
    assert waits == [12.5, 20.0, 20.0, 20.0, 20.0]


# --- latency


DELAY = DELAYS["proxy_delay"]


def observe(observed, counts, total):
    observed.observe(DELAY.histogram, (*DELAY.bounds, 1.0), counts, total)


def test_latencies_of_the_minute_that_runs_and_the_one_before(client, observed, clock):
    clock.now = 1_000_020.0
    observe(observed, [0] * 12, 0.0)
    show(client, "/monitor/proxy_delay")
    observe(observed, [1, 2, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1], 2.0105)
    clock.now += 60
    show(client, "/monitor/proxy_delay")
    observe(observed, [2, 2, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1], 2.011)
    clock.now += 30

    shown = json.loads(show(client, "/monitor/proxy_delay"))

    assert shown["Interval"] == 60
    assert shown["KeyPrefix"] == "proxy_delay"
    assert shown["ProgramName"] == ""
    assert shown["CurrTime"][-2:] == shown["PastTime"][-2:] == "00"
    assert shown["Past"] == {
        "BucketSize": 1,
        "BucketNum": 10,
        "Count": 6,
        "Sum": 2010500,
        "Ave": 335083,
        "Counters": [1, 2, 0, 0, 0, 0, 0, 0, 0, 1, 2],
    }
    assert shown["Current"]["Count"] == 1
    assert shown["Current"]["Counters"] == [1, *[0] * 10]
    assert shown["Current"]["Ave"] == 500


@pytest.mark.parametrize("form", ["kv", "noah", "kv_with_program_name"])
def test_latencies_as_lines(client, form):
    lines = show(client, f"/monitor/proxy_handshake_delay?format={form}").splitlines()

    assert lines[0] == "proxy_handshake_delay_Current_BucketSize:100"
    assert "proxy_handshake_delay_Past_Count:0" in lines
    assert lines[-1] == "proxy_handshake_delay_Past_Counters_10:0"
    assert len(lines) == 32


def test_latencies_as_prometheus_text_are_those_of_the_last_minute(client, observed, clock):
    clock.now = 1_000_020.0
    observe(observed, [0] * 12, 0.0)
    show(client, "/monitor/proxy_delay")
    observe(observed, [1, 2, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1], 2.0105)
    clock.now += 60

    lines = show(client, "/monitor/proxy_delay?format=prometheus").splitlines()

    assert lines[:3] == [
        "# TYPE proxy_delay_Past histogram",
        'proxy_delay_Past_bucket{le="1000"} 1',
        'proxy_delay_Past_bucket{le="2000"} 3',
    ]
    assert lines[-4:] == [
        'proxy_delay_Past_bucket{le="10000"} 4',
        'proxy_delay_Past_bucket{le="+Inf"} 6',
        "proxy_delay_Past_sum 2010500",
        "proxy_delay_Past_count 6",
    ]


def test_a_histogram_with_other_bounds_is_put_into_the_buckets_not_lower_than_it_was(
    client, observed, clock
):
    clock.now = 1_000_020.0
    show(client, "/monitor/proxy_delay")
    observed.observe(DELAY.histogram, (0.0005, 0.0025, 0.010), [1, 2, 3, 4], 1.0)
    clock.now += 1

    shown = json.loads(show(client, "/monitor/proxy_delay"))

    assert shown["Current"]["Counters"] == [1, 0, 2, 0, 0, 0, 0, 0, 0, 3, 4]


def test_the_latency_page_of_a_module_is_there_while_it_is_enabled(client, observed):
    name = "mod_auth_request.delay"
    gone = show(client, f"/monitor/{name}")
    observed.modules_enabled = ("mod_auth_request",)

    shown = json.loads(show(client, f"/monitor/{name}?format=hier_json"))

    assert "handler not exist" in gone
    assert shown["Current"]["BucketNum"] == MODULE_DELAYS[name].buckets == 20
    assert f"/monitor/{name}".encode() in client.send("/monitor").body
