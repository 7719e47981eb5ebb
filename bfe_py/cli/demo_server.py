"""The backends of ``bfe-py run --demo``: each answers with its name and the request that it got.

Runs as a process of its own: the addresses come as JSON in the first line of its standard input,
and it ends when that input does.
"""

import asyncio
import os
import signal
import sys
from functools import partial
from typing import cast

import msgspec

from bfe_py.model import Headers, RequestHead, ResponseHead
from bfe_py.protocol import Event, Faulted, H1Server, HeadReceived, MessageEnded


class DemoBackend(msgspec.Struct, frozen=True):
    """One backend: the names of all that share the address, joined."""

    name: str
    host: str
    port: int


class DemoStarted(msgspec.Struct, frozen=True):
    """First line of the process' output: who listens, and which addresses others have."""

    started: list[DemoBackend]
    taken: list[DemoBackend]


class DemoConnection(asyncio.Protocol):
    """One connection to a backend."""

    def __init__(self, backend: DemoBackend) -> None:
        self._backend = backend
        self._codec = H1Server()
        self._transport: asyncio.Transport | None = None
        self._head: RequestHead | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The proxy has connected."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Some bytes of requests."""
        assert self._transport is not None
        events = self._codec.receive_data(data)
        while events:
            is_answered = self._take(events)
            self._transport.write(self._codec.data_to_send())
            if is_answered and not self._codec.can_reuse:
                self._transport.close()
                return
            events = (self._codec.next_exchange() if is_answered else None) or []

    def _take(self, events: list[Event]) -> bool:
        """Look at events; whether a request was answered."""
        is_whole = False
        for event in events:
            match event:
                case HeadReceived(head=RequestHead() as head, end=end):
                    self._head, is_whole = head, end
                    if head.expects_continue and not end:
                        self._codec.send_head(self._codec.stream, ResponseHead(100))
                case MessageEnded():
                    is_whole = True
                case Faulted():
                    self._answer(400, "bad request\n")
                    return True
        if is_whole and self._head is not None:
            self._answer(200, page(self._backend, self._head))
        return is_whole

    def _answer(self, status: int, text: str) -> None:
        content = text.encode("utf-8", "surrogateescape")
        fields = [
            (b"Content-Type", b"text/plain; charset=utf-8"),
            (b"Content-Length", str(len(content)).encode()),
        ]
        head = ResponseHead(status, Headers(fields), body_length=len(content))
        codec = self._codec
        codec.send_head(codec.stream, head)
        codec.send_body(codec.stream, content)
        codec.send_end(codec.stream)


def page(backend: DemoBackend, head: RequestHead) -> str:
    """What a backend answers: who it is, and what it was asked."""
    lines = [(head.method, head.target, b"HTTP/" + head.version)]
    asked = [b" ".join(line) for line in lines]
    asked += [name + b": " + value for name, value in head.headers]
    request = b"\n".join(asked).decode("utf-8", "surrogateescape")
    return (
        f"This is {backend.name} at {backend.host}:{backend.port}. The request was:\n\n{request}\n"
    )


async def _serve(backends: list[DemoBackend]) -> None:
    loop = asyncio.get_running_loop()
    started, taken = [], []
    for backend in backends:
        try:
            connect = partial(DemoConnection, backend)
            # A proxy that takes over from another brings its backends before that one's leave.
            await loop.create_server(connect, backend.host, backend.port, reuse_port=True)
            started.append(backend)
        except OSError:
            taken.append(backend)
    sys.stdout.buffer.write(msgspec.json.encode(DemoStarted(started, taken)) + b"\n")
    sys.stdout.buffer.flush()
    ended = loop.create_future()
    loop.add_signal_handler(signal.SIGTERM, _end, ended)
    loop.add_reader(sys.stdin.fileno(), _watch, ended)
    await ended


def _watch(ended: "asyncio.Future[None]") -> None:
    if not os.read(sys.stdin.fileno(), 4096):
        _end(ended)


def _end(ended: "asyncio.Future[None]") -> None:
    if not ended.done():
        ended.set_result(None)


def main() -> None:
    """Serve what the first line of the standard input says until that input ends."""
    # A terminal sends Ctrl-C to this process too, but requests that are on their way need it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())  # who starts it holds some back
    # Not through a buffer, which might take more than the line.
    with open(sys.stdin.fileno(), "rb", buffering=0, closefd=False) as unbuffered:
        line = unbuffered.readline()
    if not line:  # there is nothing to serve
        return
    asyncio.run(_serve(msgspec.json.decode(line, type=list[DemoBackend])))


if __name__ == "__main__":
    main()
