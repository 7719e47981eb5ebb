"""Clients that send bytes as they are, each from an address of its own in 127.0.0.0/8.

The address is how everyone on the way tells whose request it is: whatever a case makes of the
bytes, it cannot change where they come from.
"""

import asyncio
import socket
from collections.abc import Iterable
from dataclasses import dataclass

SECONDS = 10.0


def source_address(place: int, number: int) -> str:
    """Loopback address number `number` of `place` (1..254)."""
    return f"127.{place}.{(number + 1) >> 8}.{(number + 1) & 255}"


@dataclass(frozen=True)
class Delivery:
    """How the bytes of a case are sent.

    `ends`: with a half-close behind them; else the other side must end the connection by itself.
    `pause` is how many seconds lie between the pieces.
    """

    source: str
    pieces: list[bytes]
    ends: bool
    pause: float = 0.0


async def deliver(port: int, delivery: Delivery) -> bytes:
    """Everything that the other side answers until it ends the connection.

    Raises:
        TimeoutError: it does not end.
    """
    loop = asyncio.get_running_loop()
    with socket.socket() as connection:
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.bind((delivery.source, 0))
        answer = bytearray()
        async with asyncio.timeout(SECONDS), asyncio.TaskGroup() as both:
            await loop.sock_connect(connection, ("127.0.0.1", port))
            both.create_task(_read(connection, answer))
            await _send(connection, delivery)
        return bytes(answer)


async def _send(connection: socket.socket, delivery: Delivery) -> None:
    loop = asyncio.get_running_loop()
    try:
        for piece in delivery.pieces:
            await loop.sock_sendall(connection, piece)
            await asyncio.sleep(delivery.pause)
        if delivery.ends:
            connection.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # it was refused in the middle


async def _read(connection: socket.socket, answer: bytearray) -> None:
    loop = asyncio.get_running_loop()
    try:
        while piece := await loop.sock_recv(connection, 65536):
            answer += piece
    except OSError:
        pass


def cut(wire: bytes, size: int) -> list[bytes]:
    """`wire` in pieces of `size` bytes."""
    return [wire[start : start + size] for start in range(0, len(wire), size)]


async def deliver_all(
    port: int, deliveries: Iterable[Delivery], at_once: int = 48
) -> list[bytes | None]:
    """The answers to all, in order; None where the other side did not end."""
    room = asyncio.Semaphore(at_once)

    async def one(delivery: Delivery) -> bytes | None:
        async with room:
            try:
                return await deliver(port, delivery)
            except TimeoutError:
                return None

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(delivery)) for delivery in deliveries]
    return [task.result() for task in tasks]
