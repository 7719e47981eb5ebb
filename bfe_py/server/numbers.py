"""KeptNumbers: what is counted never goes backwards, whichever process ends."""

from bfe_py.control import Fleet, History, Inheritance, Numbers
from bfe_py.manage import CONTROLLER, WorkerReading, merge
from bfe_py.observe import Reading, Registry


class KeptNumbers:
    """Readings of the workers and of this controller, and of those that were there before.

    Whatever was read is left to the next controller before anybody sees it.
    """

    def __init__(
        self,
        inheritance: Inheritance[Numbers],
        fleet: Fleet,
        registry: Registry,
        history: History,
    ) -> None:
        self._inheritance = inheritance
        self._fleet = fleet
        self._registry = registry
        self._history = history
        left = inheritance.find() or Numbers()
        fleet.inherit(left.workers)
        self._retired = left.controller
        history.taken += left.taken
        history.refused += left.refused

    async def read(self) -> list[WorkerReading]:
        """What every worker and the controller count; late ones with their last values."""
        late = await self._fleet.read()
        own = self._registry.read()
        found = [
            WorkerReading(CONTROLLER, own),
            WorkerReading(CONTROLLER, self._retired, is_alive=False),
        ]
        for member in self._fleet.members:
            is_alive, is_late = member.channel is not None, member.worker in late
            found += [
                WorkerReading(member.worker, member.reading, is_late, is_alive),
                WorkerReading(member.worker, member.retired, is_alive=False),
            ]
        self._inheritance.leave(
            Numbers(
                self._fleet.counted(),
                merge_readings(self._retired, own),
                self._history.taken,
                self._history.refused,
            )
        )
        return found


def merge_readings(one: Reading, other: Reading) -> Reading:
    """What two processes counted together that ended; without gauges."""
    ended = [WorkerReading(CONTROLLER, reading, is_alive=False) for reading in (one, other)]
    return merge(ended)
