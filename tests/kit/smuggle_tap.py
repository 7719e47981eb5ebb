"""A tap between the proxy and a backend: passes every byte on, and keeps it."""

import asyncio
from bisect import bisect_right
from dataclasses import dataclass, field
from math import inf
from time import monotonic


@dataclass
class Tape:
    """What went over one connection to a backend; `marks` are when what was sent had come where."""

    sent: bytearray = field(default_factory=bytearray)
    answered: bytearray = field(default_factory=bytearray)
    marks: list[tuple[int, float]] = field(default_factory=list)

    def when(self, place: int) -> float:
        """When the byte at `place` of what was sent came by."""
        return self.marks[bisect_right(self.marks, (place, inf)) - 1][1]


@dataclass
class Tap:
    """Listens in the place of the backend at `target`."""

    target: int
    port: int = 0
    tapes: list[Tape] = field(default_factory=list)
    _server: asyncio.Server | None = None
    _tasks: "set[asyncio.Task[None]]" = field(default_factory=set)

    async def start(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Accept no more, and end what is open."""
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        tape = Tape()
        self.tapes.append(tape)
        there = None
        try:
            answers, there = await asyncio.open_connection("127.0.0.1", self.target)
            async with asyncio.TaskGroup() as both:
                both.create_task(_pass_on(reader, there, tape.sent, tape.marks))
                both.create_task(_pass_on(answers, writer, tape.answered, []))
        except (OSError, ExceptionGroup, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()
            if there is not None:
                there.close()


async def _pass_on(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    tape: bytearray,
    marks: list[tuple[int, float]],
) -> None:
    while piece := await reader.read(65536):
        marks.append((len(tape), monotonic()))
        tape += piece
        writer.write(piece)
        await writer.drain()
    writer.write_eof()
