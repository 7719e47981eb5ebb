import pytest

from loadtest.field import Taken
from loadtest.load import Hits
from loadtest.measure import Cpu, Memory
from loadtest.scenarios.bodies import DOWN, UP, with_throughput
from loadtest.scenarios.idle import per_connection
from loadtest.scenarios.soak import growth
from loadtest.scenarios.table import SCENARIOS
from loadtest.scenarios.turns import per_request

MIB = 1024 * 1024
TAKEN = Taken(
    Hits(requests=1000, microseconds=2_000_000, received=50 * MIB, bad=4),
    Cpu(0.5, 0.4, 0.1),
    Cpu(0.6, 0.5, 0.1),
    foreign=0.25,
)


def test_cpu_is_told_for_one_request():
    metrics = per_request(TAKEN)

    assert metrics == pytest.approx(
        {
            "requests_per_second": 500.0,
            "cpu_us": 500.0,
            "cpu_user_us": 400.0,
            "cpu_system_us": 100.0,
            "cpu_whole_us": 600.0,
            "core_used": 0.25,
            "foreign": 0.25,
            "failed": 4.0,
        }
    )


@pytest.mark.parametrize(("way", "mib"), [(DOWN, 50.0), (UP, 1000.0)])
def test_throughput_is_of_what_was_received_or_was_taken(way, mib):
    metrics = with_throughput(TAKEN, MIB, way)

    assert metrics["mib_per_second"] == pytest.approx(mib / 2)
    assert metrics["mib_per_cpu_second"] == pytest.approx(mib / 0.5)


def test_memory_is_told_for_one_connection():
    metrics = per_connection(Memory(30_000, 20_000), Memory(46_000, 28_000), 1000)

    assert metrics["kib_per_connection"] == 8.0
    assert metrics["resident_kib_per_connection"] == 16.0
    assert metrics["resident_mib"] == pytest.approx(44.92, abs=0.01)


@pytest.mark.parametrize(
    ("resident", "grown"),
    [
        ((10.0, 50.0, 100.0, 102.0), 1.02),
        ((1.0, 2.0, 3.0, 4.0, 100.0, 90.0, 80.0, 101.0), 1.01),
        ((10.0, 100.0, 100.0), None),
        ((), None),
    ],
)
def test_growth_is_that_of_the_last_quarter_over_the_one_before(resident, grown):
    assert growth(resident) == (None if grown is None else pytest.approx(grown))


def test_scenarios_are_known_by_name():
    names = ["cpu", "latency", "bodies", "connections", "idle", "rules", "reload", "soak"]

    assert list(SCENARIOS) == names
    assert all(one.text for one in SCENARIOS.values())
