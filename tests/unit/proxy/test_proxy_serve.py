"""The way of one request to where its answer comes from."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from bfe_py.model import BytesBody, Exchange, Headers, Kind, RequestHead, ResponseHead
from bfe_py.pipeline import Close, Phase, Respond
from bfe_py.protocol import H1Client
from bfe_py.proxy import Policy
from tests.kit.proxy_case import Case, teapot, transform

# --- from the head to a backend


def test_a_request_goes_to_its_cluster_and_the_answer_comes_back() -> None:
    case = Case()
    client = case.serve(content=b"abc", length=3, method=b"POST")
    assert (case.status, client.body, client.is_ended) == (200, b"ok", True)
    assert case.backends.bodies == [b"abc"]
    exchange = case.exchange
    assert (exchange.tenant, exchange.cluster, exchange.host_tag) == ("shop", "web", "tag")
    assert (exchange.body_bytes, exchange.response_body_bytes) == (3, 2)
    assert exchange.response_bytes == client.bytes_sent
    times = exchange
    assert times.head_ended <= times.response_started <= times.response_ended
    assert len(case.backends.released) == 1
    assert client.watched == [None]
    assert case.session.idle_seconds == 60.0


def test_fields_of_the_backends_hop_are_taken_out() -> None:
    codec = H1Client()
    codec.send_head(1, RequestHead(b"GET", b"/", Headers([(b"Host", b"h")])), end=True)
    sent = b"Connection: X-Hop, close\r\nX-Hop: 1\r\nKeep-Alive: 2\r\nX-Kept: 3\r\n\r\n"
    (received,) = codec.receive_data(b"HTTP/1.1 204 No Content\r\n" + sent)
    case = Case()
    case.backends.answer(received.head)
    client = case.serve()
    assert client.head is not None
    assert list(client.head.headers) == [(b"X-Kept", b"3")]
    assert client.head.options == frozenset()
    assert not client.closes


def test_a_trusted_peer_names_the_client() -> None:
    fields = ((b"X-Real-Ip", b"198.51.100.1"),)
    for is_trusted, text in ((True, "198.51.100.1"), (False, "203.0.113.9")):
        case = Case(is_trusted=is_trusted)
        case.serve(fields=fields)
        assert case.exchange.client is not None
        assert case.exchange.client.text == text


@pytest.mark.parametrize(
    ("sent", "is_as_sent", "seen"),
    [
        (b"/a/../b", False, b"/b"),
        (b"/a", False, b"/a"),
        (b"/a/../b", True, b"/a/../b"),
    ],
)
def test_a_target_gets_its_one_form_unless_it_is_to_stay(
    sent: bytes, is_as_sent: bool, seen: bytes
) -> None:
    case = Case(policy=Policy(paths_as_sent=is_as_sent))
    case.serve(target=sent)
    assert case.exchange.upstream_target == seen


@pytest.mark.parametrize(
    ("given", "status", "reason"),
    [
        ({"target": b"/%zz"}, 400, "bad_request"),
        ({"target": b"/a%2fb"}, 400, "bad_request"),
        ({"expects_continue": True}, 400, "expect_empty"),
        ({"host": b"other.test"}, 500, "no_tenant"),
        ({"length": 5, "content": b"hello"}, 413, "body_too_large"),
        ({"length": None, "content": b"hello"}, 413, "body_too_large"),
    ],
)
def test_what_may_not_pass_is_refused(given: dict, status: int, reason: str) -> None:
    case = Case(policy=Policy(body_limit=4))
    client = case.serve(**given)
    assert case.status == status
    assert case.exchange.fault is not None
    assert case.exchange.fault.kind.value.reason == reason
    assert client.is_ended
    assert client.closes == (status < 500)


def test_a_body_within_its_limit_passes() -> None:
    case = Case(policy=Policy(body_limit=4))
    case.serve(content=b"hell", length=None)
    assert case.status == 200
    assert case.backends.bodies == [b"hell"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda snapshot: replace(snapshot, routes={}), 500),
        (lambda snapshot: replace(snapshot, balancers={}), 503),
    ],
)
def test_a_tenant_without_a_route_or_its_cluster_is_a_fault(change, status: int) -> None:
    case = Case(change=change)
    case.serve()
    assert case.status == status


def test_no_rule_that_matches_is_a_fault() -> None:
    case = Case(rules=(('req_path_in("/b", false)', "web"),))
    case.serve()
    assert case.exchange.fault is not None
    assert case.exchange.fault.kind is Kind.NO_ROUTE


# --- bodies that rules look at

BODY_RULES = (('req_body_json_in("kind", "big", false)', "web"),)


def test_a_body_that_a_rule_looks_at_is_kept_meanwhile_and_sent_whole() -> None:
    case = Case(rules=BODY_RULES)
    content = b'{"kind": "big"}'
    case.serve(b"POST", content=content, length=len(content))
    assert case.status == 200
    assert b"".join(case.backends.bodies) == content
    assert case.exchange.body_prefix == content
    assert case.buffers.bytes == 0


def test_a_body_that_is_empty_or_looked_at_by_nobody_is_not_read_ahead() -> None:
    case = Case(rules=BODY_RULES)
    case.serve()
    assert case.exchange.body_prefix == b""
    other = Case(change=lambda snapshot: replace(snapshot, body_phases={"other": Phase.TENANT}))
    other.serve(b"POST", content=b"abc", length=3)
    assert other.exchange.body_prefix == b""
    every = Case(change=lambda snapshot: replace(snapshot, any_body_phase=Phase.TENANT))
    every.serve(b"POST", content=b"abc", length=3)
    assert every.exchange.body_prefix == b"abc"


# --- verdicts


@pytest.mark.parametrize("phase", [Phase.REQUEST, Phase.TENANT, Phase.ROUTE])
def test_a_module_may_answer_on_the_way(phase: Phase) -> None:
    case = Case(handlers={phase: (lambda _: None, lambda _: teapot(closes=True))})
    client = case.serve()
    assert (case.status, client.body, client.closes) == (418, b"tea", True)
    assert case.backends.exchange is None


@pytest.mark.parametrize("waits", [False, True])
def test_modules_may_let_a_request_pass(waits: bool) -> None:
    seen: list[Phase] = []
    phases = (Phase.REQUEST, Phase.TENANT, Phase.ROUTE, Phase.RESPONSE)

    def look(phase: Phase) -> Callable[[Exchange], object]:
        async def wait(exchange: Exchange) -> None:
            await asyncio.sleep(0)
            seen.append(phase)

        return wait if waits else lambda _: seen.append(phase)

    case = Case(handlers={phase: (look(phase),) for phase in phases})
    client = case.serve()
    assert (case.status, client.body) == (200, b"ok")
    assert seen == list(phases)


def test_a_module_may_pass_the_response_phase_by() -> None:
    seen: list[object] = []
    handlers = {
        Phase.TENANT: (lambda _: teapot(skips_response_phase=True),),
        Phase.RESPONSE: (seen.append,),
    }
    case = Case(handlers=handlers)
    case.serve()
    assert seen == []
    assert case.exchange.response is not None
    handlers[Phase.TENANT] = (lambda _: teapot(skips_response_phase=True, is_redirect=True),)
    redirect = Case(handlers=handlers)
    redirect.serve()
    assert redirect.exchange.response is None


def test_a_module_may_end_the_connection_on_the_way() -> None:
    case = Case(handlers={Phase.TENANT: (lambda _: Close("enough"),)})
    client = case.serve()
    assert client.is_aborted
    assert case.exchange.fault is not None
    assert (case.exchange.fault.kind, case.exchange.fault.detail) == (Kind.BLOCKED, "enough")


def test_a_module_may_replace_the_response_and_what_was_to_become_of_it() -> None:
    case = Case(handlers={Phase.RESPONSE: (transform, lambda _: teapot(closes=True))})
    client = case.serve()
    assert (case.status, client.body, client.closes) == (418, b"tea", True)
    assert len(case.backends.released) == 1


def test_a_module_may_replace_the_response_by_a_source() -> None:
    def stream(exchange: Exchange) -> Respond:
        return Respond(ResponseHead(200, body_length=None), BytesBody(b"streamed"))

    for phase in (Phase.RESPONSE, Phase.TENANT):
        assert Case(handlers={phase: (stream,)}).serve().body == b"streamed"


def test_a_module_may_keep_the_response_back() -> None:
    case = Case(handlers={Phase.RESPONSE: (lambda _: Close("enough"),)})
    client = case.serve()
    assert client.head is None
    assert client.is_aborted


def test_a_module_may_end_the_connection_behind_the_answer() -> None:
    case = Case(handlers={Phase.FINISH: (lambda _: Close("enough"),)})
    client = case.serve()
    assert client.is_ended
    assert not client.is_aborted
    assert client.closes


@pytest.mark.parametrize(
    ("policy", "can"),
    [
        (Policy(), True),
        (Policy(body_limit=4), True),
        (Policy(is_compatible=True), False),
        (Policy(paths_as_sent=True), False),
    ],
)
def test_plain_requests_are_no_others_as_bfe_does(policy: Policy, can: bool) -> None:
    assert Case(policy=policy).proxy.can_serve_plain == can
