"""A proxy under fire: it serves a load while something goes wrong, and what holds whatever that is.

Nothing of it is left behind: no process, and nothing in its temporary folder.
"""

import json
import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.kit.asking_on import Load, asking_on
from tests.kit.pages import page_backend
from tests.kit.process import Running, Tree, client_ports, running, wait_until, write_json
from tests.kit.versions import Versions, versions

TENANTS = ("shop", "farm", "yard")
KEPT, ANEW = 8, 4


@dataclass
class Fire:
    """The proxy, and what becomes of the requests that it gets."""

    proxy: Running
    load: Load
    output: str = ""
    """What it had written to the terminal by its end."""

    def go_on(self, requests: int = 50) -> None:
        """Wait until so many more are answered."""
        before = self.load.answered
        wait_until(lambda: self.load.answered > before + requests, 20)

    def lines(self, *texts: str) -> list[str]:
        """Lines of the log with all of these texts in them."""
        return [
            line for line in self.proxy.log().splitlines() if all(text in line for text in texts)
        ]

    def total(self, name: str) -> float:
        """A counter by its name, all of its labels and processes together."""
        return sum(self.proxy.metrics(name).values())

    @property
    def lost(self) -> list[object]:
        """Requests so far that were not answered by the backend: ports of clients, and answers."""
        return [*self.load.failed, *self.load.unexpected]


def write_tree(tree: Tree, backend: int) -> None:
    """Several tenants, ids and an access log."""
    tree.modules = ("mod_logid", "mod_access")
    tree.write([backend])
    write_hosts(tree, "1")
    routes = {name: [{"Cond": "default_t()", "ClusterName": "web"}] for name in TENANTS}
    data = tree.root / "server_data_conf"
    write_json(data / "route_rule.data", {"Version": "1", "ProductRule": routes})
    folder = tree.root / "mod_access"
    folder.mkdir(exist_ok=True)
    (folder / "mod_access.conf").write_text(
        f"[Log]\nLogFile = {access_log(tree)}\n"
        '[Template]\nRequestTemplate = "R $host $status_code"\nSessionTemplate = "S"\n'
    )


def write_slow(tree: Tree, backend: int) -> None:
    """The last tenant's cluster is another one, with one backend."""
    data, clusters = tree.root / "server_data_conf", tree.root / "cluster_conf"
    for path, of_all, name in (
        (data / "cluster_conf.data", "Config", "web"),
        (clusters / "gslb.data", "Clusters", "web"),
        (clusters / "cluster_table.data", "Config", "web"),
    ):
        content = json.loads(path.read_bytes())
        content[of_all]["slow"] = json.loads(json.dumps(content[of_all][name]))
        if path.name == "cluster_table.data":
            content[of_all]["slow"]["sub"][0]["Port"] = backend
        write_json(path, content)
    content = json.loads((data / "route_rule.data").read_bytes())
    content["ProductRule"][TENANTS[-1]][0]["ClusterName"] = "slow"
    write_json(data / "route_rule.data", content)


def write_hosts(tree: Tree, version: str, *more: str) -> None:
    """Hosts of all tenants, `more` for the first of them."""
    hosts = {name: [f"{name}.test"] for name in TENANTS}
    hosts[TENANTS[0]] += more
    tags = {name: [name] for name in TENANTS}
    rule = {"Version": version, "Hosts": hosts, "HostTags": tags}
    save(tree.root / "server_data_conf/host_rule.data", json.dumps(rule).encode())


def save(path: Path, content: bytes) -> None:
    """Write a file at once, as nobody sees half of it."""
    path.with_suffix(".tmp").write_bytes(content)
    path.with_suffix(".tmp").replace(path)


def access_log(tree: Tree) -> Path:
    return tree.root.parent / "access/access.log"


@contextmanager
def on_fire(
    tree: Tree,
    *arguments: str,
    kept: int = KEPT,
    anew: int = ANEW,
    slow: int = 0,
    starting: AbstractContextManager[None] | None = None,
) -> Iterator[Fire]:
    """Start the proxy, with two workers unless told otherwise, and the load.

    `slow` is the port of another backend, for `write_slow`; `starting` is entered for the start.
    """
    with page_backend() as backend, own_temporary_folder():
        write_tree(tree, backend)
        if slow:
            write_slow(tree, slow)
        with ExitStack() as ending:
            with starting or nullcontext():
                proxy = ending.enter_context(running(tree, "--workers", "2", *arguments))
            with asking_on(tree.http, kept, anew) as load:
                fire = Fire(proxy, load)
                fire.go_on()
                yield fire
                fire.go_on()
            assert proxy.stop() == 0
            assert proxy.process.stdout is not None
            fire.output = proxy.process.stdout.read()
        wait_until(lambda: not processes_of(proxy.process.pid))


@contextmanager
def versions_on_fire(tree: Tree) -> Iterator[tuple[Versions, Fire]]:
    """The same, through versions."""
    with page_backend() as backend, own_temporary_folder():
        write_tree(tree, backend)
        with versions(tree, "--workers", "2") as proxy:
            with asking_on(tree.http, KEPT, ANEW) as load:
                fire = Fire(proxy.first, load)
                fire.go_on()
                yield proxy, fire
                fire.go_on()
            proxy.stop()
            wait_until(lambda: not processes_of(proxy.first.process.pid))


@contextmanager
def own_temporary_folder() -> Iterator[None]:
    """What is started meanwhile has a temporary folder of its own, and leaves nothing there."""
    before = os.environ.get("TMPDIR")
    with tempfile.TemporaryDirectory(prefix="fire-", dir="/tmp") as folder:
        os.environ["TMPDIR"] = folder
        try:
            yield
        finally:
            os.environ.pop("TMPDIR")
            if before is not None:
                os.environ["TMPDIR"] = before
        wait_until(lambda: not list(Path(folder).iterdir()))


def processes_of(session: int) -> list[int]:
    """Processes of a session that run or wait to be reaped by one that does."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and (fields[0] not in "ZX" or int(fields[1]) != os.getpid()):
            found.append(int(path.parent.name))
    return found


# --- ends


def state_of(pid: int) -> str:
    """State of a process, in one letter."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def stop(pid: int) -> None:
    """Have a process stand still between two instructions."""
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: state_of(pid) == "T")


def end_stopped(
    proxy: Running, number: int, port: int, cause: signal.Signals = signal.SIGKILL
) -> set[int]:
    """End a worker between two instructions; ports of the clients that it had."""
    victim = proxy.worker(number)
    stop(victim)
    had = client_ports(victim, port)
    os.kill(victim, cause)
    with suppress(ProcessLookupError):
        os.kill(victim, signal.SIGCONT)
    wait_until(lambda: proxy.workers().get(number) not in (None, victim))
    return had
