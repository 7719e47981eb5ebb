"""Announcing: what the parent says on the terminal and in the log."""

import logging
from collections.abc import Callable
from contextlib import suppress

from bfe_py.process.children import Child
from bfe_py.process.listening import MANAGEMENT, Listening
from bfe_py.process.messages import UpgradeEnded
from bfe_py.process.sockets import ListenAddress

_log = logging.getLogger("bfe.process")


class Operator:
    """Tells who runs us.

    Args:
        report: takes lines for the terminal.
        workers: how many there are.
    """

    def __init__(self, report: Callable[[str], None], listening: Listening, workers: int) -> None:
        self._report = report
        self._listening = listening
        self._workers = workers

    def announce(self, loaded: str) -> None:
        """All is ready."""
        for address in self._listening.addresses:
            if address.name != MANAGEMENT:
                self.say(f"listening on {address.name}://{address}")
        for address in self._listening.addresses:
            if address.name == MANAGEMENT:
                self.say(f"management on http://{ListenAddress('', address.host, address.port)}")
        count = self._workers
        self.say(f"{loaded}, {count} worker{'s' if count != 1 else ''}")
        _log.info("ready workers=%d", count)

    def complain(self, text: str) -> None:
        """A child ended, or cannot be started."""
        _log.error("child ended detail=%r", text)
        self.say(text)

    def hung(self, child: Child) -> None:
        """A child hangs, and is killed."""
        _log.error("%s hangs pid=%d", child.name, child.pid)
        self.say(f"{child.name} hangs (process {child.pid}); killing it")

    def upgrade_ended(self, ended: UpgradeEnded) -> None:
        """Another version took over, or it did not."""
        if ended.is_refused:
            _log.warning("upgrade refused reason=%r", ended.error)
            self.say(f"upgrade refused: {ended.error}")
        elif ended.error:
            _log.error("upgrade failed reason=%r", ended.error)
            self.say(f"upgrade failed: {ended.error}; this version goes on")
        else:
            _log.info("upgrade done pid=%d", ended.pid)
            self.say(f"upgraded: process {ended.pid} serves; this one ends with its connections")

    def say(self, text: str) -> None:
        """One line on the terminal."""
        with suppress(OSError):  # whoever started us may have closed the terminal since
            self._report(text)
