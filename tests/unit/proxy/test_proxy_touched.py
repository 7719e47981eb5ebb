"""Which exchanges a reload has touched."""

from dataclasses import replace

import pytest

from bfe_py.balance import LiveBackends
from bfe_py.model import UNIX_PEER, Attempt, Exchange, Headers, RequestHead, Session
from bfe_py.observe import Registry
from bfe_py.proxy import find_touched
from bfe_py.snapshot import Snapshot
from bfe_py.tenant import HostEntry, HostTable, TenantTable
from tests.kit.plane import make_snapshot

WEB = (("default_t()", "web"),)


def snapshot(
    ports: tuple[int, ...] = (80, 81), rules: tuple[tuple[str, str], ...] = WEB
) -> Snapshot:
    backends = [("10.0.0.1", port) for port in ports]
    return make_snapshot(backends, LiveBackends(), Registry(), rules=rules)


OLD = snapshot()


def exchange(port: int | None = 80) -> Exchange:
    """One that is under way on a backend, if it has come that far."""
    head = RequestHead(b"GET", b"/chat", Headers([(b"Host", b"shop.test")]))
    made = Exchange(Session(UNIX_PEER, UNIX_PEER, 0.0), head, 0.0)
    made.tenant, made.cluster = "shop", "web"
    if port is not None:
        made.attempt = Attempt("web", "sub", "b0", "10.0.0.1", port)
    return made


def is_touched(one: Exchange, new: Snapshot) -> bool:
    return find_touched([one], OLD, new) == [one]


def test_what_stays_where_it_is_is_not_touched():
    assert not is_touched(exchange(), OLD)
    assert not is_touched(exchange(), snapshot())
    assert not is_touched(exchange(), snapshot(rules=(('req_path_in("/a", false)', "other"), *WEB)))


def test_one_whose_backend_is_gone_is_touched_and_its_neighbour_is_not():
    new = snapshot((81, 82))
    gone, stays = exchange(80), exchange(81)
    assert find_touched([gone, stays], OLD, new) == [gone]


@pytest.mark.parametrize(
    "new",
    [
        snapshot(rules=(('req_path_in("/chat", false)', "other"), *WEB)),
        replace(snapshot(), routes={}),
        replace(snapshot(), balancers={}, clusters={}),
        replace(snapshot(), tenants=TenantTable(HostTable([]), {}, None)),
        replace(
            snapshot(),
            tenants=TenantTable(HostTable([("shop.test", HostEntry("new", "t"))]), {}, None),
        ),
    ],
    ids=["another cluster", "no route", "no cluster", "no tenant", "another tenant"],
)
def test_what_would_go_elsewhere_is_touched(new: Snapshot):
    assert is_touched(exchange(), new)


def test_what_has_reached_no_backend_is_not_touched():
    assert not is_touched(exchange(None), snapshot((99,)))


def test_what_went_elsewhere_before_already_is_not_touched_by_this():
    one = exchange()
    one.host = "changed.by.a.module"
    assert not is_touched(one, snapshot())
