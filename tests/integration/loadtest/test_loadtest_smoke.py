"""The benchmark itself: a second of load on this proxy alone."""

from pathlib import Path

import pytest

from loadtest.backend import backend, path_of
from loadtest.field import Field, Pace, Site
from loadtest.load import Shot
from loadtest.machine import Cores, raise_descriptor_limit
from loadtest.peers import BFE_PY
from loadtest.programs import find_program

MISSING = [name for name in ("wrk", "nginx", "taskset") if find_program(name) is None]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")


def test_a_second_of_load_is_answered_and_measured(tmp_path: Path):
    cores, descriptors = Cores.choose(), raise_descriptor_limit()
    pace = Pace(rounds=1, seconds=1, rate=100, soak_minutes=0)
    with backend(tmp_path / "backend", cores.load, descriptors) as port:
        field = Field([BFE_PY], Site(tmp_path, port, cores, descriptors), pace, print)
        with field.one(BFE_PY) as proxy:
            taken = field.measure(proxy, Shot(path_of(1024), 8).at(proxy.port, 1))
            pids = proxy.all_pids()

    assert taken.hits.requests > 0
    assert taken.hits.failed == 0
    assert 0 < taken.worker.total <= taken.whole.total
    assert len(pids) == 3
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
