"""From options to running processes: what the parent does before it forks."""

import logging
import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from bfe_py.config import render
from bfe_py.control import Ends, Inheritance
from bfe_py.observe import configure_logging
from bfe_py.process.affinity import pin, usable_cores
from bfe_py.process.announcing import Operator
from bfe_py.process.children import CONTROLLER, EXIT_BAD, Child, Links, Pauses
from bfe_py.process.controller import ControllerOptions, run_controller
from bfe_py.process.ends import EndCounts
from bfe_py.process.folders import find_state, private_folder, provide_folders
from bfe_py.process.given import open_handed, take_activated
from bfe_py.process.handover import Predecessor, find_predecessor
from bfe_py.process.listening import Listening, listen_addresses, open_listening
from bfe_py.process.machine import Bequest, System
from bfe_py.process.messages import Failed, Heritage
from bfe_py.process.notify import open_state
from bfe_py.process.options import RunOptions, count_workers, first_error
from bfe_py.process.parent import Parent, Times, Voice
from bfe_py.process.privileges import Identity, IdentityError, become, find_identity
from bfe_py.process.sockets import BindError, close_all
from bfe_py.process.worker import run_worker
from bfe_py.server import ControlOptions, Memory, PlaneOptions, Site, import_later, load_site
from bfe_py.tls import make_root

_log = logging.getLogger("bfe.process")

_NICENESS = 5
"""By how much the controller stands back behind the workers."""


def start_processes(options: RunOptions) -> int:
    """Run until told to end; answers the exit status."""
    try:
        predecessor = find_predecessor(os.environ)
    except OSError as error:
        options.report(f"error: {error}")
        return EXIT_BAD
    try:
        return _start(options, predecessor)
    except (BindError, IdentityError, OSError) as error:
        options.report(f"error: {error}")
        _tell_failure(predecessor, str(error))
        return EXIT_BAD


def _tell_failure(predecessor: Predecessor | None, reason: str) -> None:
    """The version that runs is to say why this one does not take over."""
    if predecessor is not None:
        with suppress(OSError):
            predecessor.tell(Failed(reason))


def _start(options: RunOptions, predecessor: Predecessor | None) -> int:
    site, report = load_site(options.conf, options.rules, is_compatible=options.is_compatible)
    if len(report):
        options.report(render(report, colour=options.is_coloured))
    if site is None:
        _tell_failure(predecessor, first_error(report))
        return EXIT_BAD
    identity = find_identity(site.static.own.user, site.static.own.group)
    listening = _listen(site, count_workers(options, site), predecessor)
    if identity is not None:
        import_later()  # while it can be read
        provide_folders(options, site, identity)
        become(identity)  # whatever is made from here on is theirs
        _warn_of_upgrades(options, identity)
    _configure_logging(options, identity)
    site = replace(site, listens_also=listening.passed)
    with private_folder(os.environ) as folder:
        return _run(options, site, listening, folder / "controller.sock", predecessor)


def _warn_of_upgrades(options: RunOptions, identity: Identity) -> None:
    program = options.command[0]
    if not os.access(program, os.X_OK):
        options.report(
            f"warning: user {identity.name} cannot run {program}: there can be no upgrade"
        )


def _listen(site: Site, workers: int, predecessor: Predecessor | None) -> Listening:
    addresses = listen_addresses(site)
    if predecessor is not None:
        given = open_handed(predecessor.heritage.sockets)
    else:
        given = take_activated(os.environ, addresses)
    return open_listening(addresses, workers, given)


def _configure_logging(options: RunOptions, identity: Identity | None) -> None:
    """Open the log.

    Raises:
        OSError: it cannot be written; the text is for the operator.
    """
    directory = options.log_directory
    try:
        configure_logging(directory, to_stdout=options.logs_to_stdout, debug=options.is_debugging)
    except OSError as error:
        us = "" if identity is None else f" (as user {identity.name})"
        raise OSError(f"cannot log to {directory}: {error.strerror}{us}") from error


def _run(
    options: RunOptions,
    site: Site,
    listening: Listening,
    path: Path,
    predecessor: Predecessor | None,
) -> int:
    workers = count_workers(options, site)
    operator = Operator(options.report, listening, workers)
    memory, state = Memory.open(), find_state(options, site)
    ends = EndCounts(Inheritance(memory.ends, Ends))
    control = ControlOptions(site, workers, memory, time.time(), state, path)
    controller = ControllerOptions(
        control,
        _open_talking(path, workers),
        listening.management,
        options.report,
        options.is_coloured,
        site.static.own.heartbeat_seconds,
    )
    upgrades = 0 if predecessor is None else predecessor.heritage.upgrades
    heritage = Heritage(os.getpid(), listening.describe(), upgrades + 1)
    bequest = Bequest(options.command, heritage)
    with System(str(path), operator.complain, bequest, predecessor) as system:
        return Parent(
            system,
            Child(CONTROLLER, partial(_controller_main, controller, listening.for_clients())),
            _make_workers(site, workers, listening, controller.talking),
            _make_voice(operator, ends),
            partial(close_all, listening.every()),
            _times(site),
            _pauses(site),
            open_state(os.environ),
            predecessor is not None,
            upgrades,
        ).run()


def _make_voice(operator: Operator, ends: EndCounts) -> Voice:
    def announce(loaded: str) -> None:
        operator.announce(loaded)
        try:
            import_later()  # for those that take the place of others
        except Exception as error:
            # Files that are being installed may be anything; a module runs whatever it has.
            _log.warning("program not whole error=%r", str(error))  # those that serve are whole

    return Voice(announce, operator.complain, operator.upgrade_ended, ends.note, operator.hung)


def _open_talking(path: Path, workers: int) -> socket.socket:
    """Where workers find the controller."""
    talking = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    talking.bind(str(path))
    talking.listen(workers * 2)
    return talking


def _times(site: Site) -> Times:
    own, grace = site.static.own, site.static.server.drain_timeout
    return Times(grace, own.upgrade_drain_seconds or grace, own.upgrade_seconds)


def _pauses(site: Site) -> Pauses:
    own = site.static.own
    return Pauses(own.restart_min_ms / 1000, own.restart_max_ms / 1000)


def _make_workers(
    site: Site, workers: int, listening: Listening, talking: socket.socket
) -> list[Child]:
    # Made before processes part, so that all of them know each other's tickets.
    tls = None if site.static.own.is_tls_disabled else make_root()
    cores = usable_cores()
    is_pinned = site.static.own.pins_workers and 1 < workers <= len(cores)
    times = _times(site)
    children = []
    for number in range(workers):
        own = listening.of(number, workers)
        plane = PlaneOptions(number, site, own, tls, times.grace, workers, times.leave)
        close = partial(close_all, [*listening.not_of(number, workers), talking])
        main = partial(_worker_main, plane, close, cores if is_pinned else [])
        children.append(Child(f"worker {number}", main))
    return children


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
