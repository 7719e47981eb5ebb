"""Modules and upgrades: an exchange that becomes a tunnel passes them like any other."""

import asyncio

import pytest

from bfe_py.model import Exchange, Headers, ResponseHead
from bfe_py.pipeline import Close, Phase, Respond
from tests.kit.answers import count, in_flight, settle, status, values
from tests.kit.plane import FakeBackend, ask, run, running_backend, running_plane, until
from tests.kit.upgrades import HANDSHAKE, LAST, SWITCHED, agree, echo, fields, upgraded

pytestmark = pytest.mark.usefixtures("quiet_log")


def test_modules_take_part_in_an_upgrade():
    seen: list[tuple[Phase, object]] = []
    ended: list[Exchange] = []

    def note(phase: Phase):
        return lambda exchange: seen.append((phase, exchange.header("Upgrade")))

    def mark(exchange: Exchange) -> None:
        assert exchange.response is not None
        exchange.response.headers.set(b"X-Seen", b"%d" % exchange.response.status)

    on_the_way = (Phase.REQUEST, Phase.TENANT, Phase.ROUTE, Phase.FORWARD)
    handlers = {phase: (note(phase),) for phase in on_the_way}
    handlers |= {Phase.RESPONSE: (mark,), Phase.FINISH: (ended.append,)}

    async def main() -> None:
        async with (
            running_backend(echo) as backend,
            running_plane([("127.0.0.1", backend.port)], handlers=handlers) as plane,
        ):
            async with upgraded(plane.port) as client:
                assert fields(client.head)[b"x-seen"] == b"101"
                assert await client.say(b"12345") == b"12345"
                assert in_flight(plane) == 1
                assert count(plane, "bfe_client_requests_active") == 1
                assert not ended
            await settle(plane)
            assert values(plane, "bfe_tenant_requests_total") == {("shop", "web", "1xx"): 1}
            assert count(plane, "bfe_client_unfinished_total") == 0

    run(main())
    assert seen == [(phase, "chat/1") for phase in on_the_way]
    (exchange,) = ended
    assert exchange.status == 101
    assert exchange.fault is None
    assert exchange.body_bytes == 5
    assert exchange.response_body_bytes == 5
    assert exchange.response_bytes > 5
    assert exchange.response_ended > exchange.response_started > 0


def test_a_module_may_answer_instead_of_a_backend():
    async def main() -> None:
        refusal = Respond(ResponseHead(401, Headers(), body_length=0), b"")
        async with (
            running_backend(echo) as backend,
            running_plane(
                [("127.0.0.1", backend.port)], handlers={Phase.TENANT: (lambda _: refusal,)}
            ) as plane,
        ):
            assert status(await ask(plane.port, HANDSHAKE, half_close=True)) == 401
            assert not backend.heads
            await settle(plane)

    run(main())


def test_a_module_may_replace_a_101():
    def replace(exchange: Exchange) -> Respond | None:
        if exchange.status != 101:
            return None
        return Respond(ResponseHead(403, Headers(), body_length=2), b"no")

    async def main() -> None:
        async with (
            running_backend(agree) as backend,
            running_plane(
                [("127.0.0.1", backend.port)], handlers={Phase.RESPONSE: (replace,)}
            ) as plane,
        ):
            answer = await ask(
                plane.port, HANDSHAKE + LAST.replace(b"close", b"x"), half_close=True
            )
            assert status(answer) == 403
            assert b"\r\n\r\nno" in answer
            assert count(plane, "bfe_tunnel_opened_total") == 0
            await settle(plane)

    run(main())


def test_a_module_may_refuse_a_101_without_a_word():
    async def main() -> None:
        async with (
            running_backend(agree) as backend,
            running_plane(
                [("127.0.0.1", backend.port)],
                handlers={Phase.RESPONSE: (lambda _: Close("test"),)},
            ) as plane,
        ):
            with pytest.raises(ConnectionError):
                await ask(plane.port, HANDSHAKE)
            await settle(plane)

    run(main())


def waiting(*, leaves: asyncio.Event | None = None):
    """A handler of RESPONSE that waits, until somebody has left if that is given."""

    async def wait() -> None:
        if leaves is None:
            await asyncio.sleep(0.05)
        else:
            await leaves.wait()
            await asyncio.sleep(0.05)

    return lambda exchange: wait()


def test_what_a_backend_says_while_a_module_waits_is_not_lost():
    heard: list[bytes] = []

    async def talk(backend: FakeBackend, reader, writer) -> None:
        await backend.head(reader)
        writer.write(SWITCHED + b"first,")
        await writer.drain()
        await asyncio.sleep(0.01)
        writer.write(b"second,")
        writer.write_eof()
        heard.append(await reader.read())

    async def main() -> None:
        async with (
            running_backend(talk) as backend,
            running_plane(
                [("127.0.0.1", backend.port)], handlers={Phase.RESPONSE: (waiting(),)}
            ) as plane,
        ):
            async with upgraded(plane.port, HANDSHAKE + b"mine") as client:
                assert await client.reader.read() == b"first,second,"
                client.writer.write_eof()
                await until(lambda: not plane.endpoint.connections)
            await settle(plane)

    run(main())
    assert heard == [b"mine"]


def test_a_client_that_leaves_while_a_module_waits_takes_the_backend_along():
    async def main() -> None:
        left = asyncio.Event()
        ended = asyncio.Event()

        async def talk(backend: FakeBackend, reader, writer) -> None:
            await agree(backend, reader, writer)
            await reader.read()
            ended.set()

        async with (
            running_backend(talk) as backend,
            running_plane(
                [("127.0.0.1", backend.port)],
                handlers={Phase.RESPONSE: (waiting(leaves=left),)},
            ) as plane,
        ):
            _, writer = await asyncio.open_connection("127.0.0.1", plane.port)
            writer.write(HANDSHAKE)
            await until(lambda: backend.heads)
            writer.transport.abort()
            left.set()
            async with asyncio.timeout(5):
                await ended.wait()
            await settle(plane)
            assert count(plane, "bfe_tunnel_active") == 0

    run(main())
