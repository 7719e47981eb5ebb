"""Wire: a transport that keeps what is written to it."""

import asyncio


class Wire(asyncio.Transport):
    """Collects `written`; closing it only says so."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self._is_closing = False

    def write(self, data: bytes) -> None:
        self.written += bytes(data)

    def close(self) -> None:
        self._is_closing = True

    def is_closing(self) -> bool:
        return self._is_closing
