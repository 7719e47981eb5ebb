"""A backend that answers what a case says, byte for byte, and knows which connection was used."""

import asyncio
import re
from dataclasses import dataclass, field

from tests.kit.smuggle_backends import last_element
from tests.kit.smuggle_corpus import Answer

PROBE = b"GET /probe HTTP/1.1\r\nHost: shop.test\r\n\r\n"
PROBED = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nprobed\n"
LATE_SECONDS = 0.03

_FORWARDED_FOR = re.compile(rb"\r\nX-Forwarded-For: ([^\r]*)\r\n", re.IGNORECASE)
_LENGTH = re.compile(rb"\r\nContent-Length: ([0-9]+)\r\n", re.IGNORECASE)


@dataclass(frozen=True)
class Visit:
    """One request: the number of its connection, and its first line."""

    connection: int
    line: bytes


@dataclass
class Origin:
    """Answers requests for /probe properly, and others as `answers` has it for their sender."""

    answers: dict[str, Answer] = field(default_factory=dict)
    visits: dict[str, list[Visit]] = field(default_factory=dict)
    connections: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        self.connections += 1
        number = self.connections
        try:
            while await self._answer(number, reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer(
        self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        forwarded = _FORWARDED_FOR.search(head)
        assert forwarded is not None
        sender = last_element(forwarded[1].decode("latin-1"))
        line = head.partition(b"\r\n")[0]
        self.visits.setdefault(sender, []).append(Visit(number, line))
        if line.startswith(b"GET /probe "):
            writer.write(PROBED)
            return True
        answer = self.answers[sender]
        writer.write(answer.wire)
        await writer.drain()
        if answer.then == "close":
            return False
        if answer.then == "late":
            await asyncio.sleep(LATE_SECONDS)
            writer.write(answer.late)
        if b"\r\nTransfer-Encoding: chunked\r\n" in head:
            await reader.readuntil(b"\r\n0\r\n\r\n")
        length = _LENGTH.search(head)
        await reader.readexactly(int(length[1]) if length else 0)
        return True
