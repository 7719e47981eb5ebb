"""The receiving half."""

import pytest

from bfe_py.model import Fault, Kind
from bfe_py.protocol import (
    BodyReceived,
    Dialect,
    Faulted,
    HeadReceived,
    InterimReceived,
    KnownLines,
    Limits,
    MessageEnded,
    Switched,
)
from bfe_py.protocol.h1.opening import Phase
from bfe_py.protocol.h1.receive import Receiver
from bfe_py.protocol.h1.requests import RequestOpener
from bfe_py.protocol.h1.responses import ResponseOpener
from bfe_py.protocol.h1.scan import HeadScanner
from tests.kit.codec import content_of, head_of, is_whole, settle

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
PUT = b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"


def requests() -> Receiver:
    known = KnownLines(forwards_underscores=False)
    return Receiver(HeadScanner(100, 100), RequestOpener(Limits(), Dialect(), known), Phase.HEAD)


def responses(*, offers_switch: bool = False) -> Receiver:
    opener = ResponseOpener(Limits(), Dialect(), KnownLines(forwards_underscores=True))
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


CHUNKS = PUT.replace(b"Content-Length: 5", b"Transfer-Encoding: chunked")
ODD_PUT = PUT.replace(b"PUT /", b"PUT http://a/")


@pytest.mark.parametrize(
    ("wire", "content"),
    [
        (PUT + b"hello", b"hello"),
        (ODD_PUT + b"hello", b"hello"),
        (CHUNKS + b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", b"hello"),
        (CHUNKS + b"0\r\n\r\n", b""),
    ],
)
def test_a_body_that_came_with_its_head_is_part_of_one_event(wire, content):
    receiver = requests()
    (event,) = receiver.receive(wire + GET)
    assert isinstance(event, HeadReceived)
    assert (event.end, event.content, receiver.phase) == (True, content, Phase.WHOLE)
    assert receiver.waiting == GET
    receiver = requests()
    seen = settle([*receiver.receive(wire[:-1]), *receiver.receive(wire[-1:])])
    assert (content_of(seen), is_whole(seen)) == (content, True)


def test_a_body_with_trailers_is_told_apart_from_its_head():
    events = requests().receive(CHUNKS + b"2\r\nhi\r\n0\r\nX: 1\r\n\r\n")
    head, body, end = events
    assert isinstance(head, HeadReceived)
    assert (head.end, head.content) == (False, b"")
    assert body == BodyReceived(1, b"hi")
    assert isinstance(end, MessageEnded)
    assert end.trailers is not None


def test_a_body_that_goes_wrong_is_told_apart_from_its_head():
    head, body, fault = requests().receive(CHUNKS + b"2\r\nhiX")
    assert isinstance(head, HeadReceived)
    assert not head.end
    assert body == BodyReceived(1, b"hi")
    assert isinstance(fault, Faulted)


@pytest.mark.parametrize("head", [PUT, ODD_PUT])
def test_a_body_may_come_later(head):
    receiver = requests()
    assert len(receiver.receive(head)) == 1
    assert receiver.phase is Phase.BODY
    assert receiver.receive(b"hel") == [BodyReceived(1, b"hel")]
    assert receiver.receive(b"lo") == [BodyReceived(1, b"lo"), MessageEnded(1)]
    assert receiver.phase is Phase.WHOLE


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
    first, second = responses().receive(
        wire.replace(b"204 x", b"200 x\r\nContent-Length: 2") + b"hi"
    )
    assert isinstance(first, InterimReceived)
    assert isinstance(second, HeadReceived)
    assert (second.end, second.content) == (True, b"hi")


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
