"""Kept-alive connections that have had one answer and wait for the next request."""

import socket
from types import TracebackType

from loadtest.load import LoadError
from loadtest.openloop import find_answer
from loadtest.request import request_head

_PIECE = 65536


class IdleConnections:
    """Connections to one proxy, closed together."""

    def __init__(self, port: int, path: str) -> None:
        self._port = port
        self._request = request_head(path)
        self._sockets: list[socket.socket] = []

    def __enter__(self) -> "IdleConnections":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for one in self._sockets:
            one.close()

    def __len__(self) -> int:
        return len(self._sockets)

    def grow(self, count: int) -> None:
        """Open until there are `count`; each asks once and reads its answer.

        Raises:
            LoadError: the proxy refuses, closes, or answers something else.
        """
        while len(self._sockets) < count:
            try:
                self._open()
            except OSError as error:
                raise LoadError(f"at idle connection {len(self._sockets) + 1}: {error}") from None

    def count_open(self) -> int:
        """How many the proxy has not closed."""
        return sum(_is_open(one) for one in self._sockets)

    def _open(self) -> None:
        opened = socket.create_connection(("127.0.0.1", self._port), timeout=10)
        self._sockets.append(opened)
        opened.sendall(self._request)
        received = bytearray()
        status = None
        while status is None:
            piece = opened.recv(_PIECE)
            if not piece:
                raise ConnectionError("the proxy closed it")
            received += piece
            status = find_answer(received)
        if status != 200:
            raise ConnectionError(f"the proxy answered {status}")


def _is_open(one: socket.socket) -> bool:
    one.setblocking(False)
    try:
        return bool(one.recv(1))
    except BlockingIOError:
        return True
    except OSError:
        return False
