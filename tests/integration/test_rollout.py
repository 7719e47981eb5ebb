"""The real process: a configuration is used by all workers, or by none."""

import json
import os
import signal
import sys
from pathlib import Path

import pytest

from tests.kit import process
from tests.kit.pages import page_backend
from tests.kit.process import Running, Tree, is_running, running, wait_until

FAILING = """
import pathlib, sys
from bfe_py.server import DataPlane
from bfe_py.cli.main import main

real = DataPlane.prepare

async def prepare(self, changes):
    if self._options.worker == 1 and pathlib.Path({trouble!r}).exists():
        return "no space"
    return await real(self, changes)

DataPlane.prepare = prepare
sys.exit(main())
"""
"""The program, whose worker 1 cannot compile anything as long as there is a file `trouble`."""


def page(proxy: Running) -> dict:
    return json.loads(proxy.monitor("/monitor/config")[1])


def versions(proxy: Running) -> set[str]:
    return {one["version"] for one in page(proxy)["workers"]}


def test_what_one_worker_cannot_take_is_refused_everywhere(
    tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    trouble, program = tmp_path / "trouble", tmp_path / "program.py"
    program.write_text(FAILING.format(trouble=str(trouble)))
    monkeypatch.setattr(
        process, "command", lambda *arguments: [sys.executable, str(program), *arguments]
    )
    with page_backend() as backend, page_backend() as other:
        tree.write([backend])
        with running(tree, "--workers", "2") as proxy:
            (before,) = versions(proxy)
            trouble.touch()
            tree.write_backends([other], "2")
            wait_until(lambda: "no space" in str(page(proxy)["last_errors"]))
            assert {proxy.get()[1] for _ in range(20)} == {f"{backend} /\n"}
            assert versions(proxy) == {before}
            good, failed = page(proxy)["workers"]
            assert (good["is_ok"], failed["is_ok"]) == (True, False)
            assert failed["error"] == "no space"
            documents = {one["document"]: one for one in page(proxy)["documents"]}
            table = documents["cluster_conf/cluster_table.data"]
            assert not table["is_current"]
            assert "worker 1: no space" in table["error"]
            assert proxy.metrics("bfe_config_worker_ok")['worker="1"'] == 0.0
            assert proxy.log().count("configuration refused place=configuration") == 1
            trouble.unlink()
            tree.write_backends([other], "3")
            wait_until(lambda: {proxy.get()[1] for _ in range(20)} == {f"{other} /\n"})
            (after,) = versions(proxy)
            assert after != before
            assert proxy.metrics("bfe_config_worker_ok")['worker="1"'] == 1.0


def test_a_worker_that_hangs_in_a_reload_holds_it_up_until_another_takes_its_place(tree: Tree):
    tree.own += "\nHeartbeatSeconds = 1"
    with page_backend() as backend, page_backend() as other:
        tree.write([backend])
        with running(tree, "--workers", "2") as proxy:
            (before,) = versions(proxy)
            hanging = proxy.worker(1)
            os.kill(hanging, signal.SIGSTOP)
            tree.write_backends([other], "2")
            wait_until(lambda: not is_running(hanging))
            wait_until(lambda: {proxy.get()[1] for _ in range(20)} == {f"{other} /\n"})
            wait_until(lambda: before not in versions(proxy))
            assert len(versions(proxy)) == 1


def test_behind_a_refusal_another_controller_goes_on_with_what_is_in_use(
    tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    trouble, program = tmp_path / "trouble", tmp_path / "program.py"
    program.write_text(FAILING.format(trouble=str(trouble)))
    monkeypatch.setattr(
        process, "command", lambda *arguments: [sys.executable, str(program), *arguments]
    )
    with page_backend() as backend, page_backend() as other:
        tree.write([backend])
        with running(tree, "--workers", "2") as proxy:
            trouble.touch()
            tree.write_backends([other], "2")
            wait_until(lambda: "no space" in str(page(proxy)["last_errors"]))
            trouble.unlink()
            controller = proxy.controller()
            os.kill(controller, signal.SIGKILL)
            wait_until(lambda: not is_running(controller))
            wait_until(lambda: {proxy.get()[1] for _ in range(20)} == {f"{other} /\n"})
            wait_until(lambda: proxy.monitor("/ready")[0] == 200)
            assert len(versions(proxy)) == 1
