"""A connection of a client whose other end, and whose server behind, is the test."""

import asyncio
from collections.abc import Awaitable, Callable

from bfe_py.downstream import Endpoint, Terms
from bfe_py.downstream.connection import ClientConnection
from bfe_py.downstream.sessions import open_session
from bfe_py.model import Body, Fault, Headers, Reply, RequestHead, ResponseHead, Session
from bfe_py.observe import Registry
from tests.kit.transports import FakeTransport, settle

GET = b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n"
LAST = b"GET /z HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
PEER = ("203.0.113.9", 4711)
LOCAL = ("192.0.2.1", 80)

Answer = Callable[[RequestHead, Body, Reply], Awaitable[None]]


def post(length: int, *lines: bytes) -> bytes:
    """The head of a request with a body."""
    more = b"".join([line + b"\r\n" for line in lines])
    return b"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n%b\r\n" % (length, more)


async def answer_ok(head: RequestHead, body: Body, reply: Reply) -> None:
    """Read all, then say so."""
    while await body.read():
        pass
    reply.send_whole(ResponseHead(200, Headers([(b"Date", b"x")])), b"")


class FakePhases:
    """Refuses where a test says so, and notes what ended."""

    def __init__(self) -> None:
        self.refuses = False
        self.refuses_handshake = False
        self.closed: list[Session] = []

    def accept(self, session: Session) -> bool:
        return self.refuses

    def handshake(self, session: Session) -> bool:
        return self.refuses_handshake

    def close(self, session: Session) -> None:
        self.closed.append(session)


class FakeTls:
    """What a handshake left behind."""

    session_reused = True

    def __init__(self) -> None:
        self.asked_name = "h.test"

    def cipher(self) -> tuple[str, str, int] | None:
        return ("AES", "TLSv1.3", 128)

    def version(self) -> str:
        return "TLSv1.3"

    def selected_alpn_protocol(self) -> str | None:
        return "http/1.1"


async def read_in_vain(body: Body) -> str:
    """The word for the fault that a body ends in."""
    try:
        while await body.read():
            pass
    except Fault as fault:
        return fault.code
    return ""


async def in_callback(act: Callable[[], object]) -> None:
    """Let the loop call `act`, as it calls a protocol: in no task. What `act` raises is raised."""
    loop = asyncio.get_running_loop()
    called: asyncio.Future[None] = loop.create_future()

    def call() -> None:
        try:
            act()
        except Exception as error:
            called.set_exception(error)
        else:
            called.set_result(None)

    loop.call_soon(call)
    await called


class ClientCase:
    """One connection of a client over a fake transport, served by `answer` or by `endpoint`."""

    def __init__(
        self,
        terms: Terms | None = None,
        *,
        answer: Answer = answer_ok,
        is_secure: bool = False,
        endpoint: Endpoint | None = None,
        peer: tuple[str, int] = PEER,
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self.answer = answer
        self.heads: list[RequestHead] = []
        self.phases = FakePhases()
        self.registry = Registry()
        own = Endpoint(self._serve, self.registry, terms or Terms(), self.phases)
        self.endpoint = own if endpoint is None else endpoint
        self.is_secure = is_secure
        self.peer = peer
        self.connection = ClientConnection(self.loop, self.endpoint, self._admit)

    def _admit(self, transport: asyncio.Transport) -> Session | None:
        session = open_session(transport, "http")
        return session if self.endpoint.accepts(session) else None

    def connect(self) -> "ClientCase":
        """Let the connection be made."""
        extra: dict[str, object] = {"peername": self.peer, "sockname": LOCAL}
        if self.is_secure:
            extra["ssl_object"] = FakeTls()
        self.transport = FakeTransport(self.connection, **extra)
        return self

    async def _serve(self, session: Session, head: RequestHead, body: Body, reply: Reply) -> None:
        self.heads.append(head)
        await self.answer(head, body, reply)

    async def say(self, data: bytes) -> bytes:
        """What the client gets to hear for `data`."""
        await in_callback(lambda: self.connection.data_received(data))
        return await self.heard()

    async def heard(self) -> bytes:
        """What the client gets to hear without saying anything."""
        await settle()
        return self.transport.take()

    @property
    def fault(self) -> str:
        """How the one session ended, in the words of the log."""
        (session,) = self.phases.closed
        return session.fault_code


class Held:
    """Serves once a test says so; notes the fault that sending ended in."""

    def __init__(self, case: ClientCase) -> None:
        self.go = asyncio.Event()
        self.left: list[str] = []
        self.reply: Reply | None = None
        case.answer = self.serve

    async def serve(self, head: RequestHead, body: Body, reply: Reply) -> None:
        self.reply = reply
        reply.when_gone(lambda: self.left.append("gone"))
        await self.go.wait()
        if reply.is_blocked:
            try:
                await reply.wait_writable()
            except Fault as fault:
                self.left.append(fault.code)
                reply.abort()
                return
        reply.send_whole(ResponseHead(204), b"")
