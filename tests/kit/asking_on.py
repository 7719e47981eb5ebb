"""Clients that ask without end, and tell what became of each request."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

REQUEST = b"GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n"
CLOSING = b"GET / HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n"
OK = b"HTTP/1.1 200 "


@dataclass
class Load:
    """What became of requests.

    `failed` are the ports of clients that got no answer, or not all of it; `unexpected` are answers
    other than the backend's.
    """

    port: int
    answered: int = 0
    failed: list[int] = field(default_factory=list)
    unexpected: list[bytes] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def _ask(self, client: socket.socket, request: bytes) -> bool:
        """Whether an answer came, and another request may follow it."""
        own = client.getsockname()[1]
        answer = b""
        with suppress(ConnectionError):
            client.sendall(request)
            while not answer.endswith(b" /\n") and answer[:13] in (OK, OK[: len(answer)]):
                piece = client.recv(65536)
                if not piece:
                    break
                answer += piece
        is_good = answer.endswith(b" /\n")
        with self.lock:
            if is_good:
                self.answered += 1
            elif answer.startswith(OK) or not answer:
                self.failed.append(own)
            else:
                self.unexpected.append(answer)
        return is_good and b"\r\nconnection: close\r\n" not in answer.lower()

    def keep_asking(self) -> None:
        """Over one connection, and another when that is gone."""
        while not self.is_over.is_set():
            with self._connect() as client:
                while not self.is_over.is_set() and self._ask(client, REQUEST):
                    pass

    def ask_anew(self) -> None:
        """Each time over another connection."""
        while not self.is_over.is_set():
            with self._connect() as client:
                self._ask(client, CLOSING)

    def _connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)


@contextmanager
def asking_on(port: int, kept: int, anew: int) -> Iterator[Load]:
    """So many clients of either kind, until the end of the block."""
    load = Load(port)
    clients = [threading.Thread(target=load.keep_asking) for _ in range(kept)]
    clients += [threading.Thread(target=load.ask_anew) for _ in range(anew)]
    for client in clients:
        client.start()
    try:
        yield load
    finally:
        load.is_over.set()
        for client in clients:
            client.join()
