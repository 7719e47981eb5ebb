"""The real process under load: files that change and break, processes that end and hang.

Nothing is lost that was not in a killed process; every event is a number in the metrics and one
line of the log. What becomes of one worker without a load is in test_workers.py.
"""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kit.fire import TENANTS, Fire, end_stopped, on_fire, save, stop, write_hosts
from tests.kit.process import Tree, client_ports, is_running, wait_until
from tests.kit.versions import own_code

RELOADS = "bfe_config_reloads_total"


def reloads(fire: Fire, result: str) -> float:
    return fire.proxy.metrics(RELOADS).get(f'result="{result}"', 0.0)


def is_last_good(fire: Fire) -> bool:
    return fire.proxy.metrics("bfe_config_last_reload_successful") == {"": 1.0}


# --- files


def test_reload_after_reload_loses_nothing(tree: Tree):
    with on_fire(tree) as fire:
        for number in range(8):
            host = f"later{number}.test"
            write_hosts(tree, str(number + 2), host)
            wait_until(lambda: fire.proxy.get(host=host)[0] == 200)  # noqa: B023
            assert [fire.proxy.get(host=f"{name}.test")[0] for name in TENANTS] == [200] * 3
        assert reloads(fire, "ok") == 9
        assert is_last_good(fire)
        assert fire.lost == []


def syntax(path: Path) -> None:
    save(path, path.read_bytes().replace(b":", b"=", 1))


def unknown_cluster(path: Path) -> None:
    save(path, path.read_bytes().replace(b'"web"', b'"nowhere"', 1))


def cut_off(path: Path) -> None:
    save(path, path.read_bytes()[:-40])


def removed(path: Path) -> None:
    path.unlink()


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def garbage(path: Path) -> None:
    save(path, b"\xff\x00{[\n" * (1 << 20))


def endless(path: Path) -> None:
    save(path, b"[" * (5 << 20))


def loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


BREAKS: tuple[Callable[[Path], None], ...] = (
    syntax,
    unknown_cluster,
    cut_off,
    removed,
    folder,
    garbage,
    endless,
    loop,
)


def test_files_that_break_are_refused_and_the_last_good_ones_stay(tree: Tree):
    path = tree.root / "server_data_conf/route_rule.data"
    with on_fire(tree) as fire:
        good = path.read_bytes()
        version = fire.proxy.monitor("/monitor/workers")
        for number, breaks in enumerate(BREAKS, 1):
            breaks(path)
            wait_until(lambda: reloads(fire, "refused") == number)  # noqa: B023
            fire.go_on()
            assert not is_last_good(fire)
            assert "route_rule.data" in fire.proxy.monitor("/dump/errors")[1]
            lines = fire.lines("configuration refused", "route_rule.data")
            assert len(lines) == number, breaks.__name__
            assert len(lines[-1]) < 500
            if path.is_dir():
                path.rmdir()
            save(path, good)
            wait_until(lambda: is_last_good(fire))
        assert reloads(fire, "refused") == len(BREAKS)
        assert fire.proxy.monitor("/monitor/workers") == version
        assert len(fire.lines("document not read", "error=Is a directory")) == 1
        assert fire.lines("Traceback") == []
        assert fire.lost == []


# --- workers


@pytest.mark.parametrize("cause", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
def test_with_a_worker_that_dies_its_own_requests_are_lost_alone(tree: Tree, cause: signal.Signals):
    with on_fire(tree) as fire:
        had = end_stopped(fire.proxy, 1, tree.http, cause)
        fire.go_on()
        assert set(fire.load.failed) <= had
        assert fire.load.unexpected == []
        assert fire.proxy.metrics("bfe_worker_ends_total") == {
            f'reason="{cause.name}",worker="1"': 1.0
        }
        assert len(fire.lines("worker 1 ended", f"(signal {cause.value})")) == 1


def test_with_a_worker_that_hangs_no_client_is_lost_that_waited_for_it(tree: Tree):
    tree.own += "\nHeartbeatSeconds = 1"
    with on_fire(tree) as fire:
        hanging = fire.proxy.worker(0)
        stop(hanging)
        had = client_ports(hanging, tree.http)
        wait_until(lambda: fire.proxy.workers().get(0) not in (None, hanging))
        fire.go_on()
        assert set(fire.load.failed) <= had
        assert fire.load.unexpected == []
        assert fire.total("bfe_worker_hangs_total") == 1
        assert len(fire.lines(f"worker hangs worker=0 pid={hanging}")) == 1


def test_a_worker_that_hangs_before_it_says_a_word_is_found_too(tree: Tree):
    tree.own += "\nHeartbeatSeconds = 1"
    code, signpost = own_code(tree).folder / "process/worker.py", tree.root.parent / "hang"
    code.write_text(
        code.read_text().replace(
            "    async def main(",
            f"    import os, pathlib\n    post = pathlib.Path({str(signpost)!r})\n"
            "    if post.exists():\n        post.unlink()\n"
            "        os.kill(os.getpid(), signal.SIGSTOP)\n\n    async def main(",
        )
    )
    with on_fire(tree) as fire:
        victim = fire.proxy.worker(1)
        signpost.write_text("")
        stop(victim)
        had = client_ports(victim, tree.http)
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: fire.proxy.workers().get(1) not in (None, victim))
        assert not signpost.exists()
        fire.go_on()
        assert set(fire.load.failed) <= had
        assert fire.total("bfe_worker_hangs_total") == 1
        assert fire.proxy.metrics("bfe_worker_ends_total") == {'reason="SIGKILL",worker="1"': 2.0}
        assert len(fire.lines("worker hangs worker=1")) == 1


# --- the controller


def test_with_a_controller_that_dies_nothing_is_lost(tree: Tree):
    with on_fire(tree) as fire:
        controller = fire.proxy.controller()
        os.kill(controller, signal.SIGKILL)
        wait_until(lambda: not is_running(controller))
        fire.go_on()
        wait_until(lambda: fire.proxy.controller() != controller)
        wait_until(lambda: fire.proxy.monitor("/ready")[0] == 200)
        assert fire.proxy.metrics("bfe_worker_ends_total") == {
            'reason="SIGKILL",worker="controller"': 1.0
        }
        assert len(fire.lines("controller ended", "(signal 9)")) == 1
        assert fire.lost == []


def test_a_controller_that_hangs_is_replaced_and_nothing_is_lost(tree: Tree):
    tree.own += "\nHeartbeatSeconds = 1"
    with on_fire(tree) as fire:
        controller = fire.proxy.controller()
        assert fire.proxy.monitor("/ready")[0] == 200  # it does not load: that may take longer
        stop(controller)
        wait_until(lambda: not is_running(controller))
        wait_until(lambda: fire.proxy.monitor("/ready")[0] == 200)
        fire.go_on()
        assert fire.total("bfe_worker_hangs_total") == 1
        assert fire.proxy.metrics("bfe_worker_ends_total") == {
            'reason="SIGKILL",worker="controller"': 1.0
        }
        assert len(fire.lines(f"controller hangs pid={controller}")) == 1
        write_hosts(tree, "2", "later.test")
        wait_until(lambda: fire.proxy.get(host="later.test")[0] == 200)
        assert fire.lost == []
