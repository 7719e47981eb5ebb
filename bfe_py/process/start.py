"""From options to running processes: what the parent does before it forks."""

import logging
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bfe_py.config import render
from bfe_py.observe import configure_logging
from bfe_py.process.affinity import pin, usable_cores
from bfe_py.process.children import EXIT_BAD, Child, Links, Pauses
from bfe_py.process.controller import ControllerOptions, run_controller
from bfe_py.process.machine import System
from bfe_py.process.parent import Parent, Voice
from bfe_py.process.sockets import BindError, ListenAddress, bind, close_all
from bfe_py.process.worker import run_worker
from bfe_py.server import (
    BoundListener,
    ControlOptions,
    Memory,
    PlaneOptions,
    Site,
    load_site,
    management_host,
)
from bfe_py.tls import make_root

_log = logging.getLogger("bfe.process")

_NICENESS = 5
"""By how much the controller stands back behind the workers."""

_LONGEST_PATH = 100
"""Of a Unix socket; the system takes 107 bytes."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What `bfe-py run` was asked for.

    `conf` and `rules` are the configuration root and the folder of `.rules` files; one may be None.
    `workers` None: as configured. `report` takes lines for the operator.
    """

    conf: Path | None
    rules: Path | None
    report: Callable[[str], None]
    log_directory: Path | None = None
    state_directory: Path | None = None
    logs_to_stdout: bool = False
    is_debugging: bool = False
    workers: int | None = None
    is_compatible: bool = False
    is_coloured: bool = False


def start_processes(options: RunOptions) -> int:
    """Run until told to end; answers the exit status."""
    site, report = load_site(options.conf, options.rules, is_compatible=options.is_compatible)
    if len(report):
        options.report(render(report, colour=options.is_coloured))
    if site is None:
        return EXIT_BAD
    directory = options.log_directory
    try:
        configure_logging(directory, to_stdout=options.logs_to_stdout, debug=options.is_debugging)
    except OSError as error:
        options.report(f"error: cannot log to {directory}: {error.strerror}")
        return EXIT_BAD
    try:
        folder = _make_private()
        try:
            return _run(options, site, folder / "controller.sock")
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    except (BindError, OSError) as error:
        options.report(f"error: {error}")
        return EXIT_BAD


def _make_private() -> Path:
    """A directory that only this user can reach."""
    made = tempfile.mkdtemp(prefix="bfe-py-")
    if len(made) + len("/controller.sock") <= _LONGEST_PATH:
        return Path(made)
    Path(made).rmdir()
    return Path(tempfile.mkdtemp(prefix="bfe-py-", dir="/tmp"))


def _worker_count(options: RunOptions, site: Site) -> int:
    own, server = site.static.own, site.static.server
    return options.workers or own.workers or server.max_cpus or len(usable_cores())


def _find_state(options: RunOptions, site: Site) -> Path | None:
    """Where last good versions and what was checked are kept; None if that cannot be.

    The operator is told, but where there are BFE's files alone a start merely takes longer then.
    """
    named = site.static.own.state_directory
    state = site.folder / named if named else options.state_directory
    if state is None:
        return None
    try:
        state.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=state):
            return state
    except OSError as error:
        if site.rules is None:
            _log.info("nothing is kept over a restart folder=%s error=%s", state, error.strerror)
            return None
        options.report(
            f"warning: last good .rules documents are not kept over a restart: "
            f"cannot write to {state}: {error.strerror}"
        )
        return None


@dataclass(frozen=True, slots=True)
class _Sockets:
    """What is listened on: by address one socket for each worker; `talking` is for workers."""

    listening: dict[ListenAddress, list[socket.socket]]
    management: socket.socket | None
    talking: socket.socket

    def of(self, worker: int) -> tuple[BoundListener, ...]:
        return tuple(
            [
                BoundListener(address.name, sockets[worker], address.name == "https")
                for address, sockets in self.listening.items()
            ]
        )

    def every(self) -> list[socket.socket]:
        return [one for sockets in self.listening.values() for one in sockets]

    def not_of(self, worker: int) -> list[socket.socket]:
        """What a worker closes; Unix listeners are one socket for all."""
        own = {listener.socket for listener in self.of(worker)}
        others = [one for one in self.every() if one not in own]
        return [*others, self.talking, *([self.management] if self.management else [])]


def _open_sockets(site: Site, workers: int, path: Path) -> _Sockets:
    server = site.static.server
    listening = {address: bind(address, workers) for address in _addresses(site)}
    management = None
    if server.is_monitored:
        address = ListenAddress("management", management_host(site), server.monitor_port)
        management = bind(address, 1)[0]
    talking = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    talking.bind(str(path))
    talking.listen(workers * 2)
    return _Sockets(listening, management, talking)


def _run(options: RunOptions, site: Site, path: Path) -> int:
    workers = _worker_count(options, site)
    sockets = _open_sockets(site, workers, path)
    own, server = site.static.own, site.static.server
    voice = Voice(partial(_announce, options, site, workers), partial(_complain, options))
    control = ControlOptions(site, workers, Memory.open(), time.time(), _find_state(options, site))
    controller = ControllerOptions(
        control, sockets.talking, sockets.management, options.report, options.is_coloured
    )
    with System(str(path), voice.complain) as system:
        parent = Parent(
            system,
            Child("controller", partial(_controller_main, controller, sockets.every())),
            _make_workers(site, workers, sockets),
            voice,
            partial(close_all, sockets.every()),
            server.drain_timeout,
            Pauses(own.restart_min_ms / 1000, own.restart_max_ms / 1000),
        )
        return parent.run()


def _make_workers(site: Site, workers: int, sockets: _Sockets) -> list[Child]:
    # Made before processes part, so that all of them know each other's tickets.
    tls = None if site.static.own.is_tls_disabled else make_root()
    cores = usable_cores()
    is_pinned = 1 < workers <= len(cores)
    grace = site.static.server.drain_timeout
    children = []
    for number in range(workers):
        plane = PlaneOptions(number, site, sockets.of(number), tls, grace)
        close = partial(close_all, sockets.not_of(number))
        main = partial(_worker_main, plane, close, cores if is_pinned else [])
        children.append(Child(f"worker {number}", main))
    return children


def _addresses(site: Site) -> list[ListenAddress]:
    server = site.static.server
    addresses = [ListenAddress("http", server.http_address, server.http_port)]
    if not site.static.own.is_tls_disabled:
        addresses.append(ListenAddress("https", server.https_address, server.https_port))
    return addresses


def _worker_main(
    options: PlaneOptions, close_others: Callable[[], None], cores: list[int], links: Links
) -> int:
    close_others()
    pin(options.worker, cores)
    return run_worker(options, links)


def _controller_main(options: ControllerOptions, others: list[socket.socket], links: Links) -> int:
    close_all(others)
    os.nice(_NICENESS)
    return run_controller(options, links)


def _announce(options: RunOptions, site: Site, workers: int, loaded: str) -> None:
    server = site.static.server
    for address in _addresses(site):
        _say(options, f"listening on {address.name}://{address}")
    if server.is_monitored:
        management = ListenAddress("", management_host(site), server.monitor_port)
        _say(options, f"management on http://{management}")
    _say(options, f"{loaded}, {workers} worker{'s' if workers != 1 else ''}")
    _log.info("ready workers=%d", workers)


def _complain(options: RunOptions, text: str) -> None:
    _log.error("child ended detail=%r", text)
    _say(options, text)


def _say(options: RunOptions, text: str) -> None:
    with suppress(OSError):  # whoever started us may have closed the terminal since
        options.report(text)
