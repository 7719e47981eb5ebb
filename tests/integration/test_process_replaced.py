"""The real process: processes that die are replaced, and nothing is lost with them."""

import json
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

from tests.kit.pages import page_backend
from tests.kit.process import (
    Running,
    Tree,
    free_port,
    running,
    start_and_fail,
    wait_until,
)


def kill(proxy: Running, pid: int) -> None:
    """Kill a child and wait until another is there."""
    before = set(proxy.children())
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: len(set(proxy.children()) - before) == 1)


def wait_ready(proxy: Running) -> None:
    wait_until(lambda: proxy.monitor("/ready")[0] == 200)


def went_back(before: dict[str, float], after: dict[str, float]) -> dict[str, tuple[float, float]]:
    """Counters that are less than they were; of those that were not seen before, none."""
    return {
        name: (value, after.get(name, 0.0))
        for name, value in before.items()
        if after.get(name, 0.0) < value
    }


def test_a_worker_that_dies_is_replaced(tree: Tree):
    with page_backend() as backend:
        tree.write([backend])
        with running(tree) as proxy:
            kill(proxy, proxy.worker(0))
            wait_until(lambda: proxy.get()[0] == 200)


def test_workers_serve_on_while_the_controller_is_replaced(tree: Tree):
    with page_backend() as backend:
        tree.write([backend])
        with running(tree) as proxy:
            os.kill(proxy.controller(), signal.SIGKILL)
            assert proxy.get()[0] == 200
            wait_ready(proxy)
            tree.write_hosts("2", ["later.test"])
            wait_until(lambda: proxy.get(host="later.test")[0] == 200)


def test_connections_are_spread_over_workers_that_all_tell_their_numbers(tree: Tree):
    with page_backend() as backend:
        tree.write([backend])
        with running(tree, "--workers", "3") as proxy:
            assert "3 workers" in "".join(proxy.banner)
            with ThreadPoolExecutor(8) as pool:
                assert {status for status, _ in pool.map(lambda _: proxy.get(), range(120))} == {
                    200
                }
            served = proxy.metrics("bfe_client_requests_total")
            assert sorted(served) == [f'worker="{worker}"' for worker in range(3)]
            assert sum(served.values()) == 120
            assert min(served.values()) >= 10
            assert proxy.metrics("bfe_worker_up") == {f'worker="{n}"': 1.0 for n in range(3)}
            assert len(set(proxy.workers().values())) == 3


def test_no_counter_goes_back_when_processes_die(tree: Tree):
    with page_backend() as backend:
        tree.write([backend])
        with running(tree, "--workers", "2") as proxy:
            for _ in range(40):
                assert proxy.get()[0] == 200
            proxy.monitor("/reload/gslb_data_conf")
            before = proxy.totals()
            assert before["bfe_client_requests_total"] == 40
            for victim in (
                lambda: proxy.worker(0),
                proxy.controller,
                lambda: proxy.worker(1),
                lambda: proxy.worker(0),
                proxy.controller,
            ):
                kill(proxy, victim())
                wait_until(lambda: proxy.get()[0] == 200)
                after = proxy.totals()
                assert went_back(before, after) == {}
                before = after


def test_a_worker_that_dies_while_there_is_no_controller_keeps_its_numbers(tree: Tree):
    with page_backend() as backend:
        tree.write([backend])
        with running(tree) as proxy:
            for _ in range(5):
                proxy.get()
            before = proxy.totals()
            os.kill(proxy.controller(), signal.SIGKILL)
            os.kill(proxy.worker(0), signal.SIGKILL)
            wait_ready(proxy)
            wait_until(lambda: proxy.get()[0] == 200)
            assert went_back(before, proxy.totals()) == {}


def test_a_backend_that_came_back_is_used_again(tree: Tree):
    port = free_port()
    tree.write([port], CheckConf=CHECK)
    with running(tree) as proxy:
        assert proxy.get()[0] in (502, 503)
        assert proxy.get()[0] == 503
        with page_backend(port):
            wait_until(lambda: proxy.get()[0] == 200)


CHECK = {"Schem": "http", "Uri": "/health", "FailNum": 1, "CheckInterval": 50}


def test_a_backend_that_one_worker_found_down_is_down_for_all(tree: Tree):
    port = free_port()
    tree.write([port], CheckConf=CHECK)
    with running(tree, "--workers", "3") as proxy:
        assert proxy.get()[0] in (502, 503)
        wait_until(lambda: down_count(proxy) == 1)
        attempts = proxy.totals()["bfe_exchange_attempts_failed_total"]
        for _ in range(30):
            assert proxy.get()[0] == 503
        assert proxy.totals()["bfe_exchange_attempts_failed_total"] == attempts


def down_count(proxy: Running) -> int:
    return [one["is_up"] for one in json.loads(proxy.monitor("/dump/backends")[1])].count(False)


def test_a_backend_that_is_down_recovers_though_the_controller_was_replaced(tree: Tree):
    port = free_port()
    tree.write([port], CheckConf=CHECK)
    with running(tree, "--workers", "2") as proxy:
        proxy.get()
        wait_until(lambda: down_count(proxy) == 1)
        kill(proxy, proxy.controller())
        wait_ready(proxy)
        assert proxy.get()[0] == 503
        with page_backend(port):
            wait_until(lambda: down_count(proxy) == 0)
            assert proxy.get()[0] == 200


def test_a_worker_that_joins_late_knows_which_backends_are_down(tree: Tree):
    port = free_port()
    tree.write([port], CheckConf=CHECK)
    with running(tree) as proxy:
        proxy.get()
        wait_until(lambda: down_count(proxy) == 1)
        kill(proxy, proxy.worker(0))
        wait_until(lambda: proxy.log().count("worker joined") == 2)
        wait_ready(proxy)
        attempts = proxy.totals()["bfe_exchange_attempts_failed_total"]
        assert proxy.get()[0] == 503
        assert proxy.totals()["bfe_exchange_attempts_failed_total"] == attempts


def test_a_controller_that_finds_a_broken_file_goes_on_with_the_one_before(tree: Tree):
    with page_backend() as backend:
        tree.write([backend])
        with running(tree) as proxy:
            path = tree.root / "server_data_conf/host_rule.data"
            whole = path.read_text()
            path.write_text(whole[:-20])
            wait_until(lambda: "host_rule.data" in proxy.monitor("/dump/errors")[1])
            kill(proxy, proxy.controller())
            kill(proxy, proxy.worker(0))
            wait_until(lambda: proxy.get()[0] == 200)
            assert "host_rule.data" in proxy.monitor("/dump/errors")[1]
            path.write_text(whole.replace("shop.test", "later.test"))
            wait_until(lambda: proxy.get(host="later.test")[0] == 200)


def test_a_worker_that_cannot_use_the_configuration_says_so_in_one_line(tree: Tree):
    in_the_way = tree.root.parent / "file"
    tree.modules = ("mod_access",)
    tree.write([1])
    in_the_way.write_text("")
    (tree.root / "mod_access").mkdir()
    (tree.root / "mod_access/mod_access.conf").write_text(
        f"[Log]\nLogFile = {in_the_way}/a.log\n"
        '[Template]\nRequestTemplate = "$host"\nSessionTemplate = "$ses_keepalive_num"\n'
    )
    log = tree.root.parent / "log"
    code, output = start_and_fail("-c", str(tree.root), "-l", str(log), "--workers", "1")
    assert code == 1
    assert {line.partition(" failed: ")[2] for line in output.splitlines()} == {
        f"the log {in_the_way}/a.log cannot be opened: File exists"
    }


def test_requests_go_on_while_workers_and_controllers_die(tree: Tree):
    with page_backend() as backend:
        tree.write([backend])
        with running(tree, "--workers", "2") as proxy:
            done = threading.Event()
            answers: list[int] = []

            def load() -> None:
                while not done.is_set():
                    answers.append(proxy.get()[0])

            loading = threading.Thread(target=load)
            loading.start()
            try:
                for _ in range(3):
                    kill(proxy, proxy.controller())
                    wait_ready(proxy)
            finally:
                done.set()
                loading.join()
            assert set(answers) == {200}
