"""The way of an answer to the client, and of faults."""

import asyncio

import pytest

from bfe_py.model import BytesBody, Exchange, Fault, Headers, Kind, ResponseHead
from bfe_py.pipeline import Close, Phase, Respond
from bfe_py.proxy import Policy
from tests.kit.proxy_case import Case, Upper, teapot, transform

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
    assert client.is_whole
    assert client.body == b""


def test_a_body_that_is_there_leaves_with_its_head() -> None:
    case = Case()
    case.backends.answer(ResponseHead(200, body_length=5), BytesBody(b"hello"))
    client = case.serve()
    assert client.is_whole
    assert client.body == b"hello"
    assert case.exchange.response_body_bytes == 5


def test_a_body_that_comes_in_pieces_is_passed_on_piece_by_piece() -> None:
    case = Case()
    case.backends.answer(ResponseHead(200, body_length=None), Pieces([b"a", b"bc", b"d"]))
    client = case.serve()
    assert not client.is_whole
    assert client.is_ended
    assert client.body == b"abcd"
    assert case.exchange.response_body_bytes == 4


class Pieces(BytesBody):
    """A body that waits for each of its pieces as only a task can."""

    def __init__(self, pieces: list[bytes]) -> None:
        super().__init__()
        self.pieces = pieces

    def read_ready(self) -> bytes | None:
        return None

    async def read(self) -> bytes:
        done = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(done.set_result, None)
        await done
        return self.pieces.pop(0) if self.pieces else b""


class Timed(Pieces):
    """One that needs a task to wait in."""

    async def read(self) -> bytes:
        async with asyncio.timeout(1):
            await asyncio.sleep(0)
        return self.pieces.pop(0) if self.pieces else b""


@pytest.mark.parametrize("phase", [Phase.TENANT, Phase.RESPONSE])
@pytest.mark.parametrize("skips", [False, True])
def test_what_a_module_answers_with_may_wait_for_anything(phase: Phase, skips: bool) -> None:
    async def stream(exchange: Exchange) -> Respond:
        await asyncio.sleep(0)
        head = ResponseHead(200, body_length=None)
        return Respond(head, Timed([b"a", b"b"]), skips_response_phase=skips)

    case = Case(handlers={phase: (stream,)})
    client = case.serve()
    assert (client.body, client.is_ended) == (b"ab", True)
    assert case.exchange.response_body_bytes == 2


@pytest.mark.parametrize("comes", ["at once", "in pieces"])
def test_a_module_may_wait_and_then_leave_the_response_as_it_is(comes: str) -> None:
    async def look(exchange: Exchange) -> None:
        async with asyncio.timeout(1):
            await asyncio.sleep(0)

    case = Case(handlers={Phase.RESPONSE: (look,)})
    whole = BytesBody(b"okay")
    body = whole if comes == "at once" else Pieces([b"ok", b"ay"])
    case.backends.answer(ResponseHead(200, body_length=4), body)
    client = case.serve()
    assert (case.status, client.body, client.is_ended) == (200, b"okay", True)
    assert len(case.backends.released) == 1


@pytest.mark.parametrize(
    ("verdict", "status", "is_aborted"),
    [(teapot(closes=True), 418, False), (Close("enough"), None, True)],
)
def test_a_module_may_wait_before_it_replaces_an_answer_or_a_fault(
    verdict: Respond | Close, status: int | None, is_aborted: bool
) -> None:
    async def replace(exchange: Exchange) -> Respond | Close:
        await asyncio.sleep(0)
        return verdict

    for outcome in (None, Fault(Kind.CONNECT)):
        case = Case(outcome, handlers={Phase.RESPONSE: (replace,)})
        client = case.serve()
        assert client.is_aborted == is_aborted
        assert (None if client.head is None else client.head.status) == status
        assert client.closes == (status is not None)


# --- as BFE


@pytest.mark.parametrize("is_compatible", [False, True])
def test_for_bfe_pragma_is_said_again_in_both_directions(is_compatible: bool) -> None:
    pragma = (b"Pragma", b"no-cache")
    case = Case(policy=Policy(is_compatible=is_compatible))
    case.backends.answer(ResponseHead(200, Headers([pragma]), body_length=2), BytesBody(b"ok"))
    client = case.serve(fields=(pragma,))
    said = b"no-cache" if is_compatible else None
    assert case.exchange.request.headers.get(b"cache-control") == said
    assert client.head is not None
    assert client.head.headers.get(b"cache-control") == said


@pytest.mark.parametrize("is_compatible", [False, True])
def test_for_bfe_an_answer_that_nothing_changed_has_no_type(is_compatible: bool) -> None:
    case = Case(policy=Policy(is_compatible=is_compatible))
    fields = Headers([(b"Content-Type", b"text/css"), (b"Content-Length", b"9"), (b"ETag", b"x")])
    case.backends.answer(ResponseHead(304, fields, body_length=9))
    client = case.serve()
    assert client.head is not None
    names = [name for name, _ in client.head.headers]
    assert names == ([b"ETag"] if is_compatible else [b"Content-Type", b"Content-Length", b"ETag"])


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
    assert client.is_ended
    assert case.exchange.fault is client.fault


def test_a_client_that_leaves_between_two_pieces_is_the_fault() -> None:
    case = Case()
    case.backends.answer(ResponseHead(200, body_length=None), Pieces([b"a", b"b"]))
    case.client.fault = Fault(Kind.CLIENT_WRITE, "client left")
    client = case.serve()
    assert (client.body, client.is_ended) == (b"a", False)
    assert client.is_aborted
    assert case.exchange.fault is client.fault
    assert len(case.backends.released) == 1


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
