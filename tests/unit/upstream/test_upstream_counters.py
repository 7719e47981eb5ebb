"""What is counted on the way to backends."""

from bfe_py.observe import Registry
from bfe_py.upstream import Pool, UpstreamCounters


class Connection:
    is_usable = True

    def close(self) -> None:
        raise AssertionError("it is of use")


def test_idle_connections_are_counted_by_the_pool_that_keeps_them() -> None:
    registry = Registry()
    counters = registry.counters(UpstreamCounters)
    assert counters.idle_connections == 0
    pool: Pool[Connection] = Pool()
    counters.pool = pool
    key = ("web", "10.0.0.1", 80, 0)
    pool.keep(key, Connection(), 2)
    pool.keep(key, Connection(), 2)
    assert counters.idle_connections == 2
    read = {sample.name: sample for sample in registry.read().samples}
    assert read["bfe_upstream_idle_connections"].values == [((), 2)]
    assert read["bfe_upstream_idle_connections"].kind == "gauge"
    pool.take(key)
    assert counters.idle_connections == 1
    assert UpstreamCounters().idle_connections == 0
