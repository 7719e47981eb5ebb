import asyncio
from collections.abc import Callable, Coroutine

from bfe_py.balance import Cluster, Probe
from bfe_py.control import Down, Recovery
from tests.kit.loops import PatientLoop, run_patiently, settle

WEB: Down = ("web", "sub", "10.0.0.1", 80)
OTHER: Down = ("web", "sub", "10.0.0.2", 80)


class Probed:
    """A recovery over clusters whose backends pass as `answers` say."""

    def __init__(
        self, tasks: asyncio.TaskGroup, *, successes: int = 1, interval: float = 5
    ) -> None:
        self.cluster: Cluster | None = Cluster(
            "web", probe=Probe(successes=successes, interval=interval)
        )
        self.gone: set[Down] = set()
        self.answers: dict[str, list[bool | Exception]] = {}
        self.probed: list[tuple[str, float]] = []
        self.up: list[Down] = []
        self.loop = asyncio.get_running_loop()
        self.recovery = Recovery(tasks, self._find, self._probe, self.up.append)

    def _find(self, down: Down) -> Cluster | None:
        return None if down in self.gone else self.cluster

    async def _probe(self, cluster: Cluster, host: str, port: int) -> bool:
        assert cluster is self.cluster
        assert port == 80
        self.probed.append((host, self.loop.time()))
        answers = self.answers.get(host, [])
        answer = answers.pop(0) if answers else False
        if isinstance(answer, Exception):
            raise answer
        return answer


def recovering(
    main: Callable[[Probed], Coroutine[object, object, None]], **settings: float
) -> None:
    async def run(loop: PatientLoop) -> None:
        async with asyncio.TaskGroup() as tasks:
            probed = Probed(tasks, **settings)
            await main(probed)
            probed.recovery.close()
        assert probed.recovery.down == frozenset()

    run_patiently(run)


def test_a_backend_is_probed_at_once_and_then_at_intervals_until_it_passes():
    async def main(probed: Probed) -> None:
        probed.answers["10.0.0.1"] = [False, False, True]
        assert probed.recovery.watch(WEB)
        await asyncio.sleep(100)
        assert probed.probed == [("10.0.0.1", at) for at in (0.0, 5.0, 10.0)]
        assert probed.up == [WEB]
        assert probed.recovery.down == frozenset()

    recovering(main)


def test_it_must_pass_so_often_in_a_row():
    async def main(probed: Probed) -> None:
        probed.answers["10.0.0.1"] = [True, False, True, True]
        probed.recovery.watch(WEB)
        await asyncio.sleep(14.9)
        assert probed.up == []
        await asyncio.sleep(0.2)
        assert probed.up == [WEB]

    recovering(main, successes=2)


def test_an_interval_of_nothing_does_not_spin():
    async def main(probed: Probed) -> None:
        probed.recovery.watch(WEB)
        await asyncio.sleep(1.05)
        assert len(probed.probed) == 11

    recovering(main, interval=0)


def test_a_backend_is_probed_once_however_many_find_it_down():
    async def main(probed: Probed) -> None:
        assert probed.recovery.watch(WEB)
        assert not probed.recovery.watch(WEB)
        assert probed.recovery.watch(OTHER)
        await settle()
        assert sorted(probed.probed) == [("10.0.0.1", 0.0), ("10.0.0.2", 0.0)]
        assert probed.recovery.down == {WEB, OTHER}

    recovering(main)


def test_a_backend_that_came_back_may_go_down_again():
    async def main(probed: Probed) -> None:
        probed.answers["10.0.0.1"] = [True]
        probed.recovery.watch(WEB)
        await settle()
        assert probed.up == [WEB]
        assert probed.recovery.watch(WEB)
        assert probed.recovery.down == {WEB}

    recovering(main)


def test_nobody_asks_after_a_backend_that_is_not_configured():
    async def main(probed: Probed) -> None:
        probed.gone.add(WEB)
        assert not probed.recovery.watch(WEB)
        await settle()
        assert probed.probed == []

    recovering(main)


def test_backends_that_go_away_are_probed_no_more():
    async def main(probed: Probed) -> None:
        probed.recovery.watch(WEB)
        probed.recovery.watch(OTHER)
        await settle()
        probed.gone.add(WEB)
        probed.recovery.retain()
        assert probed.recovery.down == {OTHER}
        probed.gone.add(OTHER)
        await asyncio.sleep(20)
        assert probed.recovery.down == frozenset()
        assert len(probed.probed) == 2
        assert probed.up == []

    recovering(main)


def test_a_backend_that_went_away_and_came_again_is_watched_anew():
    async def main(probed: Probed) -> None:
        probed.recovery.watch(WEB)
        await settle()
        probed.gone.add(WEB)
        probed.recovery.retain()
        probed.gone.clear()
        assert probed.recovery.watch(WEB)
        await asyncio.sleep(6)
        assert probed.recovery.down == {WEB}
        assert [at for _, at in probed.probed] == [0.0, 0.0, 5.0]

    recovering(main)


def test_a_probe_that_raises_has_failed_and_ends_nothing():
    async def main(probed: Probed) -> None:
        probed.answers["10.0.0.1"] = [IndexError("odd status line"), True]
        probed.recovery.watch(WEB)
        await asyncio.sleep(6)
        assert probed.up == [WEB]

    recovering(main)
