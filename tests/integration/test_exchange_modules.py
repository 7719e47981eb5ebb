"""Where modules take part in an exchange, and what their verdicts do."""

import contextlib
from dataclasses import replace

import pytest

from bfe_py.model import BytesBody, Exchange, Headers, ResponseHead, Session
from bfe_py.pipeline import Close, Phase, Respond
from tests.kit.plane import Plane, ask, run, running_backend, running_plane

GET = b"GET /a HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n"
TWO = b"GET /1 HTTP/1.1\r\nHost: shop.test\r\n\r\n" + GET


def teapot(**more: object) -> Respond:
    return Respond(ResponseHead(418, Headers(), body_length=3), b"tea", **more)


def ask_with(handlers: dict, request: bytes = GET, change=None) -> tuple[bytes, int, Plane]:
    """Answer, heads that a backend saw, and the plane."""

    async def main() -> tuple[bytes, int, Plane]:
        async with (
            running_backend() as backend,
            running_plane([("127.0.0.1", backend.port)], handlers=handlers) as plane,
        ):
            if change is not None:
                plane.store.swap(change(plane.store.current))
            answer = b""
            with contextlib.suppress(ConnectionError):
                answer = await ask(plane.port, request)
            return answer, len(backend.heads), plane

    return run(main())


@pytest.mark.parametrize("phase", [Phase.REQUEST, Phase.TENANT, Phase.ROUTE, Phase.FORWARD])
def test_a_verdict_on_the_way_is_the_answer(phase: Phase):
    answer, asked, _ = ask_with({phase: (lambda _: teapot(),)})
    assert answer.startswith(b"HTTP/1.1 418 ")
    assert answer.endswith(b"\r\n\r\ntea")
    assert asked == 0


def test_a_body_may_come_from_a_source():
    source = Respond(ResponseHead(200, Headers(), body_length=None), BytesBody(b"streamed"))
    answer, _, _ = ask_with({Phase.TENANT: (lambda _: source,)})
    assert b"streamed" in answer


def test_an_answer_from_here_passes_the_response_phase_unless_it_says_not_to():
    seen: list[int] = []

    def note(exchange: Exchange) -> None:
        assert exchange.response is not None
        seen.append(exchange.response.status)

    handlers = {Phase.TENANT: (lambda _: teapot(),), Phase.RESPONSE: (note,)}
    ask_with(handlers)
    assert seen == [418]
    handlers[Phase.TENANT] = (lambda _: teapot(skips_response_phase=True),)
    ask_with(handlers)
    assert seen == [418]


def test_a_redirect_is_no_response_for_the_log():
    logged: list[ResponseHead | None] = []
    redirect = teapot(skips_response_phase=True, is_redirect=True)
    ask_with(
        {
            Phase.TENANT: (lambda _: redirect,),
            Phase.FINISH: (lambda exchange: logged.append(exchange.response),),
        }
    )
    assert logged == [None]


def test_an_answer_may_end_the_connection():
    answer, _, _ = ask_with({Phase.TENANT: (lambda _: teapot(closes=True),)}, TWO)
    assert answer.count(b"HTTP/1.1") == 1
    assert b"Connection: close" in answer


def test_the_response_may_be_replaced():
    answer, asked, _ = ask_with({Phase.RESPONSE: (lambda _: teapot(closes=True),)}, TWO)
    assert answer.startswith(b"HTTP/1.1 418 ")
    assert answer.count(b"HTTP/1.1 418") == 1
    assert asked == 1


def test_the_response_may_be_replaced_by_a_source():
    source = Respond(ResponseHead(200, Headers(), body_length=None), BytesBody(b"other"))
    answer, _, _ = ask_with({Phase.RESPONSE: (lambda _: source,)})
    assert b"other" in answer


def test_the_response_may_be_kept_back():
    answer, _, _ = ask_with({Phase.RESPONSE: (lambda _: Close("test"),)})
    assert answer == b""


def test_finishing_may_end_the_connection():
    ended: list[str] = []

    def finish(exchange: Exchange) -> Close:
        ended.append(exchange.path)
        return Close("test")

    ask_with({Phase.FINISH: (finish,)}, TWO)
    assert ended[0] == "/1"


def test_a_fault_passes_the_response_phase_too():
    seen: list[int | None] = []
    handlers = {Phase.RESPONSE: (lambda exchange: seen.append(exchange.status),)}
    ask_with(handlers, GET.replace(b"shop.test", b"other.test"))
    assert seen == [500]


def test_a_module_that_fails_on_the_response_leaves_an_error():
    def fail(exchange: Exchange) -> None:
        raise RuntimeError("broken")

    answer, _, plane = ask_with({Phase.RESPONSE: (fail,)})
    # The handler fails on the answer to its own failure as well: that one goes past it.
    assert answer.startswith(b"HTTP/1.1 500 ")
    assert plane.endpoint.counters.crashes == 0


def test_forwarded_fields_count_where_the_peer_is_trusted():
    clients: list[str] = []

    def trust(session: Session) -> None:
        session.is_trusted = True

    def note(exchange: Exchange) -> None:
        clients.append("" if exchange.client is None else exchange.client.text)

    handlers = {Phase.ACCEPT: (trust,), Phase.TENANT: (note,)}
    ask_with(handlers, GET.replace(b"\r\n\r\n", b"\r\nX-Real-Ip: 203.0.113.9\r\n\r\n"))
    assert clients == ["203.0.113.9"]


def test_a_continue_without_a_body_is_refused():
    answer, asked, _ = ask_with({}, GET.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n"))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert asked == 0


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda snapshot: replace(snapshot, routes={}), b"500"),
        (lambda snapshot: replace(snapshot, balancers={}), b"503"),
    ],
)
def test_a_tenant_without_routes_or_clusters_is_told_so(change, status: bytes):
    answer, _, _ = ask_with({}, GET, change)
    assert answer.startswith(b"HTTP/1.1 " + status)
