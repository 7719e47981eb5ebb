"""promtool, Prometheus' own checker, reads /metrics (Debian: package prometheus)."""

import shutil
import subprocess
from types import SimpleNamespace

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from bfe_py.manage import (
    CONTROLLER,
    DocumentStatus,
    GenerationStatus,
    TableCounts,
    WorkerReading,
    WorkerStatus,
)
from bfe_py.manage.metrics import Exposition
from bfe_py.observe import Counters, Registry, counter, gauge

PROMTOOL = shutil.which("promtool")
OPENMETRICS = "application/openmetrics-text;version=1.0.0"


class ExchangeCounters(Counters, prefix="bfe_proxy", labels=("tenant", "cluster")):
    exchanges: int = counter("Exchanges that ended.")
    active_exchanges: int = gauge("Exchanges in progress.")


def make_reading():
    registry = Registry()
    family = registry.family(ExchangeCounters)
    for tenant in ("plain", 'quo"te', "back\\slash", "line\nend", "ünï"):
        family[(tenant, f"{tenant}/cluster")].exchanges = 3
    histogram = registry.histogram("bfe_proxy_delay_seconds", "Time until dialled.", (0.001, 1.0))
    histogram.observe(0.5)
    return registry.read()


@pytest.fixture
def observed():
    return SimpleNamespace(
        generation=GenerationStatus("abc", 1.7e9, worker_versions={0: "abc"}),
        counts=TableCounts(tenants=5),
        started=1.7e9,
        is_ready=True,
        is_draining=False,
        ends={("0", "SIGKILL"): 1},
        documents=[DocumentStatus("server_data_conf/host_rule.data", "ab12", 1.7e9, True)],
        worker_statuses=[WorkerStatus(0, "abc", 1.7e9, is_ok=True)],
    )


@pytest.fixture
def readings():
    return [WorkerReading(worker, make_reading()) for worker in (0, 1, CONTROLLER)]


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed (package prometheus)")
@pytest.mark.parametrize("by_worker", [False, True])
def test_promtool_finds_nothing_to_say(observed, readings, by_worker):
    content, _ = Exposition().render(observed, readings, "", by_worker=by_worker)

    checked = subprocess.run(
        [PROMTOOL, "check", "metrics", "--extended"],
        input=content,
        capture_output=True,
        check=False,
        timeout=60,
    )

    assert checked.stderr.decode() == ""
    assert checked.returncode == 0
    assert b"bfe_proxy_exchanges_total" in checked.stdout


@pytest.mark.parametrize("by_worker", [False, True])
def test_the_parser_of_openmetrics_reads_every_family(observed, readings, by_worker):
    content, _ = Exposition().render(observed, readings, OPENMETRICS, by_worker=by_worker)

    families = {each.name for each in text_string_to_metric_families(content.decode())}

    assert {"bfe_build", "bfe_config_version", "bfe_proxy_exchanges", "bfe_worker_up"} <= families
