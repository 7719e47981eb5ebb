"""What a reload takes elsewhere gets some time to end where it is."""

import asyncio
from types import SimpleNamespace

import pytest

from bfe_py.balance import LiveBackends
from bfe_py.observe import Registry
from bfe_py.server.reload_drain import ReloadDrain
from tests.kit.loops import PatientLoop, run_patiently
from tests.kit.plane import make_snapshot
from tests.unit.proxy.test_proxy_touched import exchange


class FakeEndpoint:
    def __init__(self) -> None:
        self.cut: list[object] = []

    def cut_sessions(self, sessions: list[object]) -> None:
        self.cut += sessions


def snapshot(port: int):
    return make_snapshot([("10.0.0.1", port)], LiveBackends(), Registry())


@pytest.mark.parametrize(("seconds", "cuts"), [(0.0, 0), (2.0, 1)])
def test_what_is_left_when_the_time_is_over_is_cut_off(seconds: float, cuts: int, caplog):
    async def main(loop: PatientLoop) -> None:
        lasting, ended, elsewhere = exchange(80), exchange(80), exchange(81)
        proxy = SimpleNamespace(lasting={lasting, ended, elsewhere})
        endpoint = FakeEndpoint()
        drain = ReloadDrain(loop, proxy, endpoint, seconds)  # type: ignore[arg-type]
        drain.swapped(snapshot(80), snapshot(81))
        await asyncio.sleep(1.9)
        assert endpoint.cut == []
        proxy.lasting.discard(ended)
        await asyncio.sleep(0.2)
        assert endpoint.cut == [lasting.session] * cuts
        assert ("exchanges cut off behind a reload count=1" in caplog.text) == bool(cuts)

    run_patiently(main)


def test_nobody_is_cut_off_where_all_have_ended():
    async def main(loop: PatientLoop) -> None:
        proxy, endpoint = SimpleNamespace(lasting={exchange(80)}), FakeEndpoint()
        drain = ReloadDrain(loop, proxy, endpoint, 1.0)  # type: ignore[arg-type]
        drain.swapped(snapshot(80), snapshot(81))
        proxy.lasting.clear()
        await asyncio.sleep(2)
        assert endpoint.cut == []

    run_patiently(main)
