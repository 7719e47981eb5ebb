"""A body goes to the client piece by piece, through transforms, as fast as the client reads."""

import pytest

from bfe_py.model import BytesBody, Exchange, Fault, Headers, Kind
from bfe_py.transport import relay, trailers_of
from tests.kit.modules import make_exchange
from tests.kit.transports import run_plain


class Pieces:
    """A body; None stands for a piece that has to be waited for, a fault is raised."""

    def __init__(self, *pieces: "bytes | Fault | None") -> None:
        self.pieces = list(pieces)

    def read_ready(self) -> bytes | None:
        piece = self.pieces.pop(0) if self.pieces else b""
        if isinstance(piece, Fault):
            raise piece
        return piece

    async def read(self) -> bytes:
        piece = self.read_ready()
        assert piece is not None
        return piece

    def trailers(self) -> Headers:
        return Headers([(b"Digest", b"x")])


class Recorder:
    def __init__(self, *, is_blocked: bool = False) -> None:
        self.calls: list[object] = []
        self.is_blocked = is_blocked

    def send_body(self, piece: bytes) -> None:
        self.calls.append(piece)

    def flush(self) -> None:
        self.calls.append("flush")

    async def wait_writable(self) -> None:
        self.calls.append("wait")


class Upper:
    def feed(self, piece: bytes) -> bytes:
        return piece.upper()

    def finish(self) -> bytes:
        return b"<end>"


class Hoard:
    """Holds everything back until the end."""

    def __init__(self) -> None:
        self.held = b""

    def feed(self, piece: bytes) -> bytes:
        self.held += piece
        return b""

    def finish(self) -> bytes:
        return self.held[::-1]


class Broken:
    def feed(self, piece: bytes) -> bytes:
        raise ZeroDivisionError

    def finish(self) -> bytes:
        return b""


def sent(
    body: Pieces,
    *transforms: object,
    is_blocked: bool = False,
    exchange: Exchange | None = None,
) -> tuple[int, list[object]]:
    reply = Recorder(is_blocked=is_blocked)
    exchange = exchange or make_exchange()
    exchange.transforms = list(transforms) or None
    run_plain(relay(exchange, body, reply))
    return exchange.response_body_bytes, reply.calls


def test_pieces_go_out_one_by_one_and_their_bytes_are_counted() -> None:
    assert sent(Pieces(b"one", b"three")) == (8, [b"one", b"three"])


def test_what_was_sent_is_flushed_before_waiting_for_more() -> None:
    assert sent(Pieces(b"a", None, b"b")) == (2, [b"a", "flush", b"b"])


def test_a_blocked_client_is_waited_for_after_each_piece() -> None:
    assert sent(Pieces(b"a", b"b"), is_blocked=True) == (2, [b"a", "wait", b"b", "wait"])


def test_an_empty_body_sends_nothing() -> None:
    assert sent(Pieces()) == (0, [])


def test_a_transform_sees_every_piece_and_the_end() -> None:
    assert sent(Pieces(b"a", b"b"), Upper()) == (7, [b"A", b"B", b"<end>"])


def test_what_one_transform_ends_with_goes_through_the_next() -> None:
    assert sent(Pieces(b"ab", b"c"), Hoard(), Upper()) == (8, [b"CBA<end>"])
    assert sent(Pieces(b"ab"), Upper(), Hoard()) == (7, [b">dne<BA"])


def test_a_transform_that_fails_is_a_fault_of_the_body() -> None:
    with pytest.raises(Fault) as caught:
        sent(Pieces(b"a"), Broken())
    assert caught.value.kind is Kind.BODY_TRANSFORM
    assert caught.value.detail == "ZeroDivisionError"


def test_the_fault_of_a_body_that_is_cut_off_reaches_the_caller() -> None:
    fault, exchange = Fault(Kind.RESPONSE_BODY), make_exchange()
    with pytest.raises(Fault) as caught:
        sent(Pieces(b"a", fault), exchange=exchange)
    assert caught.value is fault
    assert exchange.response_body_bytes == 1


def test_trailers_are_sent_only_after_a_body_that_was_not_changed() -> None:
    body = Pieces()
    assert trailers_of(body, None) == Headers([(b"Digest", b"x")])
    assert trailers_of(body, []) == body.trailers()
    assert trailers_of(body, [Upper()]) is None
    assert trailers_of(BytesBody(), None) is None
