"""The receiving half."""

import pytest

from bfe_py.model import Fault, Kind
from bfe_py.protocol import Dialect, Faulted, Limits, MessageEnded, Switched
from bfe_py.protocol.h1.opening import Phase, RequestOpener, ResponseOpener
from bfe_py.protocol.h1.receive import Receiver
from bfe_py.protocol.h1.scan import HeadScanner
from tests.kit.codec import content_of, head_of, is_whole, settle

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
PUT = b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"


def requests() -> Receiver:
    return Receiver(HeadScanner(100, 100), RequestOpener(Limits(), Dialect()), Phase.HEAD)


def responses(*, offers_switch: bool = False) -> Receiver:
    opener = ResponseOpener(Limits())
    opener.restart(b"GET", offers_switch=offers_switch)
    return Receiver(HeadScanner(100, 100), opener, Phase.HEAD)


def test_a_head_may_come_in_pieces():
    receiver = requests()
    assert not receiver.has_waiting
    for piece in (GET[:1], GET[1:20], GET[20:-1]):
        assert receiver.receive(piece) == []
        assert receiver.has_waiting
    assert is_whole(settle(receiver.receive(GET[-1:])))
    assert receiver.phase is Phase.WHOLE


def test_head_and_body_may_come_at_once():
    receiver = requests()
    seen = settle(receiver.receive(PUT + b"hello"))
    assert content_of(seen) == b"hello"
    assert is_whole(seen)


def test_a_body_may_come_later():
    receiver = requests()
    assert len(receiver.receive(PUT)) == 1
    assert receiver.phase is Phase.BODY
    assert content_of(settle(receiver.receive(b"hel"))) == b"hel"
    assert is_whole(settle(receiver.receive(b"lo")))


def test_what_comes_behind_the_message_waits():
    receiver = requests()
    receiver.receive(PUT + b"hello" + GET[:5])
    assert receiver.receive(GET[5:]) == []
    assert receiver.has_waiting
    receiver.stream += 1
    events = receiver.restart()
    assert head_of(settle(events)).target == b"/"
    assert events[0].stream == 2
    assert receiver.restart() == []
    assert receiver.phase is Phase.HEAD


def test_interim_heads_are_read_on():
    receiver = responses()
    wire = b"HTTP/1.1 100 x\r\n\r\nHTTP/1.1 204 x\r\n\r\n"
    assert len(receiver.receive(wire)) == 2
    assert receiver.phase is Phase.WHOLE


def test_a_switch_hands_over_everything():
    receiver = responses(offers_switch=True)
    events = receiver.receive(b"HTTP/1.1 101 x\r\nUpgrade: a\r\n\r\nfirst")
    assert events[1] == Switched(b"first")
    assert receiver.receive(b"second") == [Switched(b"second")]


def test_the_connection_may_end_the_body():
    receiver = responses()
    receiver.receive(b"HTTP/1.1 200 x\r\n\r\nhello")
    assert receiver.ends_with_connection
    assert receiver.end() == MessageEnded(1)
    assert receiver.phase is Phase.WHOLE
    assert not requests().ends_with_connection


@pytest.mark.parametrize(
    "wire",
    [b"\n", b"x\r\n\r\n", b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx"],
)
def test_a_peer_that_broke_the_protocol_is_not_read_on(wire):
    receiver = requests()
    assert isinstance(receiver.receive(wire)[-1], Faulted)
    assert receiver.phase is Phase.BROKEN
    assert receiver.receive(GET) == []
    assert not receiver.has_waiting


def test_a_fault_is_the_one_that_the_role_blames():
    receiver = responses()
    event = receiver.fail(Fault(Kind.BAD_BODY, "word"))
    assert (event.fault.kind, event.stream) == (Kind.RESPONSE_BODY, None)
