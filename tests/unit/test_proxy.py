"""The way of one request, with a forwarder and a client that are the test's own."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from bfe_py.balance import LiveBackends
from bfe_py.model import (
    BytesBody,
    Exchange,
    Fault,
    Headers,
    Kind,
    RequestHead,
    ResponseHead,
    Session,
    parse_address,
)
from bfe_py.observe import ExchangeStatistics, Registry
from bfe_py.pipeline import Close, Phase, Respond
from bfe_py.proxy import Policy, Proxy
from bfe_py.snapshot import Snapshot, SnapshotStore
from bfe_py.transport import BodyQueue, BufferCounters, ReadAhead
from bfe_py.upstream import UpstreamResponse
from tests.kit.forwarding import Ticks
from tests.kit.plane import make_snapshot
from tests.kit.transports import run_plain

PEER = parse_address("203.0.113.9", 4711)
assert PEER is not None


class Client:
    """A reply that keeps what it was told; blocked or gone where a test says so."""

    def __init__(self) -> None:
        self.head: ResponseHead | None = None
        self.body = b""
        self.trailers: Headers | None = None
        self.is_ended = False
        self.is_aborted = False
        self.closes = False
        self.fault: Fault | None = None
        self.watched: list[object] = []
        self.bytes_sent = 7

    @property
    def has_begun(self) -> bool:
        return self.head is not None

    @property
    def is_blocked(self) -> bool:
        return self.fault is not None

    async def wait_writable(self) -> None:
        assert self.fault is not None
        raise self.fault

    def send_head(self, head: ResponseHead, *, end: bool) -> None:
        assert self.head is None
        self.head, self.is_ended = head, end

    def send_body(self, piece: bytes) -> None:
        self.body += piece

    def send_end(self, trailers: Headers | None = None) -> None:
        self.trailers, self.is_ended = trailers, True

    def flush(self) -> None:
        pass

    def abort(self) -> None:
        self.is_aborted = self.is_aborted or not self.is_ended

    def announce_close(self) -> None:
        self.closes = True

    def when_gone(self, act: Callable[[], None] | None, *, counts_half_close: bool = False) -> None:
        self.watched.append(act)


class Connection:
    def __init__(self, body: object) -> None:
        self.body = body


class Backends:
    """Stands for the forwarder; `outcome` answers, or is raised."""

    def __init__(self, outcome: object) -> None:
        self.outcome = outcome
        self.exchange: Exchange | None = None
        self.bodies: list[bytes] = []
        self.released: list[Connection] = []

    async def forward(self, chain, balancer, exchange, body, reply) -> object:
        self.exchange = exchange
        while piece := await body.read():
            self.bodies.append(piece)
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    def release(self, connection: Connection, idle_limit: int) -> None:
        self.released.append(connection)

    def answer(self, head: ResponseHead, body: object = None) -> None:
        content = BytesBody() if body is None else body
        self.outcome = UpstreamResponse(self, Connection(content), head, None, 2)


class Case:
    def __init__(
        self,
        outcome: object = None,
        *,
        policy: Policy | None = None,
        handlers: dict | None = None,
        change: Callable[[Snapshot], Snapshot] | None = None,
        is_trusted: bool = False,
        **settings: object,
    ) -> None:
        registry = Registry()
        self.finished: list[Exchange] = []
        handlers = {Phase.FINISH: (self.finished.append,)} | (handlers or {})
        snapshot = make_snapshot([], LiveBackends(), registry, handlers=handlers, **settings)
        self.store = SnapshotStore(snapshot if change is None else change(snapshot))
        self.backends = Backends(outcome)
        if outcome is None:
            self.backends.answer(ResponseHead(200, body_length=2), BytesBody(b"ok"))
        self.buffers = registry.counters(BufferCounters)
        self.client = Client()
        self.session = Session(peer=PEER, local=PEER, started=0.0, is_trusted=is_trusted)
        self.proxy = Proxy(
            self.store,
            self.backends,
            Ticks(),
            ExchangeStatistics(registry),
            policy or Policy(),
            ReadAhead(1024, 0, self.buffers),
        )

    def serve(
        self,
        method: bytes = b"GET",
        target: bytes = b"/a",
        content: bytes = b"",
        length: int | None = 0,
        host: bytes = b"shop.test",
        fields: tuple[tuple[bytes, bytes], ...] = (),
        **more: object,
    ) -> Client:
        headers = Headers([(b"Host", host), *fields])
        head = RequestHead(method, target, headers, body_length=length, **more)

        async def main() -> None:
            body = BodyQueue(asyncio.get_running_loop(), lambda: None, lambda: None)
            body.feed(content)
            body.end()
            await self.proxy.serve(self.session, head, body, self.client)

        run_plain(main())
        return self.client

    @property
    def exchange(self) -> Exchange:
        (exchange,) = self.finished
        return exchange

    @property
    def status(self) -> int:
        assert self.client.head is not None
        return self.client.head.status


def teapot(**more: object) -> Respond:
    return Respond(ResponseHead(418, Headers(), body_length=3), b"tea", **more)


class Upper:
    def feed(self, piece: bytes) -> bytes:
        return piece.upper()

    def finish(self) -> bytes:
        return b"!"


def transform(exchange: Exchange) -> None:
    assert exchange.response is not None
    exchange.response.body_length = None
    exchange.transforms = [Upper()]


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
    times = exchange.times
    assert times.head_ended <= times.response_started <= times.response_ended
    assert len(case.backends.released) == 1
    assert client.watched == [None]
    assert case.session.idle_seconds == 60.0


def test_fields_of_the_backends_hop_are_taken_out() -> None:
    case = Case()
    headers = Headers([(b"Connection", b"X-Hop"), (b"X-Hop", b"1"), (b"X-Kept", b"2")])
    case.backends.answer(ResponseHead(204, headers))
    client = case.serve()
    assert client.head is not None
    assert list(client.head.headers) == [(b"X-Kept", b"2")]


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
        (lambda snapshot: replace(snapshot, clusters={}), 503),
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


# --- bodies of responses


def test_a_body_is_changed_on_its_way_and_its_trailers_are_dropped() -> None:
    case = Case(handlers={Phase.RESPONSE: (transform,)})
    case.backends.answer(ResponseHead(200, body_length=None), Trailing(b"ok"))
    client = case.serve()
    assert (client.body, client.trailers) == (b"OK!", None)
    assert case.exchange.response_body_bytes == 3


class Trailing(BytesBody):
    def trailers(self) -> Headers:
        return Headers([(b"Sum", b"1")])


@pytest.mark.parametrize("is_compatible", [False, True])
def test_trailers_are_passed_on_but_for_bfe(is_compatible: bool) -> None:
    case = Case(policy=Policy(is_compatible=is_compatible))
    case.backends.answer(ResponseHead(299, body_length=None), Trailing(b"ok"))
    client = case.serve()
    assert (client.trailers is None) == is_compatible
    assert client.head is not None
    assert client.head.reason == (b"status code 299" if is_compatible else b"")


@pytest.mark.parametrize(
    ("method", "status", "length"),
    [(b"HEAD", 200, 5), (b"GET", 204, None), (b"GET", 304, 5), (b"GET", 200, 0)],
)
def test_an_answer_without_a_body_ends_with_its_head(
    method: bytes, status: int, length: int | None
) -> None:
    case = Case()
    case.backends.answer(ResponseHead(status, body_length=length))
    client = case.serve(method)
    assert client.is_ended
    assert client.body == b""


# --- faults


@pytest.mark.parametrize(
    ("kind", "as_bfe", "status", "closes"),
    [
        (Kind.CONNECT, False, 502, False),
        (Kind.CONNECT, True, 500, False),
        (Kind.RESPONSE_TIMEOUT, False, 504, False),
        (Kind.BAD_BODY, False, 400, True),
    ],
)
def test_a_fault_is_answered_with_its_status(
    kind: Kind, as_bfe: bool, status: int, closes: bool
) -> None:
    case = Case(Fault(kind), policy=Policy(statuses_as_bfe=as_bfe))
    client = case.serve()
    assert (case.status, client.closes, client.is_ended) == (status, closes, True)
    assert client.head is not None
    assert client.head.headers.get(b"content-length") == b"0"


def test_for_bfe_a_request_that_belongs_nowhere_ends_the_connection() -> None:
    case = Case(policy=Policy(is_compatible=True))
    assert case.serve(host=b"other.test").closes
    assert not Case().serve(host=b"other.test").closes


def test_a_client_that_left_gets_no_answer() -> None:
    case = Case(Fault(Kind.CLIENT_CLOSED))
    client = case.serve()
    assert client.head is None
    assert client.is_aborted


def test_an_answer_that_breaks_off_is_cut_off() -> None:
    class Broken(BytesBody):
        def read_ready(self) -> bytes:
            raise Fault(Kind.RESPONSE_BODY, "closed")

    case = Case()
    case.backends.answer(ResponseHead(200, body_length=9), Broken())
    client = case.serve()
    assert client.head is not None
    assert client.is_aborted
    assert not client.is_ended
    assert len(case.backends.released) == 1


def test_a_client_that_leaves_during_the_answer_is_the_fault() -> None:
    case = Case()
    case.client.fault = Fault(Kind.CLIENT_WRITE, "client left")
    client = case.serve()
    assert client.is_aborted
    assert case.exchange.fault is client.fault


def test_a_module_that_fails_on_the_response_leaves_an_error() -> None:
    def fail(exchange: Exchange) -> None:
        raise RuntimeError("broken")

    case = Case(handlers={Phase.RESPONSE: (fail,)})
    client = case.serve()
    assert (case.status, client.is_ended, client.closes) == (500, True, True)
    assert len(case.backends.released) == 1


def test_a_module_that_fails_once_has_its_transforms_forgotten() -> None:
    calls: list[int] = []

    def fail_once(exchange: Exchange) -> None:
        calls.append(1)
        if len(calls) == 1:
            exchange.transforms = [Upper()]
            raise RuntimeError("broken")

    case = Case(handlers={Phase.RESPONSE: (fail_once,)})
    case.serve()
    assert case.status == 500
    assert case.exchange.transforms is None


def test_a_response_that_fails_on_the_way_to_a_client_that_is_gone_is_given_up() -> None:
    def leave(exchange: Exchange) -> None:
        raise Fault(Kind.CLIENT_CLOSED, "client left")

    case = Case(Fault(Kind.CONNECT), handlers={Phase.RESPONSE: (leave,)})
    client = case.serve()
    assert client.head is None
    assert client.is_aborted
    assert case.exchange.fault is not None
    assert case.exchange.fault.kind is Kind.CONNECT


def test_what_nobody_foresaw_still_ends_the_exchange() -> None:
    case = Case(RuntimeError("broken"))
    with pytest.raises(RuntimeError):
        case.serve()
    assert len(case.finished) == 1
