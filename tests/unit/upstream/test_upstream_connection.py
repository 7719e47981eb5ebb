"""One connection to a backend: requests and their answers."""

import pytest

from bfe_py.model import Fault, Headers, Kind
from bfe_py.transport import EagerTask
from tests.kit.backend_connection import CHUNKED, GET, OK, chunk, post
from tests.kit.backend_connection import BackendCase as Case
from tests.kit.transports import run_case, settle

in_loop = run_case(Case)


@pytest.mark.parametrize("step", [len(OK), len(OK) - 1, 20, 1])
def test_a_request_is_written_and_its_answer_comes_back(step: int) -> None:
    @in_loop
    async def test(case: Case) -> None:
        connection = case.start()
        assert case.transport.take() == b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
        assert connection.is_busy
        assert not connection.is_usable
        waiting = case.loop.create_task(connection.wait_head())
        await settle()
        for at in range(0, len(OK), step):
            connection.data_received(OK[at : at + step])
        assert (await waiting).status == 200
        content = b""
        while piece := await connection.body.read():
            content += piece
        assert content == b"ok"
        assert connection.rest()
        assert not connection.is_busy

    test()


@in_loop
async def test_a_request_goes_out_whole_with_its_body(case: Case) -> None:
    case.connection.send_whole(post(3), b"abc", None, None)
    assert case.transport.take().endswith(b"Content-Length: 3\r\n\r\nabc")
    case.connection.data_received(OK)
    assert case.connection.rest()


@in_loop
async def test_who_waits_for_an_answer_has_it_before_its_bytes_are_done_with(case: Case) -> None:
    heads: list[int] = []
    ended: list[Exception | None] = []

    async def wait() -> None:
        heads.append((await case.connection.wait_head()).status)

    for answer in (OK, CHUNKED):
        case.start()
        case.loop.call_soon(lambda: EagerTask(wait(), ended.append))
        await settle()
        case.connection.data_received(answer)
        assert heads.pop() == 200
        assert ended.pop() is None
        case.connection.rest()


@in_loop
async def test_an_answer_without_a_body_is_whole_at_once(case: Case) -> None:
    connection = case.start()
    waiting = case.loop.create_task(connection.wait_head())
    await settle()
    connection.data_received(b"HTTP/1.1 204 No Content\r\n\r\n")
    await waiting
    assert connection.body.read_ready() == b""
    assert connection.rest()


@in_loop
async def test_the_first_piece_goes_out_with_the_head_and_the_rest_follows(case: Case) -> None:
    connection = case.start(post(6), b"abc")
    assert case.transport.take().endswith(b"\r\n\r\nabc")
    await connection.send_body(b"def")
    connection.send_end(None)
    assert case.transport.take() == b"def"


@in_loop
async def test_trailers_of_the_request_are_sent(case: Case) -> None:
    connection = case.start(post(None))
    case.transport.take()
    await connection.send_body(b"abc")
    connection.send_end(Headers([(b"Sum", b"1")]))
    assert case.transport.take() == b"3\r\nabc\r\n0\r\nSum: 1\r\n\r\n"


@in_loop
async def test_sending_waits_while_the_socket_is_full(case: Case) -> None:
    connection = case.start(post(3))
    connection.pause_writing()
    sending = case.loop.create_task(connection.send_body(b"abc"))
    await settle()
    assert not sending.done()
    connection.resume_writing()
    await sending


@in_loop
async def test_nothing_is_sent_on_a_connection_that_is_gone(case: Case) -> None:
    connection = case.start(post(3))
    case.transport.drop()
    case.transport.take()
    with pytest.raises(Fault) as caught:
        await connection.send_body(b"abc")
    assert caught.value.kind is Kind.WRITE_REQUEST
    connection.send_end(None)
    connection.close()
    connection.abort()
    assert case.transport.take() == b""
    assert not connection.is_open


@in_loop
async def test_interim_answers_are_passed_on_but_for_100(case: Case) -> None:
    connection = case.start()
    connection.data_received(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n")
    assert [head.status for head in case.interim] == [103]


@in_loop
async def test_an_interim_answer_is_not_the_one_that_is_waited_for(case: Case) -> None:
    connection = case.start()
    waiting = case.loop.create_task(connection.wait_head())
    await settle()
    connection.data_received(b"HTTP/1.1 103 Early Hints\r\n\r\n")
    await settle()
    assert not waiting.done()
    connection.data_received(OK)
    assert (await waiting).status == 200


@in_loop
async def test_interim_answers_that_nobody_wants_are_dropped(case: Case) -> None:
    case.connection.send_whole(GET, b"", None, None)
    case.connection.data_received(b"HTTP/1.1 103 Early Hints\r\n\r\n" + OK)
    assert await case.connection.body.read() == b"ok"
    assert case.connection.rest()


@in_loop
async def test_who_reads_an_answer_has_its_pieces_before_they_are_done_with(case: Case) -> None:
    pieces: list[bytes] = []
    seen: list[tuple[bytes, int]] = []
    ended: list[Exception | None] = []

    async def read() -> None:
        while piece := await case.connection.body.read():
            pieces.append(piece)

    def receive(data: bytes) -> None:
        case.connection.data_received(data)
        seen.append((b"".join(pieces), len(ended)))

    case.start().data_received(CHUNKED)
    case.loop.call_soon(lambda: EagerTask(read(), ended.append))
    for data in (chunk(b"one") + chunk(b"two"), b"0\r\n\r\n"):
        case.loop.call_soon(receive, data)
    await settle()
    assert seen == [(b"onetwo", 0), (b"onetwo", 1)]


@in_loop
async def test_trailers_of_the_answer_come_with_its_end(case: Case) -> None:
    connection = case.start()
    connection.data_received(CHUNKED + chunk(b"a") + b"0\r\nSum: 1\r\n\r\n")
    assert [await connection.body.read() for _ in range(2)] == [b"a", b""]
    assert connection.body.trailers() == Headers([(b"Sum", b"1")])
