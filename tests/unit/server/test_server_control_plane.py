import asyncio
from pathlib import Path

import pytest

from bfe_py.balance import Reach
from bfe_py.config import Group
from bfe_py.control import (
    BackendCameUp,
    BackendsFailing,
    BackendWentDown,
    Bundle,
    Claims,
    Down,
    FileSource,
    Grants,
    HeartbeatCounters,
    Prepare,
    Use,
)
from bfe_py.control import groups as groups_module
from bfe_py.control.checked import NAME
from bfe_py.server import control_plane as control_plane_module
from bfe_py.server.control_plane import _JOIN_SECONDS
from bfe_py.server.kept_checks import KEEP_SECONDS
from bfe_py.shares import Claim, Grant
from tests.kit.control import Control
from tests.kit.loops import settle
from tests.kit.process import Tree

WEB: Down = ("web", "sub", "127.0.0.1", 81)


def test_what_was_loaded_first_is_sent_to_workers_and_told_when_all_serve(control):
    async def main(control: Control) -> None:
        plane = control.plane
        assert plane.is_loaded
        one, two = control.join(0), control.join(1)
        assert [message.generation for message in one.sent(Prepare)] == [1]
        one.apply(1)
        assert control.said == []
        assert not control.observed.is_ready
        two.apply(1)
        assert control.observed.is_ready
        ((word, text),) = control.said
        assert word == "ready"
        assert text.startswith("1 tenants (shop), 1 rules, 1 clusters, 1 backends; ready in ")
        two.apply(1)
        assert len(control.said) == 1

    control(main)


def test_a_first_configuration_that_a_worker_refuses_is_told_once(control):
    async def main(control: Control) -> None:
        one, two = control.join(0), control.join(1)
        one.apply(1, "no space")
        two.apply(1, "no space")
        assert control.said == [("failed", "worker 0: no space")]
        assert not control.observed.generation.is_last_ok

    control(main)


def test_a_later_configuration_that_a_worker_refuses_is_nobodys(control, tree: Tree):
    async def main(control: Control) -> None:
        one, two = control.join(0), control.join(1)
        one.apply(1)
        two.apply(1)
        first = control.plane._reloader.tree.version
        tree.write_backends([82], "2")
        reloading = control.tasks.create_task(control.plane.reload("gslb_data_conf", None))
        await asyncio.sleep(1)  # it compiles in slices
        two.prepare(2)
        one.prepare(2, "no space")
        outcome = await reloading
        text = "configuration: worker 0: no space; all workers go on with the version before"
        assert (outcome.is_ok, outcome.is_changed, outcome.text) == (False, False, text)
        assert [word for word, _ in control.said] == ["ready"]
        generation = control.observed.generation
        assert generation.last_errors == (text,)
        assert generation.version == first
        assert generation.worker_versions == {0: first, 1: first}
        assert (
            control.plane._reloader.snapshot.balancers["web"].sub_clusters[0].states[0].port == 81
        )

    control(main)


def test_broken_files_at_first_are_no_configuration(control, tree: Tree):
    (tree.root / "cluster_conf/gslb.data").write_text("{")

    async def main(control: Control) -> None:
        assert not (await control.plane.load_first()).ok
        assert not control.plane.is_loaded
        assert not control.observed.is_ready

    control(main, loads=False)


# --- reloads


def test_a_reload_by_name_is_sent_on_and_answered(control, tree: Tree):
    async def main(control: Control) -> None:
        worker = control.join()
        worker.obey()
        tree.write_backends([82], "2")
        answer = await control.observed.reload("gslb_data_conf", {})
        assert (answer.is_ok, answer.error_text) == (True, "")
        assert [message.generation for message in worker.sent(Use)] == [1, 2]
        (tree.root / "cluster_conf/gslb.data").write_text("{")
        answer = await control.observed.reload("gslb_data_conf", {"path": "cluster_conf"})
        assert not answer.is_ok
        assert "gslb.data" in answer.error_text
        assert len(worker.sent(Prepare)) == 2

    control(main)


def test_a_hangup_reads_everything_anew(control, tree: Tree):
    async def main(control: Control) -> None:
        other = tree.root.parent / "other"
        other.mkdir()
        for file in (tree.root / "cluster_conf").iterdir():
            (other / file.name).write_text(file.read_text().replace("81", "99"))
        await control.plane.reload("gslb_data_conf", str(other))
        worker = control.join()
        worker.obey()
        refused: list[str] = []
        control.plane.reload_soon(refused.append)
        await asyncio.sleep(1)
        assert [message.generation for message in worker.sent(Use)] == [2, 3]
        tree.write_hosts("2", [])
        (tree.root / "cluster_conf/gslb.data").write_text("{")
        control.plane.reload_soon(refused.append)
        await asyncio.sleep(1)
        assert refused[0] == ""
        assert "gslb.data" in refused[1]

    control(main)


class Saved:
    """A source whose states come when a test says so."""

    def __init__(self, real: FileSource) -> None:
        self.real = real
        self.queue: asyncio.Queue[Bundle] = asyncio.Queue()

    def take(self) -> Bundle:
        return self.real.take()

    async def changes(self):
        while True:
            yield await self.queue.get()


def test_what_is_saved_is_loaded_and_an_old_state_never_comes_back(control, tree: Tree):
    async def main(control: Control) -> None:
        plane = control.plane
        source = plane._source = Saved(plane._source)
        watching = control.tasks.create_task(plane.watch())
        control.join()
        old = source.take()
        old.documents.get("cluster_conf/cluster_table.data")  # it was read by then
        tree.write_backends([82], "2")
        source.queue.put_nowait(source.take())
        await settle()
        version = plane._reloader.tree.version
        source.queue.put_nowait(old)
        await settle()
        assert plane._reloader.tree.version == version
        watching.cancel()

    control(main)


def test_a_change_of_bfe_conf_is_told(control, tree: Tree, caplog: pytest.LogCaptureFixture):
    async def main(control: Control) -> None:
        (tree.root / "bfe.conf").write_text("[Server]\n")
        await control.plane.reload("gslb_data_conf", None)
        assert "file changed that needs a restart path=bfe.conf" in caplog.text

    control(main)


# --- the controller that was there before


def test_another_controller_goes_on_where_files_are_broken_now(control, tree: Tree):
    versions: list[str] = []

    async def before(control: Control) -> None:
        versions.append(control.plane._reloader.tree.version)
        await control.observed.readings()

    async def after(control: Control) -> None:
        assert (await control.plane.load_first()).ok
        assert control.plane.is_loaded
        assert control.plane._reloader.tree.version == versions[0]
        assert control.observed.generation.reloads_total == 2
        worker = control.join(version=versions[0])
        worker.obey()
        watching = control.tasks.create_task(control.plane.watch())
        await asyncio.sleep(_JOIN_SECONDS + 1)
        assert control.observed.generation.version == versions[0]
        assert "host_rule.data" in control.observed.generation.last_errors[0]
        assert [message.generation for message in worker.sent(Use)] == [1]
        watching.cancel()

    control(before)
    (tree.root / "server_data_conf/host_rule.data").write_text("{")
    control(after, loads=False)


def test_another_controller_takes_up_what_was_saved_meanwhile(control, tree: Tree):
    async def before(_: Control) -> None:
        pass

    async def after(control: Control) -> None:
        assert (await control.plane.load_first()).ok
        watching = control.tasks.create_task(control.plane.watch())
        await settle()
        one, two = control.join(0), control.join(1)
        one.obey()
        await asyncio.sleep(1)
        two.obey()
        await asyncio.sleep(1)
        assert [message.generation for message in two.sent(Use)] == [1, 2]
        balancer = control.plane._reloader.snapshot.balancers["web"]
        assert balancer.sub_clusters[0].states[0].port == 82
        watching.cancel()

    control(before)
    tree.write_backends([82], "2")
    control(after, loads=False)


# --- health


@pytest.fixture
def probes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What was probed; a probe passes if its port is even."""
    probed: list[tuple[str, int]] = []

    async def probe(cluster, host: str, port: int, *, reach: Reach) -> bool:
        assert reach.find_refusal("127.0.0.1", port) is None
        probed.append((host, port))
        await asyncio.sleep(0)
        return len(probed) > 2

    monkeypatch.setattr(control_plane_module, "probe_backend", probe)
    return probed


def test_a_backend_that_goes_down_is_told_to_all_and_probed_until_it_is_back(control, probes):
    async def main(control: Control) -> None:
        one, two = control.join(0), control.join(1)
        one.tell(BackendWentDown(*WEB))
        two.tell(BackendWentDown(*WEB))
        await settle()
        for worker in (one, two):
            assert worker.received.count(BackendWentDown(*WEB)) == 1
        assert control.join(1, pid=7).sent(Use)[-1].down == [WEB]
        await asyncio.sleep(100)
        assert probes == [("127.0.0.1", 81)] * 3
        assert one.received[-1] == BackendCameUp(*WEB)

    control(main)


@pytest.mark.parametrize(
    "down",
    [
        ("none", "sub", "127.0.0.1", 81),
        ("web", "none", "127.0.0.1", 81),
        ("web", "sub", "127.0.0.2", 81),
        ("web", "sub", "127.0.0.1", 82),
    ],
)
def test_backends_that_are_not_configured_are_nobodys_care(control, probes, down: Down):
    async def main(control: Control) -> None:
        worker = control.join()
        worker.tell(BackendWentDown(*down))
        await settle()
        assert probes == []
        assert BackendWentDown(*down) not in worker.received

    control(main)


def test_before_anything_is_loaded_no_backend_is_known(control, probes):
    async def main(control: Control) -> None:
        control.join().tell(BackendWentDown(*WEB))
        await settle()
        assert probes == []

    control(main, loads=False)


def test_a_backend_that_is_configured_no_more_is_probed_no_more(control, probes, tree: Tree):
    async def main(control: Control) -> None:
        worker = control.join()
        worker.tell(BackendWentDown(*WEB))
        await settle()
        tree.write_backends([82], "2")
        worker.obey()
        await control.plane.reload("gslb_data_conf", None)
        assert control.join(1).sent(Use)[-1].down == []
        probed = len(probes)
        await asyncio.sleep(100)
        assert len(probes) == probed

    control(main)


def hanging(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Workers that are killed; all of them are there."""
    killed: list[int] = []
    monkeypatch.setattr(control_plane_module, "end_worker", killed.append)
    monkeypatch.setattr(control_plane_module, "is_sibling", lambda pid: pid < 100)
    return killed


def test_a_worker_that_hangs_is_killed_and_counted(control, tree: Tree, monkeypatch):
    killed = hanging(monkeypatch)
    tree.own += "\nHeartbeatSeconds = 4"
    tree.write([81])

    async def main(control: Control) -> None:
        following = control.tasks.create_task(control.plane.follow_workers())
        control.join(0, pid=77)
        await asyncio.sleep(3.5)
        assert killed == []
        await asyncio.sleep(2)
        assert killed == [77]
        assert control.plane.registry.family(HeartbeatCounters)[("0",)].hangs == 1
        following.cancel()

    control(main)


@pytest.mark.parametrize(("pid", "killed_then"), [(77, [77]), (177, [])])
def test_a_worker_that_hung_before_this_controller_was_there_is_killed(
    control, tree: Tree, monkeypatch, pid: int, killed_then: list[int]
):
    killed = hanging(monkeypatch)

    async def before(control: Control) -> None:
        control.join(0, pid=pid)
        await control.observed.readings()

    async def after(control: Control) -> None:
        following = control.tasks.create_task(control.plane.follow_workers())
        await asyncio.sleep(8)
        assert killed == []
        await asyncio.sleep(4)
        assert killed == killed_then
        following.cancel()

    control(before)
    control(after)


def test_limits_are_divided_once_a_second(control):
    async def main(control: Control) -> None:
        following = control.tasks.create_task(control.plane.follow_workers())
        one, two = control.join(0), control.join(1)
        one.tell(Claims([Claim("things", "k", 10, 5, 5, 5, True, 0)]))
        two.tell(Claims([Claim("things", "k", 10, 5, 0, 0, False, 1)], is_answer=True))
        await asyncio.sleep(1.5)
        assert two.received[-1] == Grants([Grant("things", "k", 10, 2, 1)])
        following.cancel()

    control(main)


def test_failures_that_two_workers_saw_take_a_backend_down(control, probes, tree: Tree):
    tree.write([81], CheckConf={"FailNum": 2})

    async def main(control: Control) -> None:
        one, two = control.join(0), control.join(1)
        one.tell(BackendsFailing([(WEB, 1)]))
        assert BackendWentDown(*WEB) not in one.received
        two.tell(BackendsFailing([(WEB, 1)]))
        await settle()
        for worker in (one, two):
            assert worker.received.count(BackendWentDown(*WEB)) == 1

    control(main)


# --- what was checked


def test_what_was_checked_is_kept_once_nothing_changes_for_a_while(
    control, tree: Tree, tmp_path: Path
):
    async def main(control: Control) -> None:
        plane = Control(tree, control.memory, control.tasks, tmp_path).plane
        assert (await plane.load_first()).ok
        await asyncio.sleep(KEEP_SECONDS - 1)
        tree.write_backends([82], "2")
        await plane.reload("gslb_data_conf", None)
        await asyncio.sleep(KEEP_SECONDS - 1)
        assert not (tmp_path / NAME).exists()
        await asyncio.sleep(2)
        assert (tmp_path / NAME).exists()
        plane.close()

    control(main, loads=False)


def test_what_was_checked_is_kept_at_the_end_and_found_at_the_next_start(
    control, tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    async def main(control: Control) -> None:
        first = Control(tree, control.memory, control.tasks, tmp_path).plane
        assert (await first.load_first()).ok
        first.close()

        def decode_group(group: Group, *_: object, **__: object) -> None:
            raise AssertionError(f"{group.name} is checked again")

        monkeypatch.setattr(groups_module, "decode_group", decode_group)
        second = Control(tree, control.memory, control.tasks, tmp_path).plane
        assert (await second.load_first()).ok
        assert second._reloader.tree.version == first._reloader.tree.version
        second.close()

    control(main, loads=False)


def test_who_could_not_load_leaves_what_was_kept_as_it_is(control, tree: Tree, tmp_path: Path):
    async def main(control: Control) -> None:
        (tmp_path / NAME).write_bytes(b"kept at an earlier start")
        (tree.root / "cluster_conf/gslb.data").write_text("{")
        plane = Control(tree, control.memory, control.tasks, tmp_path).plane
        assert not (await plane.load_first()).ok
        plane.close()
        assert (tmp_path / NAME).read_bytes() == b"kept at an earlier start"

    control(main, loads=False)
