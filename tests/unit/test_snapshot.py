from dataclasses import FrozenInstanceError

import pytest

from bfe_py.observe import Registry
from bfe_py.pipeline import Chain, ChainCounters
from bfe_py.snapshot import Snapshot, SnapshotStore, Versions
from bfe_py.tenant import HostTable, TenantTable
from bfe_py.tls import Certificates


def make(version: str) -> Snapshot:
    return Snapshot(
        version=version,
        tenants=TenantTable(HostTable([]), {}, None),
        routes={},
        clusters={},
        balancers={},
        chain=Chain({}, Registry().family(ChainCounters)),
        certificates=Certificates(),
    )


def test_a_snapshot_does_not_change():
    snapshot = make("1")
    with pytest.raises(FrozenInstanceError):
        snapshot.version = "2"  # type: ignore[misc]


def test_what_most_snapshots_do_not_have_need_not_be_said():
    snapshot = make("1")
    assert snapshot.versions == Versions()
    assert snapshot.body_phases == {}
    assert snapshot.any_body_phase is None
    assert make("1").body_phases is not snapshot.body_phases


def test_a_swap_is_seen_by_who_comes_later_and_by_nobody_who_came_before():
    first, second = make("1"), make("2")
    store = SnapshotStore(first)
    pinned = store.current
    assert store.swap(second) is first
    assert store.current is second
    assert pinned is first


def test_versions_are_empty_where_nothing_was_said():
    assert set(vars_of(Versions())) == {""}
    assert Versions(host_rule="7").host_rule == "7"


def vars_of(versions: Versions) -> list[str]:
    return [getattr(versions, name) for name in versions.__dataclass_fields__]
