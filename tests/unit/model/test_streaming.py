import asyncio

from bfe_py.model import BytesBody


def test_content_that_is_there_is_read_in_one_piece():
    body = BytesBody(b"abc")
    assert body.taken == 0
    assert asyncio.run(body.read()) == b"abc"
    assert body.taken == 3
    assert asyncio.run(body.read()) == b""
    assert body.trailers() is None


def test_reading_it_never_waits():
    body = BytesBody(b"abc")
    assert body.read_ready() == b"abc"
    assert body.read_ready() == b""


def test_draining_it_reaches_the_end():
    body = BytesBody(b"abc")
    assert asyncio.run(body.drain())
    assert body.read_ready() == b""
