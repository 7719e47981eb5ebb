"""The real process on a configuration of its own: `bfe-py run` with free ports on loopback."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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

    def write(self, backends: list[int], **cluster: object) -> None:
        lines = [
            "[Server]",
            f"HttpPort = {self.http}",
            "HttpAddr = 127.0.0.1",
            f"HttpsPort = {self.https}",
            "HttpsAddr = 127.0.0.1",
            f"MonitorPort = {self.monitor}",
            "MonitorAddr = 127.0.0.1",
            "GracefulShutdownTimeout = 2",
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

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=10)


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
    log = tree.root.parent / "log"
    started = subprocess.Popen(
        command("run", "-c", str(tree.root), "-l", str(log), "--workers", "1", *arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
    )
    try:
        yield Running(started, tree, read_banner(started))
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
