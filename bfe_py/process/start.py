"""From options to running processes: what the parent does before it forks."""

import logging
import os
import shutil
import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bfe_py.config import render
from bfe_py.observe import configure_logging
from bfe_py.process.affinity import pin, usable_cores
from bfe_py.process.controller import ControllerOptions, run_controller
from bfe_py.process.parent import EXIT_BAD, Child, Links, Parent, private_path
from bfe_py.process.sockets import BindError, ListenAddress, bind, close_all
from bfe_py.process.worker import run_worker
from bfe_py.server import BoundListener, PlaneOptions, Site, load_site
from bfe_py.tls import make_root

_log = logging.getLogger("bfe.process")

_NICENESS = 5
"""By how much the controller stands back behind the workers."""


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
    configure_logging(
        options.log_directory, to_stdout=options.logs_to_stdout, debug=options.is_debugging
    )
    workers = _worker_count(options, site)
    path = private_path()
    try:
        return _run(options, site, workers, path)
    except BindError as error:
        options.report(f"error: {error}")
        return EXIT_BAD
    finally:
        shutil.rmtree(path.parent, ignore_errors=True)


def _worker_count(options: RunOptions, site: Site) -> int:
    own, server = site.static.own, site.static.server
    return options.workers or own.workers or server.max_cpus or len(usable_cores())


def _run(options: RunOptions, site: Site, workers: int, path: Path) -> int:
    addresses = _addresses(site)
    sockets = {address: bind(address, workers) for address in addresses}
    server = site.static.server
    management = None
    if server.is_monitored:
        address = ListenAddress("management", server.monitor_address, server.monitor_port)
        management = bind(address, 1)[0]
    talking = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    talking.bind(str(path))
    talking.listen(workers * 2)
    tls = None if site.static.own.is_tls_disabled else make_root()
    cores = usable_cores()
    children = []
    for number in range(workers):
        listeners = tuple(
            [
                BoundListener(address.name, sockets[address][number], address.name == "https")
                for address in addresses
            ]
        )
        plane = PlaneOptions(number, site, listeners, tls, server.drain_timeout)
        others = [sockets[a][n] for a in addresses for n in range(workers) if n != number]
        if management is not None:
            others.append(management)
        close = partial(close_all, [*others, talking])
        core = number if workers <= len(cores) and workers > 1 else None
        children.append(Child(f"worker {number}", partial(_worker_main, plane, close, core, cores)))
    everybody = [one for group in sockets.values() for one in group]
    controller = ControllerOptions(
        site,
        workers,
        talking,
        management,
        options.report,
        options.is_coloured,
        options.state_directory,
    )
    parent = Parent(
        Child("controller", partial(_controller_main, controller, partial(close_all, everybody))),
        children,
        partial(_announce, options, addresses, site, workers),
        partial(_complain, options),
        partial(close_all, everybody),
        server.drain_timeout,
        str(path),
    )
    return parent.run()


def _addresses(site: Site) -> list[ListenAddress]:
    server = site.static.server
    addresses = [ListenAddress("http", server.http_address, server.http_port)]
    if not site.static.own.is_tls_disabled:
        addresses.append(ListenAddress("https", server.https_address, server.https_port))
    return addresses


def _worker_main(
    options: PlaneOptions,
    close_others: Callable[[], None],
    core: int | None,
    cores: list[int],
    links: Links,
) -> int:
    close_others()
    if core is not None:
        pin(core, cores)
    return run_worker(options, links)


def _controller_main(
    options: ControllerOptions, close_others: Callable[[], None], links: Links
) -> int:
    close_others()
    os.nice(_NICENESS)
    return run_controller(options, links)


def _announce(
    options: RunOptions, addresses: list[ListenAddress], site: Site, workers: int, loaded: str
) -> None:
    server = site.static.server
    for address in addresses:
        options.report(f"listening on {address.name}://{address}")
    if server.is_monitored:
        management = ListenAddress("", server.monitor_address, server.monitor_port)
        options.report(f"management on http://{management}")
    options.report(f"{loaded}, {workers} worker{'s' if workers != 1 else ''}")
    _log.info("ready workers=%d", workers)


def _complain(options: RunOptions, text: str) -> None:
    _log.error("child ended detail=%s", text)
    options.report(text)
