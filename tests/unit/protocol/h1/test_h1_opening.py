"""What heads open."""

import pytest

from bfe_py.model import Fault, Kind
from bfe_py.protocol import Dialect, HeadReceived, InterimReceived, Limits
from bfe_py.protocol.h1.body import ChunkedBody, CountedBody, UnboundedBody
from bfe_py.protocol.h1.opening import Phase, RequestOpener, ResponseOpener, is_persistent


@pytest.mark.parametrize(
    ("line", "phase", "body"),
    [
        (b"X: 1", Phase.WHOLE, type(None)),
        (b"Content-Length: 0", Phase.WHOLE, type(None)),
        (b"Content-Length: 3", Phase.BODY, CountedBody),
        (b"Transfer-Encoding: chunked", Phase.BODY, ChunkedBody),
    ],
)
def test_a_request_opens_the_reader_of_its_body(line, phase, body):
    opener = RequestOpener(Limits(), Dialect())
    opening = opener.open(b"PUT / HTTP/1.1\r\nHost: a\r\n" + line + b"\r\n\r\n", 7)
    assert isinstance(opening.event, HeadReceived)
    assert (opening.event.stream, opening.event.end) == (7, phase is Phase.WHOLE)
    assert opening.phase is phase
    assert type(opening.body) is body


@pytest.mark.parametrize(
    ("start", "line", "keeps"),
    [
        (b"GET / HTTP/1.1", b"X: 1", True),
        (b"GET / HTTP/1.1", b"Connection: close", False),
        (b"GET / HTTP/1.0", b"X: 1", False),
        (b"CONNECT a:1 HTTP/1.1", b"X: 1", False),
    ],
)
def test_a_request_says_what_its_answer_depends_on(start, line, keeps):
    opener = RequestOpener(Limits(), Dialect())
    host = b"a:1" if start.startswith(b"CONNECT") else b"a"
    opener.open(start + b"\r\nHost: " + host + b"\r\n" + line + b"\r\n\r\n", 1)
    assert opener.keeps_connection is keeps
    assert opener.method == start.partition(b" ")[0]
    assert start.endswith(opener.version)
    opener.restart()
    assert (opener.method, opener.version, opener.keeps_connection) == (b"", b"1.1", False)


@pytest.mark.parametrize(
    ("head", "phase", "body", "keeps"),
    [
        (b"HTTP/1.1 204 x\r\n\r\n", Phase.WHOLE, type(None), True),
        (b"HTTP/1.1 200 x\r\nContent-Length: 3\r\n\r\n", Phase.BODY, CountedBody, True),
        (b"HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n", Phase.BODY, ChunkedBody, True),
        (b"HTTP/1.1 200 x\r\n\r\n", Phase.BODY, UnboundedBody, False),
    ],
)
def test_a_response_opens_the_reader_of_its_body(head, phase, body, keeps):
    opener = ResponseOpener(Limits())
    opener.restart(b"GET", offers_switch=False)
    opening = opener.open(head, 3)
    assert isinstance(opening.event, HeadReceived)
    assert (opening.event.stream, opening.event.end) == (3, phase is Phase.WHOLE)
    assert opening.phase is phase
    assert type(opening.body) is body
    assert (opener.keeps_connection, opener.has_answered) == (keeps, True)


def test_interim_responses_leave_the_head_to_come():
    opener = ResponseOpener(Limits())
    early = b"HTTP/1.1 103 Early\r\n\r\n"
    for _ in range(100):
        opening = opener.open(early, 1)
        assert isinstance(opening.event, InterimReceived)
        assert opening.phase is Phase.HEAD
    with pytest.raises(Fault, match="too-many-interims"):
        opener.open(early, 1)
    opener.restart(b"GET", offers_switch=False)
    assert opener.open(early, 1).phase is Phase.HEAD


def test_a_switch_must_have_been_offered():
    opener = ResponseOpener(Limits())
    switch = b"HTTP/1.1 101 Switching\r\nUpgrade: ws\r\n\r\n"
    with pytest.raises(Fault, match="switch-unasked"):
        opener.open(switch, 1)
    opener.restart(b"GET", offers_switch=True)
    opening = opener.open(switch, 1)
    assert (opening.phase, opener.keeps_connection) == (Phase.SWITCHED, False)
    assert isinstance(opening.event, HeadReceived)
    assert opening.event.end


@pytest.mark.parametrize(("status", "keeps"), [(b"200", False), (b"403", True)])
def test_a_tunnel_is_never_used_again(status, keeps):
    opener = ResponseOpener(Limits())
    opener.restart(b"CONNECT", offers_switch=False)
    opener.open(b"HTTP/1.1 " + status + b" x\r\nContent-Length: 0\r\n\r\n", 1)
    assert opener.keeps_connection is keeps


def test_faults_are_the_clients_or_the_backends():
    fault = Fault(Kind.BAD_BODY, "chunk-size")
    assert RequestOpener(Limits(), Dialect()).blame(fault) is fault
    opener = ResponseOpener(Limits())
    opener.is_request_sent = True
    kinds = [
        (Kind.BAD_BODY, Kind.RESPONSE_BODY),
        (Kind.HEADER_TOO_LARGE, Kind.BAD_RESPONSE),
        (Kind.CONNECTION_BROKEN, Kind.CONNECTION_BROKEN),
        (Kind.READ_RESPONSE, Kind.READ_RESPONSE),
    ]
    for kind, blamed in kinds:
        other = opener.blame(Fault(kind, "word"))
        assert (other.kind, other.detail, other.request_sent) == (blamed, "word", True)


@pytest.mark.parametrize(
    ("version", "options", "lives"),
    [
        (b"1.1", (), True),
        (b"1.1", (b"close",), False),
        (b"1.0", (), False),
        (b"1.0", (b"keep-alive",), True),
        (b"1.0", (b"keep-alive", b"close"), False),
    ],
)
def test_a_connection_lives_by_version_and_options(version, options, lives):
    assert is_persistent(version, frozenset(options)) is lives
