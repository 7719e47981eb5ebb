"""Slow connections by the hundred: nobody else waits for them, and they end in time."""

import asyncio

from bfe_py.downstream import Terms
from tests.kit.answers import count, settle, status
from tests.kit.plane import Plane, ask, run, running_backend, running_plane, until
from tests.kit.wire_rules import get

NUMBER = 300
LAST = get(b"Connection: close")


async def be_slow(plane: Plane) -> bytes:
    """Send a head that never ends, a field at a time; the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
    writer.write(get()[:-2])
    async with asyncio.TaskGroup() as tasks:
        answer = tasks.create_task(reader.read())
        while not answer.done():
            writer.write(b"X: y\r\n")
            await asyncio.sleep(0.2)
    writer.transport.abort()
    return answer.result()


def test_three_hundred_slow_connections_keep_nobody_waiting_and_end_in_time():
    async def main() -> None:
        terms = Terms(header_seconds=1.5)
        async with (
            running_backend() as backend,
            running_plane([("127.0.0.1", backend.port)], terms=terms) as plane,
        ):
            async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
                slow = [tasks.create_task(be_slow(plane)) for _ in range(NUMBER)]
                await until(lambda: count(plane, "bfe_client_connections_active") == NUMBER)
                asked = 0
                while len(plane.endpoint.connections) >= NUMBER:
                    async with asyncio.timeout(1):
                        assert status(await ask(plane.port, LAST)) == 200
                    asked += 1
            assert asked > 10
            assert {status(one.result()) for one in slow} == {408}
            assert count(plane, "bfe_client_timeouts_total") == NUMBER
            await settle(plane)

    run(main())
