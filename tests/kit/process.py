"""The real process on a configuration of its own: `bfe-py run` with free ports on loopback."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

START_SECONDS = 15.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def write_json(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1))


@dataclass
class Tree:
    """A configuration root with one tenant `shop` (shop.test) and one cluster `web`."""

    root: Path
    http: int = field(default_factory=free_port)
    https: int = field(default_factory=free_port)
    monitor: int = field(default_factory=free_port)
    server: str = ""
    own: str = "DisableTls = true"
    modules: tuple[str, ...] = ()
    grace: int = 2

    def write(self, backends: list[int], **cluster: object) -> None:
        lines = [
            "[Server]",
            f"HttpPort = {self.http}",
            "HttpAddr = 127.0.0.1",
            f"HttpsPort = {self.https}",
            "HttpsAddr = 127.0.0.1",
            f"MonitorPort = {self.monitor}",
            "MonitorAddr = 127.0.0.1",
            f"GracefulShutdownTimeout = {self.grace}",
            self.server,
            *[f"Modules = {module}" for module in self.modules],
            "[BfePy]",
            self.own,
        ]
        self.root.mkdir(parents=True, exist_ok=True)
        (self.root / "bfe.conf").write_text("\n".join(lines) + "\n")
        self.write_hosts("1", ["shop.test"])
        data = self.root / "server_data_conf"
        write_json(data / "vip_rule.data", {"Version": "1", "Vips": {}})
        rules = [{"Cond": "default_t()", "ClusterName": "web"}]
        write_json(data / "route_rule.data", {"Version": "1", "ProductRule": {"shop": rules}})
        write_json(data / "cluster_conf.data", {"Version": "1", "Config": {"web": cluster}})
        write_json(data / "name_conf.data", {"Version": "1", "Config": {}})
        self.write_backends(backends)
        weights = {"web": {"sub": 100}}
        gslb = {"Hostname": "", "Ts": "1", "Clusters": weights}
        write_json(self.root / "cluster_conf/gslb.data", gslb)

    def write_hosts(self, version: str, hosts: list[str]) -> None:
        rule = {"Version": version, "Hosts": {"tag": hosts}, "HostTags": {"shop": ["tag"]}}
        write_json(self.root / "server_data_conf/host_rule.data", rule)

    def write_backends(self, ports: list[int], version: str = "1") -> None:
        table = [
            {"Name": f"b{port}", "Addr": "127.0.0.1", "Port": port, "Weight": 1} for port in ports
        ]
        content = {"Version": version, "Config": {"web": {"sub": table}}}
        write_json(self.root / "cluster_conf/cluster_table.data", content)


@dataclass
class Running:
    """A proxy that runs."""

    process: "subprocess.Popen[str]"
    tree: Tree
    banner: list[str]

    def get(self, path: str = "/", host: str = "shop.test") -> tuple[int, str]:
        return fetch(self.tree.http, path, host)

    def monitor(self, path: str, method: str = "GET") -> tuple[int, str]:
        return fetch(self.tree.monitor, path, f"127.0.0.1:{self.tree.monitor}", method)

    def children(self) -> list[int]:
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]

    def workers(self) -> dict[int, int]:
        """Process of each worker that has joined and runs, by its number."""
        joined = re.findall(r"worker joined worker=(\d+) pid=(\d+)", self.log())
        return {int(worker): int(pid) for worker, pid in joined if is_running(int(pid))}

    def worker(self, number: int) -> int:
        """Process of a worker, once it has joined."""
        wait_until(lambda: number in self.workers())
        return self.workers()[number]

    def controller(self) -> int:
        """Process of the controller, once all workers have joined."""
        wait_until(lambda: len(self._others()) == 1)
        return self._others().pop()

    def _others(self) -> set[int]:
        return set(self.children()) - set(self.workers().values())

    def log(self) -> str:
        """What the processes logged so far."""
        return (self.tree.root.parent / "log/bfe-py.log").read_text()

    def metrics(self, name: str) -> dict[str, float]:
        """Values of one metric by its labels, each process by itself."""
        lines = self.monitor("/metrics?per_worker=1")[1].splitlines()
        found = [re.fullmatch(rf"{name}(?:{{(.*)}})? (\S+)", line) for line in lines]
        return {one.group(1) or "": float(one.group(2)) for one in found if one}

    def totals(self) -> dict[str, float]:
        """Every counter of ours, all processes together."""
        lines = self.monitor("/metrics")[1].splitlines()
        found = [re.fullmatch(r"(bfe_\w+_total(?:{.*})?) (\S+)", line) for line in lines]
        return {one.group(1): float(one.group(2)) for one in found if one}

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=10)


def start_and_fail(*arguments: str) -> tuple[int, str]:
    """Exit status and output of a start that does not go well."""
    done = subprocess.run(
        command("run", *arguments), capture_output=True, text=True, timeout=20, check=False
    )
    return done.returncode, done.stdout + done.stderr


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def is_running(pid: int) -> bool:
    """Whether a process is there and not only waits to be reaped."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] not in "ZX"


def resident_kib(pid: int, row: str = "VmRSS") -> int:
    """Memory that a process has (`VmHWM`: ever had) in use."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(row):
            return int(line.split()[1])
    raise AssertionError("no such row")


def fetch(port: int, path: str, host: str, method: str = "GET") -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request(method, path, headers={"Host": host})
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "bfe_py", *arguments]


@contextmanager
def running(tree: Tree, *arguments: str) -> Iterator[Running]:
    """Start the proxy on `tree` and wait until it says that it is ready."""
    with starting(tree.root.parent, "-c", str(tree.root), *arguments) as started:
        yield Running(started, tree, read_banner(started))


@contextmanager
def starting(folder: Path, *arguments: str) -> "Iterator[subprocess.Popen[str]]":
    """Start the proxy in `folder`, in a session of its own; end it behind the test."""
    started = subprocess.Popen(
        command("run", "-l", str(folder / "log"), "--workers", "1", *arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
        cwd=folder,
        start_new_session=True,
    )
    try:
        yield started
    finally:
        if started.poll() is None:
            started.send_signal(signal.SIGTERM)
            try:
                started.wait(timeout=10)
            except subprocess.TimeoutExpired:
                started.kill()
                started.wait()
        assert started.stdout is not None
        started.stdout.close()


def read_banner(started: "subprocess.Popen[str]") -> list[str]:
    """Lines up to the one that says `ready`."""
    assert started.stdout is not None
    lines: list[str] = []
    overdue = threading.Timer(START_SECONDS, started.kill)
    overdue.start()
    try:
        for line in started.stdout:
            lines.append(line)
            if "ready in" in line:
                return lines
    finally:
        overdue.cancel()
    raise AssertionError("ended at start:\n" + "".join(lines))


def wait_until(is_so: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait for something that happens in another process."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def client_ports(pid: int, port: int) -> set[int]:
    """Ports of the clients whose connections to `port` a process has accepted and not closed."""
    inodes = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            inodes.add(str(descriptor.readlink()).removeprefix("socket:[").removesuffix("]"))
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {
        int(row[2].rpartition(":")[2], 16)
        for row in rows
        if row[9] in inodes and int(row[1].rpartition(":")[2], 16) == port and row[3] != "0A"
    }
