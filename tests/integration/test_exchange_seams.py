"""Handlers that wait, bodies that are transformed, rules that read bodies."""

import asyncio
import contextlib
import json

from bfe_py.model import Exchange, Headers, ResponseHead
from bfe_py.pipeline import Close, Phase, Respond
from tests.kit.answers import body, status, values
from tests.kit.plane import ask, run, running_backend, running_plane

GET = b"GET /a HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n"


def test_a_handler_that_waits_can_answer_for_the_backend():
    async def decide(exchange: Exchange) -> Respond | None:
        await asyncio.sleep(0)
        if exchange.path != "/secret":
            return None
        return Respond(ResponseHead(403, Headers(), body_length=4), b"no!\n")

    async def main() -> None:
        handlers = {Phase.TENANT: (decide,)}
        async with (
            running_backend() as backend,
            running_plane([("127.0.0.1", backend.port)], handlers=handlers) as plane,
        ):
            answer = await ask(plane.port, GET.replace(b"/a", b"/secret"))
            assert status(answer) == 403
            assert body(answer) == b"no!\n"
            assert status(await ask(plane.port, GET)) == 200
            assert len(backend.heads) == 1

    run(main())


class Upper:
    def feed(self, piece: bytes) -> bytes:
        return piece.upper()

    def finish(self) -> bytes:
        return b"!"


def test_a_body_is_transformed_as_it_streams():
    def attach(exchange: Exchange) -> None:
        assert exchange.response is not None
        exchange.response.body_length = None
        exchange.transforms = [Upper()]

    async def main() -> None:
        handlers = {Phase.RESPONSE: (attach,)}
        async with (
            running_backend() as backend,
            running_plane([("127.0.0.1", backend.port)], handlers=handlers) as plane,
        ):
            answer = await ask(plane.port, GET)
            assert b"Transfer-Encoding: chunked" in answer
            assert body(answer) == b"10\r\nGET /A HTTP/1.1\n\r\n1\r\n!\r\n0\r\n\r\n"

    run(main())


def test_a_module_that_closes_says_nothing():
    async def main() -> None:
        handlers = {Phase.TENANT: (lambda _: Close("test"),)}
        async with running_plane([], handlers=handlers) as plane:
            with contextlib.suppress(ConnectionError):
                assert await ask(plane.port, GET) == b""

    run(main())


def test_a_module_that_fails_ends_only_its_exchange():
    def fail(exchange: Exchange) -> None:
        raise RuntimeError("broken")

    async def main() -> None:
        async with running_plane([], handlers={Phase.TENANT: (fail,)}) as plane:
            assert status(await ask(plane.port, GET)) == 500
            assert values(plane, "bfe_module_failures_total") == {("test",): 1}

    run(main())


def test_a_rule_that_reads_the_body_sees_it_and_the_backend_gets_all_of_it():
    rules = (('req_body_json_in("kind", "big", false)', "web"),)

    async def main() -> None:
        async with (
            running_backend() as backend,
            running_plane([("127.0.0.1", backend.port)], rules=rules) as plane,
        ):
            content = json.dumps({"kind": "big"}).encode()
            head = b"POST / HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
            assert status(await ask(plane.port, head % len(content) + content)) == 200
            other = content.replace(b"big", b"tin")
            assert status(await ask(plane.port, head % len(other) + other)) == 500
            assert len(backend.heads) == 1

    run(main())
