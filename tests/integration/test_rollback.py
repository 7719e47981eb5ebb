"""The real process: back to an earlier version, and what is said about versions."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.kit.pages import page_backend
from tests.kit.process import Running, Tree, command, is_running, running, wait_until
from tests.kit.versions import versions


def ask(proxy: Running, *words: str) -> "subprocess.CompletedProcess[str]":
    """A command about a proxy, from where it was started."""
    return subprocess.run(
        [*command(*words), "--address", f"127.0.0.1:{proxy.tree.monitor}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=proxy.tree.root.parent,
    )


def rules_of(host: str, backend: int) -> str:
    return f"hosts {host}\ncluster web {{\n    backend 127.0.0.1:{backend}\n}}\nroute -> web\n"


@pytest.fixture
def rules(tree: Tree) -> Path:
    """The folder of `.rules` files of `tree`."""
    folder = tree.root.parent / "rules"
    folder.mkdir()
    tree.own += "\nRulesDir = ../rules"
    return folder


def save_backend(proxy: Running, backend: int, version: str) -> None:
    proxy.tree.write_backends([backend], version)
    wait_until(lambda: proxy.get() == (200, f"{backend} /\n"))


def test_a_rollback_holds_over_restarts_until_files_change(tree: Tree, rules: Path):
    with page_backend() as one, page_backend() as two:
        tree.write([one])
        (rules / "a.rules").write_text(rules_of("a.test", one))
        with running(tree) as proxy:
            save_backend(proxy, two, "2")
            (rules / "b.rules").write_text(rules_of("b.test", one))
            wait_until(lambda: proxy.get(host="b.test")[0] == 200)

            said = ask(proxy, "rollback")
            assert said.stdout.splitlines()[-1] == "  rules/b"
            assert proxy.get(host="b.test")[0] == 500
            assert proxy.get() == (200, f"{two} /\n")
            assert ask(proxy, "rollback").returncode == 0
            assert proxy.get() == (200, f"{one} /\n")
            refused = ask(proxy, "rollback")
            assert refused.returncode == 1
            assert "kept are 1 (in use), 2, 3" in refused.stderr

        with running(tree) as proxy:
            assert proxy.get() == (200, f"{one} /\n")
            assert proxy.get(host="b.test")[0] == 500
            assert "bfe_versions_held 2.0" in proxy.monitor("/metrics")[1]
            assert "in use, rolled back" in ask(proxy, "status", "versions").stdout
            (rules / "b.rules").write_text(rules_of("b2.test", two))
            wait_until(lambda: proxy.get(host="b2.test")[0] == 200)
            assert proxy.get() == (200, f"{one} /\n")

            taken = ask(proxy, "reload")
            assert "gslb_data_conf: had been rolled back; now it is used" in taken.stdout
            assert proxy.get() == (200, f"{two} /\n")
            assert "bfe_versions_held 0.0" in proxy.monitor("/metrics")[1]


def test_a_rollback_holds_when_the_controller_is_replaced_and_over_an_upgrade(tree: Tree):
    with page_backend() as one, page_backend() as two:
        tree.write([one])
        with versions(tree) as proxy:
            first = proxy.first
            save_backend(first, two, "2")
            assert ask(first, "rollback").returncode == 0
            controller = first.controller()
            os.kill(controller, signal.SIGKILL)
            wait_until(lambda: not is_running(controller))
            wait_until(lambda: is_answering(first))
            assert first.get() == (200, f"{one} /\n")
            assert proxy.upgrade()[0] == 0
            assert first.get() == (200, f"{one} /\n")
            assert json.loads(first.monitor("/dump/versions")[1])["held"] == ["gslb_data_conf"]


def is_answering(proxy: Running) -> bool:
    try:
        return proxy.monitor("/ready")[0] == 200
    except OSError:
        return False


def test_a_trial_changes_nothing_and_says_what_would_be_refused(tree: Tree, rules: Path):
    with page_backend() as one, page_backend() as two:
        tree.write([one])
        with running(tree) as proxy:
            save_backend(proxy, two, "2")
            assert ask(proxy, "rollback").returncode == 0
            (rules / "bad.rules").write_text("hosts bad.test\nroute -> nowhere\n")
            wait_until(lambda: "bad.rules" in proxy.monitor("/dump/errors")[1])

            tried = ask(proxy, "reload", "--dry-run")
            assert tried.returncode == 1
            assert f"+ cluster web backends.sub[b{two}]: Addr 127.0.0.1" in tried.stdout
            assert tried.stderr == (
                "would be refused: rules/bad.rules:2:10: there is no cluster nowhere in this file\n"
            )
            assert proxy.get() == (200, f"{one} /\n")
            only = ask(proxy, "reload", "server_data_conf", "--dry-run")
            assert (only.returncode, only.stdout) == (0, "nothing would change\n")


def test_differences_name_requests_that_go_elsewhere(tree: Tree, rules: Path):
    with page_backend() as one:
        tree.write([one])
        (rules / "a.rules").write_text(rules_of("a.test", one))
        with running(tree) as proxy:
            same = ask(proxy, "diff")
            assert (same.returncode, same.stdout.splitlines()[1]) == (0, "nothing is different")
            routed = rules_of("a.test", one).replace(
                "route ->",
                "cluster api {\n    backend 127.0.0.1:9\n}\n"
                'route req_path_prefix_in("/api", false) -> api\nroute ->',
            )
            (rules / "a.rules").write_text(routed)
            wait_until(lambda: proxy.get("/api", host="a.test")[0] == 502)

            moved = "  GET http://a.test/api: tenant a, cluster a/web => tenant a, cluster a/api"
            for words in (["1", "2"], ["1"], ["1", "2", "-s", "state"]):
                found = ask(proxy, "diff", *words)
                assert found.returncode == 1
                assert moved in found.stdout.splitlines()
            (tree.root.parent / "mine").write_text("# mine\nGET http://a.test/api/x X-A: 1\n")
            decoded = ask(proxy, "diff", "1", "--samples", "mine", "--format", "json")
            requests = [one["request"] for one in json.loads(decoded.stdout)["moved"]]
            assert requests == ["GET http://a.test/api/x 'X-A: 1'", "GET http://a.test/api"]


def test_a_store_that_cannot_be_read_or_written_fails_no_reload(tree: Tree):
    with page_backend() as one, page_backend() as two:
        tree.write([one])
        (tree.root.parent / "state").mkdir()
        (tree.root.parent / "state/versions").write_text("in the way")
        with running(tree) as proxy:
            save_backend(proxy, two, "2")
            refused = ask(proxy, "rollback")
            assert refused.returncode == 1
            assert "none is kept" in refused.stderr
            log = (tree.root.parent / "log/bfe-py.log").read_text()
            assert log.count("version not kept folder=") == 1
