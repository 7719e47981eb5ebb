"""Server-sent events: an answer that is silent for as long as it likes, for a client that stays."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from bfe_py.model import Fault, Kind
from bfe_py.upstream.connection import IDLE_SECONDS
from tests.kit.backend_connection import CHUNKED, GET, BackendCase, chunk
from tests.kit.transports import run_case
from tests.kit.upstream import CLUSTER, Client, UpstreamCase

TYPES = [
    b"text/event-stream",
    b"Text/Event-Stream",
    b"text/event-stream; charset=utf-8",
    b"text/event-stream ;x",
    b"application/sse",
    b"application/x-sse",
]
OTHERS = [b"text/plain", b"text/event-stream2", b"", b"x; text/event-stream"]


def stream(media_type: bytes = TYPES[0]) -> bytes:
    """The head of an answer of `media_type`."""
    return CHUNKED.replace(b"\r\n\r\n", b"\r\nContent-Type: %b\r\n\r\n" % media_type)


class Watching(Client):
    """Notes what counts as leaving."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[bool] = []

    def when_gone(self, act: Callable[[], None] | None, *, counts_half_close: bool = False) -> None:
        super().when_gone(act)
        self.told.append(counts_half_close)


@pytest.mark.parametrize("media_type", TYPES + OTHERS)
def test_only_a_stream_of_events_may_be_silent(media_type: bytes) -> None:
    @run_case(BackendCase)
    async def test(case: BackendCase) -> None:
        connection = case.start()
        connection.data_received(stream(media_type))
        await asyncio.sleep(IDLE_SECONDS - 1)
        connection.data_received(chunk(b"data: 1"))
        await asyncio.sleep(IDLE_SECONDS * 3)
        assert case.transport.is_aborted == (media_type in OTHERS)

    test()


@run_case(BackendCase)
async def test_the_answer_behind_a_stream_of_events_must_make_progress(case: BackendCase) -> None:
    case.start().data_received(stream())
    case.connection.data_received(chunk(b"data: 1") + b"0\r\n\r\n")
    assert [await case.connection.body.read() for _ in range(2)] == [b"data: 1", b""]
    assert case.connection.rest()
    case.start().data_received(CHUNKED)
    await asyncio.sleep(IDLE_SECONDS + 1)
    assert case.transport.is_aborted


@pytest.mark.parametrize(
    ("answer", "cancels", "told"),
    [
        (CHUNKED, False, [False]),
        (CHUNKED, True, [True]),
        (stream(), False, [False, True]),
        (stream(), True, [True, True]),
    ],
)
def test_a_client_of_events_that_sends_no_more_counts_as_gone(
    answer: bytes, cancels: bool, told: list[bool]
) -> None:
    @run_case(UpstreamCase)
    async def test(case: UpstreamCase) -> None:
        client = Watching()
        cluster = replace(CLUSTER, cancels_on_close=cancels)
        await case.answered(answer, cluster=cluster, watcher=client)
        assert client.told == told

    test()


@run_case(UpstreamCase)
async def test_a_client_that_leaves_ends_a_stream_of_events(case: UpstreamCase) -> None:
    client = Watching()
    response = await case.answered(stream() + chunk(b"data: 1"), watcher=client)
    client.leave()
    assert await response.body.read() == b"data: 1"
    with pytest.raises(Fault) as caught:
        await response.body.read()
    assert caught.value.kind is Kind.CLIENT_CLOSED
    assert case.transport.is_aborted
    assert case.counters.cancelled == 1


@run_case(UpstreamCase)
async def test_a_stream_of_events_needs_nobody_to_watch_for(case: UpstreamCase) -> None:
    response = await case.answered(stream() + chunk(b"data: 1"), head=GET)
    assert await response.body.read() == b"data: 1"
