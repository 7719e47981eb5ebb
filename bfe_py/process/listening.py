"""What a run listens on, and which worker accepts from which socket."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass

from bfe_py.process.given import Given
from bfe_py.process.messages import HandedSocket
from bfe_py.process.sockets import BindError, ListenAddress, bind, bind_beside, close_all
from bfe_py.server import BoundListener, Site, management_host

MANAGEMENT = "management"


def listen_addresses(site: Site) -> list[ListenAddress]:
    """Where the configuration wants to listen, the management listener last."""
    server = site.static.server
    addresses = [ListenAddress("http", server.http_address, server.http_port)]
    if not site.static.own.is_tls_disabled:
        addresses.append(ListenAddress("https", server.https_address, server.https_port))
    if server.is_monitored:
        addresses.append(ListenAddress(MANAGEMENT, management_host(site), server.monitor_port))
    return addresses


@dataclass(frozen=True, slots=True)
class Listening:
    """All sockets of a run, by address."""

    parts: list[Given]

    @property
    def management(self) -> socket.socket | None:
        """That of the management listener, if there is one."""
        return next((one.sockets[0] for one in self._named(MANAGEMENT)), None)

    @property
    def addresses(self) -> list[ListenAddress]:
        """Where is listened, each once."""
        return [one.address for one in self.parts]

    @property
    def passed(self) -> tuple[tuple[str, int], ...]:
        """Host and port of those that were passed from outside."""
        return tuple([(one.address.host, one.address.port) for one in self.parts if one.is_named])

    def of(self, worker: int, workers: int) -> tuple[BoundListener, ...]:
        """Listeners of one worker out of so many."""
        return tuple(
            BoundListener(part.address.name, one, part.address.name == "https")
            for part in self.parts
            if part.address.name != MANAGEMENT
            for one in share(part.sockets, worker, workers)
        )

    def not_of(self, worker: int, workers: int) -> list[socket.socket]:
        """What a worker closes."""
        own = {listener.socket for listener in self.of(worker, workers)}
        return [one for one in self.every() if one not in own]

    def for_clients(self) -> list[socket.socket]:
        """Everything but the management listener's."""
        return [
            one for part in self.parts if part.address.name != MANAGEMENT for one in part.sockets
        ]

    def every(self) -> list[socket.socket]:
        """All sockets."""
        return [one for part in self.parts for one in part.sockets]

    def describe(self) -> list[HandedSocket]:
        """As another version is told of it."""
        return [part.describe() for part in self.parts]

    def _named(self, name: str) -> list[Given]:
        return [part for part in self.parts if part.address.name == name]


def share(sockets: Sequence[socket.socket], worker: int, workers: int) -> list[socket.socket]:
    """Those of `sockets` that a worker accepts from.

    Every socket has a worker: clients wait in each of them, and are lost with it. Where there are
    fewer sockets than workers, several workers accept from one.
    """
    if len(sockets) >= workers:
        return list(sockets[worker::workers])
    return [sockets[worker % len(sockets)]]


def open_listening(
    addresses: Sequence[ListenAddress], workers: int, given: Sequence[Given]
) -> Listening:
    """Sockets for `addresses`: those that were `given`, all others bound; the rest is closed.

    Raises:
        BindError: an address cannot be listened on.
    """
    ours = frozenset(one.address.port for one in given)
    parts: list[Given] = []
    for address in addresses:
        count = 1 if address.name == MANAGEMENT else workers
        own = _find_given(address, given)
        if address.name == MANAGEMENT and len([one for part in own for one in part.sockets]) > 1:
            raise BindError("the management listener takes one socket, and more were passed")
        parts += [_complete(one, address, count) for one in own]
        if not own:
            parts.append(Given(address, bind(address, count, ours)))
    used = {id(one) for part in parts for one in part.sockets}
    for left in given:
        close_all([one for one in left.sockets if id(one) not in used])
    if len(used) != len([one for part in parts for one in part.sockets]):
        raise BindError("two listeners have one address: give each its own port or path")
    return Listening(parts)


def _find_given(address: ListenAddress, given: Sequence[Given]) -> list[Given]:
    named = [one for one in given if one.is_named and one.address.name == address.name]
    if named:
        return named
    where = (address.host, address.port)
    return [
        one
        for one in given
        if not one.is_named and (one.address.host, one.address.port) == where and one.sockets
    ]


def _complete(given: Given, address: ListenAddress, count: int) -> Given:
    """`given` for a listener with `count` workers: more sockets where they can be bound."""
    missing = count - len(given.sockets)
    more = bind_beside(given.sockets[0], missing) if missing > 0 else []
    where = ListenAddress(address.name, given.address.host, given.address.port)
    return Given(where, [*given.sockets, *more], given.is_named)
