"""The first bytes of a body can be looked at before it is read."""

import asyncio

import pytest

from bfe_py.model import BytesBody, Headers
from bfe_py.transport import BodyQueue, PrefixedBody, read_prefix
from tests.kit.transports import run_plain


def make_queue() -> BodyQueue:
    return BodyQueue(asyncio.get_running_loop(), lambda: None, lambda: None)


def test_a_prefix_is_read_again_before_the_rest() -> None:
    async def main() -> None:
        queue = make_queue()
        for piece in (b"abc", b"def", b"ghi"):
            queue.feed(piece)
        queue.end(Headers([(b"Sum", b"1")]))
        prefix, body = await read_prefix(queue, 4)
        assert prefix == b"abcd"
        # What was read ahead may still be sent to any backend, so it does not count as read.
        assert body.taken == 0
        assert body.read_ready() == b"abc"
        assert body.taken == 3
        assert await body.read() == b"def"
        assert body.taken == 6
        assert await body.read() == b"ghi"
        assert body.read_ready() == b""
        assert body.trailers() == Headers([(b"Sum", b"1")])

    run_plain(main())


@pytest.mark.parametrize(("limit", "prefix"), [(0, b""), (2, b"ab"), (3, b"abc"), (100, b"abc")])
def test_a_prefix_is_as_long_as_asked_or_as_the_body(limit: int, prefix: bytes) -> None:
    async def main() -> None:
        found, body = await read_prefix(BytesBody(b"abc"), limit)
        assert found == prefix
        assert await body.read() == b"abc"
        assert await body.read() == b""

    run_plain(main())


def test_draining_drops_the_prefix_too() -> None:
    async def main() -> None:
        queue = make_queue()
        queue.feed(b"rest")
        queue.end()
        body = PrefixedBody([b"first"], queue)
        assert await body.drain()
        assert await body.read() == b""

    run_plain(main())
