"""The real process as a service: another user, sockets that were passed, what systemd is told."""

import os
import pwd
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.kit.pages import page_backend
from tests.kit.process import Tree, fetch, start_and_fail, wait_until
from tests.kit.versions import versions

for_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")
NOBODY = "nobody"


def is_for_everybody(path: Path) -> bool:
    """Whether every user may get there."""
    return all(folder.stat().st_mode & 0o001 for folder in path.resolve().parents)


where_anybody_runs_python = pytest.mark.skipif(
    not is_for_everybody(Path(sys.executable)), reason="another user cannot run this Python"
)


def privileged_port() -> int:
    """A free port that only root may bind."""
    for port in range(1023, 600, -1):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("there is none")


@pytest.fixture
def readable(tmp_path: Path) -> Path:
    """The folder of the test, which everybody may enter."""
    for folder in (tmp_path, *tmp_path.parents):
        if folder.owner() == pwd.getpwuid(os.geteuid()).pw_name and folder != Path("/tmp"):
            folder.chmod(folder.stat().st_mode | 0o755)
        if folder.parent == Path("/tmp"):
            break
    return tmp_path


def status_of(pid: int, row: str) -> list[str]:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{row}:"):
            return line.split()[1:]
    raise AssertionError("no such row")


# --- another user


@for_root
def test_everybody_is_another_user_for_good_once_ports_are_bound(tree: Tree, readable: Path):
    user = pwd.getpwnam(NOBODY)
    tree.http = privileged_port()
    tree.own = f"DisableTls = true\nUser = {NOBODY}"
    with page_backend() as backend:
        tree.write([backend])
        with versions(tree, "--workers", "1") as proxy:
            assert proxy.first.get()[0] == 200
            everybody = [proxy.current, *proxy.first.children()]
            assert len(everybody) == 3
            for pid in everybody:
                assert status_of(pid, "Uid") == [str(user.pw_uid)] * 4
                assert status_of(pid, "Gid") == [str(user.pw_gid)] * 4
                assert status_of(pid, "CapEff") == ["0" * 16]
                assert status_of(pid, "NoNewPrivs") == ["1"]
            log = readable / "log/bfe-py.log"
            assert log.owner() == log.parent.owner() == NOBODY
            os.kill(proxy.first.worker(0), signal.SIGKILL)  # the next one is no more than that
            wait_until(lambda: proxy.first.monitor("/ready")[0] == 200)
            assert status_of(proxy.first.worker(0), "Uid") == [str(user.pw_uid)] * 4


@for_root
@where_anybody_runs_python
def test_a_port_that_only_root_may_bind_goes_along_with_its_socket(tree: Tree, readable: Path):
    tree.http = privileged_port()
    tree.own = f"DisableTls = true\nUser = {NOBODY}"
    with page_backend() as backend:
        tree.write([backend])
        with versions(tree, "--workers", "1") as proxy:
            assert proxy.upgrade()[0] == 0
            assert proxy.first.get()[0] == 200
            assert status_of(proxy.current, "Uid") == [str(pwd.getpwnam(NOBODY).pw_uid)] * 4


@for_root
@where_anybody_runs_python
def test_a_new_port_that_only_root_may_bind_leaves_the_old_version_serving(
    tree: Tree, readable: Path
):
    old = tree.http
    tree.own = f"DisableTls = true\nUser = {NOBODY}"
    with page_backend() as backend:
        tree.write([backend])
        with versions(tree, "--workers", "1") as proxy:
            tree.http = privileged_port()
            tree.write([backend])
            code, output = proxy.upgrade()
            assert code == 1
            assert "Permission denied (ports below 1024 are for root" in output
            assert fetch(old, "/", "shop.test")[0] == 200


@for_root
def test_a_user_that_is_not_there_is_one_clear_line(tree: Tree):
    tree.own = "DisableTls = true\nUser = bef-py"
    tree.write([1])
    code, output = start_and_fail("-c", str(tree.root), "-l", str(tree.root.parent / "log"))
    assert code == 1
    (line,) = output.splitlines()
    assert line.startswith('error: there is no user "bef-py": make it (useradd --system bef-py)')


@for_root
def test_logs_that_the_user_may_not_write_are_one_clear_line(tree: Tree, readable: Path):
    tree.own = f"DisableTls = true\nUser = {NOBODY}"
    tree.write([1])
    (readable / "log").mkdir(mode=0o755)
    code, output = start_and_fail("-c", str(tree.root), "-l", str(readable / "log"))
    assert code == 1
    # Where that user cannot run this Python either, there is a warning above it.
    (line,) = [line for line in output.splitlines() if line.startswith("error: ")]
    assert line == f"error: cannot log to {readable}/log: Permission denied (as user nobody)"


# --- sockets that were passed


def listening(*, shares: bool = False) -> socket.socket:
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shares:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    made.bind(("127.0.0.1", 0))
    made.listen()
    return made


def port_of(one: socket.socket) -> int:
    return int(one.getsockname()[1])


@pytest.mark.parametrize("shares", [False, True], ids=["one socket", "SO_REUSEPORT"])
def test_named_sockets_stand_for_listeners_through_upgrades_and_for_several_workers(
    tree: Tree, shares: bool
):
    configured = tree.http, tree.monitor
    with page_backend() as backend, listening(shares=shares) as web, listening() as management:
        tree.write([backend])
        tree.http, tree.monitor = port_of(web), port_of(management)
        environment = {"LISTEN_FDNAMES": "http:management"}
        passed = (web, management)
        with versions(tree, "--workers", "2", environment=environment, sockets=passed) as proxy:
            assert f"listening on http://127.0.0.1:{tree.http}\n" in proxy.first.banner
            assert not any(str(port) in "".join(proxy.first.banner) for port in configured)
            for _ in range(2):
                assert {proxy.first.get()[0] for _ in range(10)} == {200}
                assert proxy.first.monitor("/ready")[0] == 200
                assert proxy.upgrade()[0] == 0


def test_a_client_that_comes_before_the_service_is_answered(tree: Tree):
    with page_backend() as backend, listening() as web:
        tree.write([backend])
        tree.http = port_of(web)
        with socket.create_connection(("127.0.0.1", tree.http), 10) as early:
            early.sendall(b"GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n")
            environment = {"LISTEN_FDNAMES": "http"}
            with versions(tree, "--workers", "2", environment=environment, sockets=[web]):
                assert early.recv(65536).startswith(b"HTTP/1.1 200 OK")


# --- what systemd is told


class Manager:
    """A service manager: what it was told, by whom."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.socket.settimeout(20)
        self.environment = {"NOTIFY_SOCKET": str(path)}

    def wait_for(self, state: str) -> dict[str, str]:
        """The fields of the next message that has `state`."""
        while True:
            lines = self.socket.recv(4096).decode().splitlines()
            if any(line.startswith(state) for line in lines):
                return dict(line.split("=", 1) for line in lines)


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    made = Manager(tmp_path / "notify")
    yield made
    made.socket.close()


def test_systemd_follows_its_service_through_all_of_its_life(tree: Tree, manager: Manager):
    environment = {**manager.environment, "WATCHDOG_USEC": "200000"}
    with page_backend() as backend:
        tree.write([backend])
        with versions(tree, "--workers", "1", environment=environment) as proxy:
            assert "1 tenant" in manager.wait_for("READY=1")["STATUS"]
            manager.wait_for("WATCHDOG=1")
            before = time.monotonic_ns() // 1000
            proxy.send(signal.SIGHUP)
            begun = int(manager.wait_for("RELOADING=1")["MONOTONIC_USEC"])
            assert before <= begun <= time.monotonic_ns() // 1000
            assert manager.wait_for("READY=1")["STATUS"] == "serving"
            (tree.root / "cluster_conf/gslb.data").write_text("{")
            proxy.send(signal.SIGHUP)
            manager.wait_for("RELOADING=1")
            assert "gslb.data" in manager.wait_for("READY=1")["STATUS"]
            tree.write([backend])
            assert proxy.upgrade()[0] == 0
            assert manager.wait_for("MAINPID=")["MAINPID"] == str(proxy.current)
            manager.wait_for("READY=1")
            assert proxy.first.process.wait(20) == 0
            manager.wait_for("WATCHDOG=1")
            proxy.send(signal.SIGTERM)
            manager.wait_for("STOPPING=1")


def test_systemd_is_not_told_of_an_upgrade_that_failed(tree: Tree, manager: Manager):
    with page_backend() as backend:
        tree.write([backend])
        with versions(tree, "--workers", "1", environment=manager.environment) as proxy:
            manager.wait_for("READY=1")
            (tree.root / "bfe.conf").write_text("[Nothing]\n")
            assert proxy.upgrade()[0] == 1
            proxy.send(signal.SIGTERM)
            assert "STOPPING" in manager.socket.recv(4096).decode()


def test_a_worker_that_was_told_by_name_like_all_others_goes_on(tree: Tree):
    with page_backend() as backend:
        tree.write([backend])
        with versions(tree, "--workers", "1") as proxy:
            for number in (signal.SIGUSR2, signal.SIGUSR1, signal.SIGHUP, signal.SIGINT):
                for child in proxy.first.children():
                    os.kill(child, number)
            before = proxy.first.children()
            assert proxy.first.get()[0] == 200
            assert proxy.first.monitor("/ready")[0] == 200
            assert proxy.first.children() == before
