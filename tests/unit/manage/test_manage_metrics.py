from dataclasses import replace

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from bfe_py.manage import CONTROLLER, WorkerReading
from bfe_py.observe import Counters, Registry, counter, gauge

OPENMETRICS = b"application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"


class BlockCounters(Counters, prefix="bfe_mod_block", labels=("tenant",)):
    refused: int = counter("Requests answered by a block rule.", bfe="mod_block.REQ_REFUSE")


class ConnectionCounters(Counters, prefix="bfe_downstream"):
    connections: int = counter("Connections accepted.")
    active_connections: int = gauge("Connections open now.")


def one_process(refused=1, active=2):
    registry = Registry()
    registry.family(BlockCounters)[('a"b\\c\nd',)].refused = refused
    registry.family(BlockCounters)[("plain",)].refused = 10
    connections = registry.counters(ConnectionCounters)
    connections.connections = 7
    connections.active_connections = active
    histogram = registry.histogram("bfe_proxy_delay_seconds", "Time until dialled.", (0.001, 0.1))
    for value in (0.0005, 0.05, 3.0):
        histogram.observe(value)
    return registry.read()


@pytest.fixture
def workers(observed):
    observed.workers = [
        WorkerReading(0, one_process()),
        WorkerReading(1, one_process(refused=5, active=3), is_stale=True),
        WorkerReading(1, one_process(), is_alive=False),
        WorkerReading(2, one_process(), is_alive=False),
        WorkerReading(CONTROLLER, one_process(active=0)),
    ]
    observed.generation = replace(observed.generation, worker_versions={0: "abc", 1: "older"})
    return observed


def scrape(client, target="/metrics", accept=b""):
    reply = client.send(target, headers=[(b"Accept", accept)])
    assert reply.head.status == 200
    return reply.body.decode(), reply.header(b"content-type").decode()


def values(text, parse=parse_text):
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in parse(text)
        for sample in family.samples
    }


def test_the_client_chooses_the_format(client, workers):
    text, text_type = scrape(client)
    openmetrics, openmetrics_type = scrape(client, accept=OPENMETRICS)

    assert text_type.startswith("text/plain; version=0.0.4")
    assert openmetrics_type.startswith("application/openmetrics-text; version=1.0.0")
    assert openmetrics.endswith("# EOF\n")
    assert "# EOF" not in text


def test_both_formats_say_the_same(client, workers):
    text = values(scrape(client)[0])
    openmetrics = values(scrape(client, accept=OPENMETRICS)[0], parse_openmetrics)
    ours = {key for key in text if key[0].startswith("bfe_")}

    assert len(ours) > 30
    assert {key: openmetrics[key] for key in ours} == {key: text[key] for key in ours}


def test_counters_are_summed_over_all_processes(client, workers):
    found = values(scrape(client)[0])

    assert found["bfe_mod_block_refused_total", ("tenant", "plain")] == 50
    assert found["bfe_mod_block_refused_total", ("tenant", 'a"b\\c\nd')] == 9
    assert found["bfe_downstream_connections_total",] == 35


def test_gauges_are_summed_over_those_that_run(client, workers):
    assert values(scrape(client)[0])["bfe_downstream_active_connections",] == 5


def test_histograms_are_cumulative(client, workers):
    found = values(scrape(client)[0])
    name = "bfe_proxy_delay_seconds"

    assert found[f"{name}_bucket", ("le", "0.001")] == 5
    assert found[f"{name}_bucket", ("le", "0.1")] == 10
    assert found[f"{name}_bucket", ("le", "+Inf")] == 15
    assert found[f"{name}_count",] == 15
    assert found[f"{name}_sum",] == pytest.approx(5 * 3.0505)


@pytest.mark.parametrize("accept", [b"", OPENMETRICS])
def test_one_value_for_each_worker(client, workers, accept):
    text, _ = scrape(client, "/metrics?per_worker=1", accept)
    found = values(text, parse_openmetrics if accept else parse_text)
    name = "bfe_downstream_connections_total"

    by_worker = {key[1][1]: value for key, value in found.items() if key[0] == name}
    assert by_worker == {"0": 7, "1": 14, "2": 7, "controller": 7}
    active = "bfe_downstream_active_connections"
    by_worker = {key[1][1]: value for key, value in found.items() if key[0] == active}
    assert by_worker == {"0": 2, "1": 3, "controller": 0}
    bucket = ("bfe_proxy_delay_seconds_bucket", ("le", "0.1"), ("worker", "1"))
    assert found[bucket] == 4


@pytest.mark.parametrize("value", ["0", "false"])
def test_the_sum_can_be_asked_for(client, workers, value):
    found = values(scrape(client, f"/metrics?per_worker={value}")[0])

    assert found["bfe_downstream_connections_total",] == 35


def test_workers_are_up_stale_or_gone(client, workers):
    found = values(scrape(client)[0])

    for worker, up, stale in (("0", 1, 0), ("1", 1, 1), ("2", 0, 0)):
        assert found["bfe_worker_up", ("worker", worker)] == up
        assert found["bfe_worker_stale", ("worker", worker)] == stale
    assert ("bfe_worker_up", ("worker", "controller")) not in found


def test_it_is_counted_how_often_processes_ended_and_why(client, workers, observed):
    observed.ends = {("0", "SIGKILL"): 2, ("0", "status_1"): 1, ("controller", "SIGSEGV"): 1}
    for page in ("/metrics", "/metrics?per_worker=1"):
        found = values(scrape(client, page)[0])
        name = "bfe_worker_ends_total"
        assert {key[1:]: value for key, value in found.items() if key[0] == name} == {
            (("reason", "SIGKILL"), ("worker", "0")): 2,
            (("reason", "status_1"), ("worker", "0")): 1,
            (("reason", "SIGSEGV"), ("worker", "controller")): 1,
        }


def test_the_configuration_of_every_process_is_named(client, workers):
    found = values(scrape(client)[0])
    name = "bfe_config_version"

    assert found[name, ("version", "abc"), ("worker", "controller")] == 1
    assert found[name, ("version", "abc"), ("worker", "0")] == 1
    assert found[name, ("version", "older"), ("worker", "1")] == 1


def test_reloads_are_counted_by_result(client, workers):
    workers.generation = replace(workers.generation, is_last_ok=False, refused_total=2)
    found = values(scrape(client)[0])

    assert found["bfe_config_reloads_total", ("result", "ok")] == 3
    assert found["bfe_config_reloads_total", ("result", "refused")] == 2
    assert found["bfe_config_last_reload_successful",] == 0
    assert found["bfe_config_last_reload_timestamp_seconds",] == 1_699_999_000.0


def test_facts_about_the_process_are_there(client, workers):
    text, _ = scrape(client)
    found = values(text)

    assert "bfe_build_info{" in text
    assert found["bfe_config_objects", ("kind", "tenants")] == 2
    assert found["bfe_ready",] == 1
    assert found["process_resident_memory_bytes",] > 0
    assert ("python_gc_collections_total", ("generation", "0")) in found


def test_draining_is_not_ready(client, workers):
    workers.is_draining = True

    assert values(scrape(client)[0])["bfe_ready",] == 0


def test_every_family_has_its_help_and_stands_once(client, workers):
    families = list(parse_openmetrics(scrape(client, accept=OPENMETRICS)[0]))

    assert len({family.name for family in families}) == len(families)
    assert [family.name for family in families if not family.documentation] == []


def test_a_label_called_worker_is_kept(client, observed):
    class Lag(Counters, prefix="bfe_worker", labels=("worker",)):
        beats: int = counter("Heartbeats.")

    registry = Registry()
    registry.family(Lag)[("7",)].beats = 1
    observed.workers = [WorkerReading(CONTROLLER, registry.read())]

    found = values(scrape(client, "/metrics?per_worker=1")[0])

    assert found["bfe_worker_beats_total", ("worker", "7")] == 1


def test_a_counted_family_does_not_stand_beside_one_of_ours(client, observed):
    class Shadow(Counters, prefix="bfe_config"):
        version: int = gauge("Another version.")

    registry = Registry()
    registry.counters(Shadow).version = 9
    observed.workers = [WorkerReading(CONTROLLER, registry.read())]

    text, _ = scrape(client)

    assert text.count("# HELP bfe_config_version ") == 1
    assert values(text)["bfe_config_version", ("version", "abc"), ("worker", "0")] == 1


def test_histograms_of_one_name_and_a_counter_do_not_mix(client, observed):
    class Shadow(Counters, prefix="bfe_proxy_delay"):
        seconds: int = gauge("A gauge with the name of a histogram.")

    registry = Registry()
    registry.counters(Shadow).seconds = 9
    registry.histogram("bfe_proxy_delay_seconds", "Time until dialled.", (0.1,)).observe(1.0)
    observed.workers = [WorkerReading(0, registry.read())]

    found = values(scrape(client)[0])

    assert found["bfe_proxy_delay_seconds",] == 9
    assert ("bfe_proxy_delay_seconds_count",) not in found
