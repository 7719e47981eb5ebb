import pytest

from bfe_py.config import Part
from bfe_py.control import (
    Alive,
    Applied,
    Channel,
    Drop,
    Hello,
    Message,
    Prepare,
    Prepared,
    PutParts,
    ReadAll,
    Use,
)
from bfe_py.control.channel import MOST_BYTES
from tests.kit.wires import Wire

MESSAGES: list[Message] = [
    Hello(1, 2),
    Alive(),
    PutParts([(("routes", "shop", "0"), Part(b"digest", b"rules" * 100))]),
    Prepare(3, "v3", "v2", [("cluster", "web")]),
    Prepared(1, 3, "odd"),
    Use(3, [("web", "sub", "10.0.0.1", 80)]),
    Drop(3),
    Applied(1, 3, "no"),
    ReadAll(7),
]


class End:
    """One end of a channel with what came out of it."""

    def __init__(self) -> None:
        self.received: list[Message] = []
        self.closed = 0
        self.wire = Wire()
        self.channel = Channel(lambda _, message: self.received.append(message), self._close)
        self.channel.connection_made(self.wire)

    def _close(self, channel: Channel) -> None:
        assert channel is self.channel
        self.closed += 1


def packed(*messages: Message) -> bytes:
    end = End()
    for message in messages:
        end.channel.send(message)
    return end.wire.written


@pytest.mark.parametrize("size", [1, 3, 50, 10_000])
def test_messages_arrive_whole_however_they_are_cut(size: int):
    end, content = End(), packed(*MESSAGES)
    for start in range(0, len(content), size):
        end.channel.data_received(content[start : start + size])
    assert end.received == MESSAGES
    assert not end.wire.is_closing()


@pytest.mark.parametrize(
    "content",
    [
        (MOST_BYTES + 1).to_bytes(4, "big"),
        (3).to_bytes(4, "big") + b"\xc1\xc1\xc1",
        (1).to_bytes(4, "big") + b"\x80",
    ],
)
def test_what_is_no_message_ends_the_connection(content: bytes):
    end = End()
    end.channel.data_received(packed(Alive()) + content + packed(Hello(1, 2)))
    assert end.received == [Alive()]
    assert end.wire.is_closing()


def test_nothing_is_sent_to_whom_is_gone():
    end = End()
    end.channel.connection_lost(None)
    assert end.closed == 1
    end.channel.send(Alive())
    end.channel.close()
    assert end.wire.written == b""
    assert not end.wire.is_closing()


def test_who_closes_sends_and_hears_no_more():
    end = End()

    def hang_up(channel: Channel, message: Message) -> None:
        end.received.append(message)
        channel.close()

    channel = Channel(hang_up, end._close)
    channel.connection_made(end.wire)
    channel.data_received(packed(Alive(), Hello(1, 2)))
    channel.send(Alive())
    assert end.received == [Alive()]
    assert end.wire.is_closing()
    assert end.wire.written == b""
