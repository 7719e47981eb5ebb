"""What modules say to exchanges that no coroutine carries."""

import asyncio

import pytest

from bfe_py.model import Exchange, Kind
from bfe_py.pipeline import Close, Phase, Respond
from tests.kit.proxy_case import Upper, teapot, transform
from tests.kit.transports import run_plain, settle
from tests.kit.whole_way import GET, OK, TO_CLIENT, Way, answered_by

# --- what modules say


@pytest.mark.parametrize("phase", [Phase.REQUEST, Phase.TENANT, Phase.ROUTE, Phase.FORWARD])
@pytest.mark.parametrize("waits", [False, True])
def test_a_module_may_answer_on_the_way(phase: Phase, waits: bool) -> None:
    async def wait(exchange: Exchange) -> Respond:
        await asyncio.sleep(1)
        return teapot()

    async def main() -> None:
        way = await Way().begun()
        way.handlers[phase] = (wait if waits else lambda _: teapot(),)
        way.store.swap(way.snapshot())
        assert await way.say() == b""
        await asyncio.sleep(1)
        await settle()
        said = way.transport.take()
        assert said.startswith(b"HTTP/1.1 418 ")
        assert said.endswith(b"\r\n\r\ntea")
        assert way.exchange.status == 418
        assert way.in_flight == 0
        assert await way.say() == b""
        await asyncio.sleep(1)
        await settle()
        assert way.transport.take() == said

    run_plain(main())


@pytest.mark.parametrize("phase", [Phase.REQUEST, Phase.TENANT, Phase.ROUTE, Phase.RESPONSE])
def test_a_module_may_wait_and_let_the_request_pass(phase: Phase) -> None:
    async def wait(exchange: Exchange) -> None:
        await asyncio.sleep(0)

    def check(way: Way, said: bytes) -> None:
        assert said == TO_CLIENT
        assert way.exchange.cluster == "web"

    answered_by({phase: (wait,)}, check)


@pytest.mark.parametrize(
    "phase", [Phase.REQUEST, Phase.TENANT, Phase.ROUTE, Phase.FORWARD, Phase.RESPONSE]
)
def test_a_module_that_fails_is_told_so(phase: Phase) -> None:
    def fail(exchange: Exchange) -> None:
        if exchange.response is None or exchange.response.status == 200:
            raise RuntimeError("broken")

    def check(way: Way, said: bytes) -> None:
        assert said.startswith(b"HTTP/1.1 500 ")
        assert way.exchange.fault is not None
        assert way.exchange.fault.kind is Kind.MODULE

    answered_by({phase: (fail,)}, check)


@pytest.mark.parametrize("phase", [Phase.REQUEST, Phase.TENANT, Phase.ROUTE, Phase.RESPONSE])
def test_a_module_may_end_the_connection(phase: Phase) -> None:
    def check(way: Way, said: bytes) -> None:
        assert said == b""
        assert way.transport.is_aborted
        assert way.exchange.fault is not None
        assert way.exchange.fault.kind is Kind.BLOCKED

    answered_by({phase: (lambda _: Close("enough"),)}, check)


def test_a_module_may_answer_instead_of_the_backend() -> None:
    def check(way: Way, said: bytes) -> None:
        assert said.startswith(b"HTTP/1.1 418 ")
        assert way.transport.has_ended
        assert way.counters.idle_connections == 1

    answered_by({Phase.RESPONSE: (lambda _: teapot(closes=True),)}, check)


def test_a_body_that_a_module_changes_is_changed() -> None:
    def check(way: Way, said: bytes) -> None:
        assert said.endswith(b"\r\n\r\n2\r\nOK\r\n1\r\n!\r\n0\r\n\r\n")
        assert way.exchange.response_body_bytes == 3

    answered_by({Phase.RESPONSE: (transform,)}, check)


def test_a_body_that_a_module_fails_to_change_ends_the_connection() -> None:
    class Fails(Upper):
        def feed(self, piece: bytes) -> bytes:
            raise RuntimeError("broken")

    def fail(exchange: Exchange) -> None:
        transform(exchange)
        exchange.transforms = [Fails()]

    def check(way: Way, said: bytes) -> None:
        assert way.transport.is_aborted
        assert way.exchange.fault is not None
        assert way.exchange.fault.kind is Kind.BODY_TRANSFORM

    answered_by({Phase.RESPONSE: (fail,)}, check)


def test_a_module_may_have_the_connection_end_with_the_answer() -> None:
    def close(exchange: Exchange) -> None:
        exchange.closes = True

    def check(way: Way, said: bytes) -> None:
        assert said == TO_CLIENT[:-4] + b"Connection: close\r\n\r\nok"
        assert way.transport.has_ended

    answered_by({Phase.RESPONSE: (close,)}, check)


def test_a_module_may_end_the_connection_behind_the_answer() -> None:
    def check(way: Way, said: bytes) -> None:
        assert said == TO_CLIENT
        assert way.transport.has_ended
        assert not way.transport.is_aborted

    answered_by({Phase.FINISH: (lambda _: Close("enough"),)}, check)


def test_a_module_that_rewrites_the_target_has_its_form_settled() -> None:
    async def main() -> None:
        way = await Way().begun()
        way.handlers[Phase.ROUTE] = (lambda exchange: exchange.rewrite(target=b"/a/../b"),)
        way.store.swap(way.snapshot())
        assert (await way.say()).startswith(b"GET /b HTTP/1.1\r\n")
        assert await way.answer(OK) == TO_CLIENT
        way.handlers[Phase.ROUTE] = (lambda exchange: exchange.rewrite(target=b"/a%2fb"),)
        way.store.swap(way.snapshot())
        assert await way.say() == b""
        assert way.transport.take().startswith(b"HTTP/1.1 400 ")

    run_plain(main())


@pytest.mark.parametrize(
    ("settings", "host", "status"),
    [
        ({}, b"other.test", b"500"),
        ({"rules": (("req_path_in('/b', false)".replace("'", '"'), "web"),)}, None, b"500"),
        ({"rules": (("default_t()", "other"),)}, None, b"503"),
        ({"backends": 0}, None, b"503"),
    ],
)
def test_a_request_that_leads_nowhere_is_told_so(
    settings: dict[str, object], host: bytes | None, status: bytes
) -> None:
    async def main() -> None:
        way = Way(**settings)
        await way.say(GET if host is None else GET.replace(b"shop.test", host))
        assert way.transport.take().startswith(b"HTTP/1.1 " + status)
        assert way.exchange.fault is not None

    run_plain(main())


def test_a_client_may_leave_while_a_module_looks_at_its_answer() -> None:
    async def wait(exchange: Exchange) -> None:
        await asyncio.sleep(1)

    async def main() -> None:
        way = await Way().begun()
        way.handlers[Phase.RESPONSE] = (wait,)
        way.store.swap(way.snapshot())
        await way.say()
        assert await way.answer(OK) == b""
        way.transport.drop()
        await asyncio.sleep(2)
        assert way.exchange.response_bytes == 0
        assert way.counters.cancelled == 0  # the backend has done its part
        assert way.counters.idle_connections == 1
        assert len(way.phases.closed) == 1

    run_plain(main())
