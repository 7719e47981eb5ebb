"""``bfe-py run --demo``: a process with the backends that a configuration names on this machine."""

import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from bfe_py.cli.demo_server import DemoBackend, DemoStarted
    from bfe_py.config import Tree

_LOCAL = ("127.", "localhost")
_END_SECONDS = 5.0

Backends = Iterable[tuple[str, str, int]]


@contextmanager
def serve_demo(
    conf: Path | None, rules: Path | None, report: Callable[[str], None]
) -> Iterator[None]:
    """Serve the backends of the configuration while this is entered; `report` says which."""
    command = [sys.executable, "-m", "bfe_py.cli.demo_server"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        # Imported while that process is on its way: both take about as long.
        from bfe_py.cli.demo_server import DemoStarted
        from bfe_py.server import load_configuration

        tree = load_configuration(conf, rules).tree
        if tree is not None:  # otherwise whoever serves it says why
            process.stdin.write(msgspec.json.encode(local_backends(tree)) + b"\n")
            process.stdin.flush()
            started = msgspec.json.decode(process.stdout.readline(), type=DemoStarted)
            for line in describe(started):
                report(line)
        yield
    finally:
        process.stdin.close()
        process.stdout.close()
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def local_backends(tree: "Tree") -> "list[DemoBackend]":
    """Every backend of `tree` on this machine, by address; one address is one backend."""
    from bfe_py.cli.demo_server import DemoBackend

    names: dict[tuple[str, int], list[str]] = {}
    for name, host, port in _backends(tree):
        if host.startswith(_LOCAL):
            known = names.setdefault((host, port), [])
            if name not in known:
                known.append(name)
    return [DemoBackend(", ".join(known), *address) for address, known in sorted(names.items())]


def _backends(tree: "Tree") -> Backends:
    tables = [tree.balance] if tree.balance is not None else []
    tables += [tenant.balance for tenant in tree.tenants.values()]
    for balance in tables:
        for sub_clusters in (balance.table.clusters or {}).values():
            for backends in (sub_clusters or {}).values():
                for backend in backends or ():
                    if backend is not None and backend.host and backend.port:
                        yield backend.name or backend.host, backend.host, backend.port


def describe(started: "DemoStarted") -> list[str]:
    """Lines for the operator: which backends there are, and which could not be."""
    lines = []
    if started.started:
        places = ", ".join(f"{one.name} ({one.port})" for one in started.started)
        lines.append(f"demo backends: {places}")
    if not started.started and not started.taken:
        lines.append("demo: the configuration names no backend on this machine")
    lines += [
        f"demo: {one.host}:{one.port} ({one.name}) is in use; whoever listens there answers"
        for one in started.taken
    ]
    return lines
