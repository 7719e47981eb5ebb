"""Clients that leave in the middle of a message, at many bytes of it, over real sockets.

The upstream request is ended, nobody is asked again, and no backend is marked down for it: each
would be after a single failure.
"""

import asyncio
import contextlib

import pytest

from bfe_py.balance import Probe, Retry
from bfe_py.model import Side
from tests.kit.answers import count, settle, status
from tests.kit.leaving import LEAVES, Faults, Leave, close, reset
from tests.kit.plane import Plane, ask, run, running_backend, running_plane, until
from tests.kit.wire_rules import chunked, get, post

TOUCHY = {"probe": Probe(failures=1), "retry": Retry(same_cluster=2, idempotent=True)}
LAST = get(b"Connection: close")
BODY = b"0123456789"
COUNTED = post(b"Content-Length: 10", body=BODY)
CHUNKS = chunked(b"5\r\n01234\r\n5\r\n56789\r\n0\r\nX-T: 1\r\n\r\n")
HEADS = {COUNTED: len(COUNTED) - 10, CHUNKS: len(chunked(b""))}

leaving = pytest.mark.parametrize("leave", LEAVES, ids=["reset", "close"])


class Backend:
    """Takes requests and answers nothing to a POST; `ended` counts connections that ended."""

    def __init__(self) -> None:
        self.taken: list[bytearray] = []
        self.ended = 0

    async def script(self, backend, reader, writer) -> None:
        taken = bytearray()
        self.taken.append(taken)
        try:
            while piece := await reader.read(65536):
                taken += piece
                if taken.endswith(LAST[-2:]) and taken.startswith(b"GET"):
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                    taken.clear()
        finally:
            self.ended += 1


async def check_unharmed(plane: Plane, faults: Faults, *, cancelled: int) -> None:
    """At rest, nobody is blamed, and the next request is served."""
    await settle(plane)
    assert plane.down == []
    assert count(plane, "bfe_backend_failures_total") == 0
    assert count(plane, "bfe_upstream_cancelled_total") >= cancelled
    assert [fault.side for fault in faults.seen if fault is not None] == [Side.CLIENT]
    assert status(await ask(plane.port, LAST)) == 200


def cuts(wire: bytes) -> list[int]:
    """Every byte behind the head at which `wire` may break off."""
    return list(range(HEADS[wire], len(wire)))


@leaving
@pytest.mark.parametrize(
    ("wire", "cut"),
    [
        *[pytest.param(COUNTED, cut, id=f"counted-{cut}") for cut in cuts(COUNTED)],
        *[pytest.param(CHUNKS, cut, id=f"chunked-{cut}") for cut in cuts(CHUNKS)],
    ],
)
def test_a_client_that_leaves_in_its_body_ends_the_upstream_request(
    wire: bytes, cut: int, leave: Leave
):
    served, faults = Backend(), Faults()

    async def main() -> None:
        async with (
            running_backend(served.script) as first,
            running_backend(served.script) as second,
            running_plane(
                [("127.0.0.1", first.port), ("127.0.0.1", second.port)],
                handlers=faults.handlers,
                **TOUCHY,
            ) as plane,
        ):
            _, writer = await asyncio.open_connection("127.0.0.1", plane.port)
            writer.write(wire[:cut])
            await until(lambda: served.taken and served.taken[0])
            leave(writer)
            await until(lambda: served.ended == 1)
            assert len(served.taken) == 1
            await check_unharmed(plane, faults, cancelled=0)

    run(main())
    assert not served.taken[0].endswith((BODY, b"\r\n0\r\n\r\n", b"X-T: 1\r\n\r\n"))


@leaving
@pytest.mark.parametrize("cut", [1, 10, 30, HEADS[COUNTED] - 1])
def test_a_client_that_leaves_in_its_head_asks_for_nothing(cut: int, leave: Leave):
    async def main() -> None:
        async with (
            running_backend() as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            _, writer = await asyncio.open_connection("127.0.0.1", plane.port)
            writer.write(COUNTED[:cut])
            await until(lambda: any(each.session.bytes_read for each in plane.endpoint.connections))
            leave(writer)
            await settle(plane)
            assert backend.connections == 0

    run(main())


@leaving
def test_a_client_that_leaves_instead_of_its_body_ends_the_upstream_request(leave: Leave):
    served, faults = Backend(), Faults()

    async def main() -> None:
        async with (
            running_backend(served.script) as backend,
            running_plane(
                [("127.0.0.1", backend.port)], handlers=faults.handlers, **TOUCHY
            ) as plane,
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
            writer.write(post(b"Expect: 100-continue", b"Content-Length: 10"))
            await reader.readuntil(b"100 Continue\r\n\r\n")
            leave(writer)
            await until(lambda: served.ended == 1)
            await check_unharmed(plane, faults, cancelled=0)

    run(main())


def test_a_client_that_leaves_takes_its_pipelined_requests_with_it():
    served, faults = Backend(), Faults()

    async def main() -> None:
        async with (
            running_backend(served.script) as backend,
            running_plane(
                [("127.0.0.1", backend.port)], handlers=faults.handlers, **TOUCHY
            ) as plane,
        ):
            _, writer = await asyncio.open_connection("127.0.0.1", plane.port)
            writer.write(COUNTED + COUNTED.replace(b"/p", b"/next"))
            await until(lambda: served.taken and served.taken[0].endswith(BODY))
            reset(writer)
            await until(lambda: served.ended == 1)
            await check_unharmed(plane, faults, cancelled=1)

    run(main())
    assert b"/next" not in b"".join(served.taken)


# --- in the middle of a response

ANSWERS = {
    "counted": (b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b"x" * 10),
    "chunked": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"a\r\n0123456789\r\n"),
    "until the end": (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 10),
    "hints": (b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", b""),
}


async def stream(served: list[str], answer: str, is_lively: bool, reader, writer) -> None:
    """Begin an answer and go on with it, or fall silent, until the other side hangs up."""
    head, piece = ANSWERS[answer]
    writer.write(head + piece)
    try:
        if is_lively:
            while not writer.transport.is_closing():
                writer.write(piece)
                await asyncio.sleep(0.001)
        await reader.read()
    except ConnectionError:
        pass
    finally:
        served.append("ended")


WAYS = [
    pytest.param(answer, leave, is_lively, id=f"{answer}-{leave.__name__}-{is_lively}")
    for answer in ANSWERS
    # A close may be half a close: only what is written after it tells.
    for leave, is_lively in [(reset, False), (reset, True), (close, True)]
    if answer != "hints" or not is_lively
]


@pytest.mark.parametrize("taken", [0, 1, 20, 60])
@pytest.mark.parametrize(("answer", "leave", "is_lively"), WAYS)
def test_a_client_that_leaves_in_a_response_ends_the_upstream_request(
    answer: str, taken: int, leave: Leave, is_lively: bool
):
    served: list[str] = []
    faults = Faults()

    async def script(backend, reader, writer) -> None:
        head = await backend.head(reader)
        if b"Probe" not in head:
            await stream(served, answer, is_lively, reader, writer)
            return
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await reader.read()

    async def main() -> None:
        async with (
            running_backend(script) as backend,
            running_plane(
                [("127.0.0.1", backend.port)], handlers=faults.handlers, **TOUCHY
            ) as plane,
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
            writer.write(get())
            await until(lambda: backend.heads)
            with contextlib.suppress(asyncio.IncompleteReadError):
                await reader.readexactly(min(taken, len(ANSWERS[answer][0])))
            leave(writer)
            await until(lambda: served)
            await settle(plane)
            assert len(backend.heads) == 1
            assert plane.down == []
            assert count(plane, "bfe_backend_failures_total") == 0
            assert (
                status(await ask(plane.port, get(b"X-Probe: Probe", b"Connection: close"))) == 200
            )

    run(main())
    first, second = faults.seen
    assert first is not None
    assert first.side is Side.CLIENT
    assert second is None
