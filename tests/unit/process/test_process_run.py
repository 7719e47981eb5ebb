import asyncio
import os
import signal
from pathlib import Path

import pytest

from bfe_py.process import affinity
from bfe_py.process import run as run_module
from bfe_py.process.affinity import pin, usable_cores
from bfe_py.process.run import on_signal, run_loop, watch_lifeline
from tests.kit.loops import PatientLoop, run_patiently, settle


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> list[PatientLoop]:
    made: list[PatientLoop] = []

    def make() -> PatientLoop:
        made.append(PatientLoop())
        return made[-1]

    monkeypatch.setattr(run_module.uvloop, "new_event_loop", make)
    return made


def test_a_loop_of_its_own_runs_a_process_and_is_closed(patient: list[PatientLoop]):
    async def main(loop: asyncio.AbstractEventLoop) -> int:
        assert asyncio.get_running_loop() is loop
        await asyncio.sleep(1)
        return 7

    assert run_loop(main) == 7
    assert patient[0].is_closed()


def test_a_failure_closes_the_loop_too(patient: list[PatientLoop]):
    async def main(_: asyncio.AbstractEventLoop) -> int:
        raise ValueError("odd")

    with pytest.raises(ValueError, match="odd"):
        run_loop(main)
    assert patient[0].is_closed()


def test_a_signal_is_taken_in_the_loop():
    async def main(loop: PatientLoop) -> None:
        taken: list[int] = []
        on_signal(loop, signal.SIGUSR1, lambda: taken.append(1))
        signal.raise_signal(signal.SIGUSR1)
        await settle()
        assert taken == [1]
        loop.remove_signal_handler(signal.SIGUSR1)

    run_patiently(main)


def test_a_process_ends_with_its_parent_and_removes_what_that_left(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    left = tmp_path / "bfe-py-1" / "controller.sock"
    left.parent.mkdir()
    left.touch()
    left.with_name("lock").touch()
    ended: list[int] = []
    monkeypatch.setattr(os, "_exit", ended.append)
    lifeline, parent = os.pipe()

    async def main(loop: PatientLoop) -> None:
        watch_lifeline(loop, lifeline, str(left))
        await settle()
        assert ended == []
        os.write(parent, b"x")
        await settle()
        assert ended == []
        assert left.exists()
        os.close(parent)
        await settle()
        assert ended
        loop.remove_reader(lifeline)

    run_patiently(main)
    assert set(ended) == {1}
    assert not left.parent.exists()
    os.close(lifeline)


# --- cores


def test_each_worker_has_a_core_while_there_are_any(monkeypatch: pytest.MonkeyPatch):
    pinned: list[set[int]] = []
    monkeypatch.setattr(affinity.os, "sched_getaffinity", lambda _: {7, 3, 5})
    monkeypatch.setattr(affinity.os, "sched_setaffinity", lambda _, cores: pinned.append(cores))
    cores = usable_cores()
    assert cores == [3, 5, 7]
    for worker in range(4):
        pin(worker, cores)
    assert pinned == [{3}, {5}, {7}]


def test_a_worker_whose_core_was_taken_away_serves_on_any(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def refuse(_: int, cores: set[int]) -> None:
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(affinity.os, "sched_setaffinity", refuse)
    pin(1, [3, 5])
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert record.getMessage() == "worker not pinned worker=1 core=5 error='Invalid argument'"
