"""Starts with everything but the system: no socket, no process."""

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest

from bfe_py.observe import logs
from bfe_py.process import RunOptions, listening, options, start_processes
from bfe_py.process import start as start_module
from bfe_py.process.parent import Parent
from bfe_py.process.sockets import BindError, ListenAddress
from tests.kit.process import Tree
from tests.kit.starting import FakeSocket, Started


@pytest.fixture
def start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, _restored_logging: None
) -> Callable[..., Started]:
    """Starts with everything but the system: no socket, no process."""

    def run(tree: Tree, *, rules: Path | None = None, unbindable: str = "", **more) -> Started:
        reported: list[str] = []
        settings = {"log_directory": tmp_path / "log", "workers": 2, **more}
        asked = RunOptions(tree.root, rules, reported.append, **settings)
        started = Started(asked, reported)

        def bind(address: ListenAddress, count: int, _: object) -> list[FakeSocket]:
            if address.name == unbindable:
                raise BindError(f"cannot listen on {address}")
            made = [FakeSocket() for _ in range(1 if address.host.startswith("/") else count)]
            started.bound[address.name] = made
            return made

        def keep(parent: Parent) -> int:
            started.parent = parent
            return 7

        monkeypatch.setattr(listening, "bind", bind)
        monkeypatch.setattr(start_module.socket, "socket", FakeSocket)
        monkeypatch.setattr(start_module, "System", lambda *_: nullcontext("system"))
        monkeypatch.setattr(Parent, "run", keep)
        for module in (start_module, options):
            monkeypatch.setattr(module, "usable_cores", lambda: [4, 5])
        monkeypatch.setattr(
            start_module, "pin", lambda worker, cores: started.pinned.append((worker, cores))
        )
        monkeypatch.setattr(start_module.os, "nice", lambda _: None)
        monkeypatch.setattr(
            start_module,
            "run_controller",
            lambda options, _: started.controllers.append(options) or 0,
        )
        monkeypatch.setattr(
            start_module, "run_worker", lambda options, _: started.workers.append(options) or 0
        )
        started.status = start_processes(asked)
        return started

    return run


@pytest.fixture
def _restored_logging():
    yield
    logs.configure_logging(None, to_stdout=False, debug=False)
    root = logs.logging.getLogger("bfe")
    root.handlers.clear()
    root.propagate = True
    root.setLevel(logs.logging.NOTSET)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    made = Tree(tmp_path / "conf", http=8080, https=8443, monitor=8421)
    made.write([81])
    return made
