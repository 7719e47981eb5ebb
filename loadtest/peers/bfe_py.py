"""This proxy: with four modules and their access log, and bare."""

import compileall
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path

from loadtest.estate import Estate
from loadtest.machine import free_port
from loadtest.processes import Launch, StartError, tail
from loadtest.programs import parse_version
from loadtest.proxy import Job, Prepared, Proxy
from loadtest.tree import MODULES, Ports, write_tree

_ROOT = Path(__file__).resolve().parents[2]
_PATIENCE = 300.0
"""Trees of a hundred thousand rules take their time."""


@cache
def _compile() -> None:
    """Leave bytecode beside the sources, as installing does: every start would compile them anew
    where the environment keeps Python from writing any."""
    compileall.compile_dir(_ROOT / "bfe_py", quiet=2)


def _prepare(job: Job, *, modules: Sequence[str]) -> Prepared:
    _compile()
    ports = Ports(free_port(), free_port(), job.backend)
    write_tree(job.folder / "conf", ports, modules, job.rules)
    (job.folder / "log").mkdir()
    command = [sys.executable, "-m", "bfe_py", "run", "-c", "conf", "-l", "log", "-s", "state"]
    environment = {"PYTHONPATH": str(_ROOT), "NO_COLOR": "1"}
    log = job.folder / "log/access.log" if "mod_access" in modules else None
    return Prepared(Launch(command, job.folder, environment), ports.http, log, _PATIENCE)


def prepare_estate(job: Job, estate: Estate, *, is_rules: bool) -> tuple[Prepared, Ports]:
    """This proxy, bare, with very many tenants: as `.rules` documents, or in BFE's files."""
    _compile()
    ports = Ports(free_port(), free_port(), job.backend)
    folder = job.folder
    (folder / "log").mkdir(parents=True)
    command = [sys.executable, "-m", "bfe_py", "run", "-c", "conf", "-l", "log", "-s", "state"]
    if is_rules:
        Estate(0, 0).write_bfe(folder / "conf", ports)
        estate.write_rules(folder / "rules", ports)
        command += ["-r", "rules"]
    else:
        estate.write_bfe(folder / "conf", ports)
    launch = Launch(command, folder, {"PYTHONPATH": str(_ROOT), "NO_COLOR": "1"})
    return Prepared(launch, ports.http, None, _PATIENCE), ports


def as_prepared(prepared: Prepared) -> Proxy:
    """The bare proxy with what was written for it before."""
    return Proxy(BFE_PY_BARE.name, "bfe-py", _find_version, lambda _: prepared, _worker)


def _worker(_pid: int, prepared: Prepared) -> list[int]:
    """The one worker: it says its process in the log once it has joined."""
    folder = prepared.launch.folder
    until = time.monotonic() + prepared.patience
    while time.monotonic() < until:
        joined = re.findall(r"worker joined worker=0 pid=(\d+)", _read(folder / "log/bfe-py.log"))
        if joined and "ready in" in _read(prepared.launch.output):
            return [int(joined[-1])]
        time.sleep(0.05)
    raise StartError(f"no worker joined\n{tail(prepared.launch.output)}")


def _read(path: Path) -> str:
    return path.read_text("utf-8", "replace") if path.exists() else ""


def _find_version() -> str:
    command = [sys.executable, "-m", "bfe_py", "version"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=_ROOT)
    return parse_version(done.stdout)


BFE_PY = Proxy("bfe-py", "bfe-py", _find_version, partial(_prepare, modules=MODULES), _worker)
BFE_PY_BARE = Proxy("bfe-py bare", "bfe-py", _find_version, partial(_prepare, modules=()), _worker)
