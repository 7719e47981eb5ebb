"""Codecs that take and answer whole messages: they do what the others do that go step by step.

Two codecs get the same calls; one of them goes the short way wherever there is one. Bytes, events
and what both say of themselves are the same after every call.
"""

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from bfe_py.model import Headers, RequestHead, ResponseHead
from bfe_py.protocol import ONE_HOP, H1Client, H1Server, HeadReceived
from tests.kit.codec import Seen, settle
from tests.kit.messages import get, ok, post

# --- what a client may send

REQUESTS = [
    get(), get(), get(b"X: 1"), get(b"X: 1", start=b"PUT /x HTTP/1.1"), get(start=b"HEAD / HTTP/1.1"), get(b"Connection: close"),
    get(b"Connection: keep-alive"), get(b"Connection: X-A"), get(start=b"GET / HTTP/1.0"), get(b"Connection: keep-alive", start=b"GET / HTTP/1.0"),
    get(b"Content-Length: 0"), get(b"Expect: 100-continue"), post(b"Content-Length: 2", body=b"hi"), post(b"Content-Length: 2"), b"hi",
    post(b"Transfer-Encoding: chunked", body=b"2\r\nhi\r\n0\r\n\r\n"), post(b"Transfer-Encoding: chunked", body=b"0\r\nX: 1\r\n\r\n"),
    post(b"Expect: 100-continue", b"Content-Length: 2"), post(b"Expect: 100-continue", b"Content-Length: 2", body=b"hi"), get() + get(b"Y: 2"),
    get() + b"GET", b" / HTTP/1.1\r\nHost: a.t\r\n\r\n", b"\r\n" + get(), b"\r\n", get()[:-2], b"\r\n", b"GET / HT", b"x\r\n\r\n", b"", get(b"X_Y: 1"),
    b"CONNECT a.t:1 HTTP/1.1\r\nHost: a.t:1\r\n\r\n", b"GET http://a.t/ HTTP/1.1\r\nHost: a.t\r\n\r\n", get(b"Upgrade: a", b"Connection: Upgrade"),
]  # fmt: skip
OPTIONS = st.sampled_from([frozenset(), frozenset(), frozenset(), frozenset({b"close"}), frozenset({b"x-a"})])  # fmt: skip
FIELDS = st.lists(
    st.sampled_from(
        [
            (b"X-A", b"1"),
            (b"Y", b""),
            (b"Connection", b"close"),
            (b"Content-Length", b"9"),
            (b"Transfer-Encoding", b"x"),
        ]
    ),
    max_size=3,
)
ANSWERS = st.tuples(
    st.sampled_from([200, 200, 200, 404, 204, 304, 206, 500, 599, 999]),
    FIELDS,
    st.sampled_from([b"", b"", b"OK", b"Odd \xe9"]),
    st.sampled_from([b"", b"hello", b"a" * 40]),
    st.booleans(),
    OPTIONS,
)
Calls = list[tuple[str, object]]


def in_turn(*steps: st.SearchStrategy[Calls]) -> st.SearchStrategy[Calls]:
    """Calls of up to six rounds; a step may be left out, and other calls may come in between."""
    rounds = st.lists(st.tuples(*steps), max_size=6)
    return rounds.map(lambda all_: [call for one in all_ for step in one for call in step])


def call(name: str, arguments: st.SearchStrategy[object]) -> st.SearchStrategy[Calls]:
    return arguments.map(lambda argument: [(name, argument)])


def seldom(calls: st.SearchStrategy[Calls]) -> st.SearchStrategy[Calls]:
    return st.integers(0, 7).flatmap(lambda chance: calls if chance == 7 else st.just([]))


ENDS = st.sampled_from([[("eof", None)], [("close", None)]])
SERVER_CALLS = in_turn(
    seldom(ENDS),
    call("feed", st.sampled_from(REQUESTS[:19])),
    seldom(call("feed", st.sampled_from(REQUESTS))),
    seldom(call("interim", st.sampled_from([100, 103]))),
    seldom(ENDS),
    call("answer", ANSWERS),
    seldom(call("feed", st.sampled_from(REQUESTS))),
)

Trace = list[object]


def caught(act: Callable[[], object]) -> object:
    """What `act` answers, or that it is a bug to call it."""
    try:
        return act()
    except AssertionError:
        return "a bug of ours"


class Serving:
    """A server, and what became of its calls."""

    def __init__(self, *, goes_short: bool) -> None:
        self.codec = H1Server()
        self.goes_short = goes_short
        self.has_begun = False

    def feed(self, piece: bytes) -> Seen:
        codec = self.codec
        head = codec.take_request(piece) if self.goes_short else None
        if head is not None:
            return settle([HeadReceived(codec.stream, head, True)])
        return settle(codec.receive_data(piece))

    def answer(self, head: ResponseHead, content: bytes) -> tuple[bytes, Seen | None]:
        """What is sent, and the events of the next exchange if it begins at once."""
        codec = self.codec
        out = codec.answer(codec.stream, head, content) if self.goes_short else b""
        if out:
            return out, []
        codec.send_head(codec.stream, head, end=True, content=content)
        out = codec.data_to_send()
        return out, self.go_on()

    def go_on(self) -> Seen | None:
        events = self.codec.next_exchange()
        return None if events is None else settle(events)

    def interim(self, status: int) -> bytes:
        self.codec.send_head(self.codec.stream, ResponseHead(status, Headers([(b"Link", b"x")])))
        return self.codec.data_to_send()

    def do(self, name: str, argument: object) -> Trace:
        trace: Trace = [name]
        if name == "feed":
            trace.append(self.feed(argument))
            if self.has_begun:
                trace.append(events := self.go_on())
                self.has_begun = events is None
        elif name == "answer" and not self.has_begun:
            status, fields, reason, content, is_known, options = argument
            length = len(content) if is_known else None
            head = ResponseHead(status, Headers(fields), reason, b"1.1", length, options)
            out, events = self.answer(head, content)
            trace += [out, events]
            self.has_begun = events is None
        elif name == "interim":
            trace.append(caught(lambda: self.interim(argument)))
        elif name == "eof":
            trace.append(settle(self.codec.receive_eof()))
        elif name == "close":
            self.codec.announce_close()
        codec = self.codec
        return [*trace, codec.stream, codec.can_reuse, codec.has_waiting, codec.data_to_send()]


@given(SERVER_CALLS)
@settings(max_examples=1000)
def test_a_server_that_goes_the_short_way_does_what_the_other_does(calls):
    short, other = Serving(goes_short=True), Serving(goes_short=False)
    for name, argument in calls:
        assert short.do(name, argument) == other.do(name, argument)


# --- what a backend may send

RESPONSES = [
    ok(b"Content-Length: 2") + b"hi", ok(b"Content-Length: 2") + b"hi", ok(b"Content-Length: 0"), ok(b"X: 1", b"Content-Length: 2", start=b"HTTP/1.1 404 Not Found") + b"hi",
    ok(b"X: 1", start=b"HTTP/1.1 204 No Content"), ok(b"Content-Length: 9", start=b"HTTP/1.1 304 x"), ok(b"Content-Length: 2"), b"hi", b"hi" + ok(b"Content-Length: 0"),
    ok(b"Content-Length: 2", b"Connection: close") + b"hi", ok(b"Content-Length: 2", b"Connection: X-A", b"X-A: 1") + b"hi", ok(b"Content-Length: 2", start=b"HTTP/1.0 200 OK") + b"hi",
    ok(b"Content-Length: 2", b"Connection: keep-alive", start=b"HTTP/1.0 200 OK") + b"hi", ok(b"X: 1"), ok(b"X: 1") + b"hi", ok(b"Transfer-Encoding: chunked") + b"2\r\nhi\r\n0\r\n\r\n",
    ok(b"Transfer-Encoding: chunked"), b"2\r\nhi\r\n0\r\nX: 1\r\n\r\n", ok(b"Link: x", start=b"HTTP/1.1 103 Early"), ok(b"X: 1", start=b"HTTP/1.1 103 Early") + ok(b"Content-Length: 0"),
    ok(b"Content-Length: 2")[:-2], b"\r\nhi", b"HTTP/1.1 2", b"00 OK\r\nContent-Length: 0\r\n\r\n", ok(b"Upgrade: a", start=b"HTTP/1.1 101 Switching"), b"x\r\n\r\n", b"", b"\r\n", ok(),
]  # fmt: skip
LEFT_OUT = ONE_HOP | {b"content-length", b"host"}
ASKS = st.tuples(
    st.sampled_from([b"GET", b"GET", b"GET", b"HEAD", b"OPTIONS", b"POST", b"CONNECT"]),
    FIELDS,
    st.sampled_from([0, 0, 0, 5, None]),
    st.sampled_from([None, b"b.t:80", b"b.t:80", b"c.t"]),
    OPTIONS,
    st.sampled_from([LEFT_OUT, LEFT_OUT | {b"y"}]),
    st.booleans(),
)
CLIENT_CALLS = in_turn(
    seldom(ENDS),
    call("ask", ASKS),
    seldom(call("feed", st.sampled_from(RESPONSES))),
    seldom(ENDS),
    call("feed", st.sampled_from(RESPONSES[:13])),
    seldom(call("feed", st.sampled_from(RESPONSES))),
)


class Asking:
    """A client, and what became of its calls."""

    def __init__(self, *, goes_short: bool) -> None:
        self.codec = H1Client()
        self.goes_short = goes_short

    def feed(self, piece: bytes) -> Seen:
        codec, stream = self.codec, self.codec.stream
        taken = codec.take_response(piece) if self.goes_short else None
        if taken is not None:
            return settle([HeadReceived(stream, taken[0], True, taken[1])])
        return settle(codec.receive_data(piece))

    def ask(self, head: RequestHead, content: bytes) -> bytes:
        codec = self.codec
        out = b""
        is_askable = head.body_length == 0 and not head.options and head.authority is not None
        if self.goes_short and is_askable:
            out = codec.ask(head, head.target, head.authority, head.left_out)
        if not out:
            codec.send_head(codec.stream, head, end=True, content=content)
            out = codec.data_to_send()
        return out

    def do(self, name: str, argument: object) -> Trace:
        codec = self.codec
        trace: Trace = [name]
        if name == "ask":
            method, fields, length, authority, options, left_out, is_plain = argument
            headers = Headers([(b"Host", b"a.t"), *fields])
            content = b"a" * (length or 0)
            head = RequestHead(method, b"/x", headers, b"1.1", length, authority)
            head.options, head.left_out, head.is_plain = options, left_out, is_plain
            trace.append(codec.next_exchange())
            trace.append(caught(lambda: self.ask(head, content)))
        elif name == "feed":
            trace.append(self.feed(argument))
            trace.append(codec.next_exchange())  # the short way has begun it already
        elif name == "eof":
            trace.append(settle(codec.receive_eof()))
        else:
            codec.announce_close()
        assert codec.can_reuse or not codec.is_ready
        return [*trace, codec.stream, codec.can_reuse, codec.has_waiting, codec.data_to_send()]


@given(CLIENT_CALLS)
@settings(max_examples=1000)
def test_a_client_that_goes_the_short_way_does_what_the_other_does(calls):
    short, other = Asking(goes_short=True), Asking(goes_short=False)
    for name, argument in calls:
        assert short.do(name, argument) == other.do(name, argument)


@given(st.lists(ANSWERS, max_size=6))
@settings(max_examples=300)
def test_what_goes_the_short_way_out_goes_the_short_way_in(answers):
    server, client = H1Server(), H1Client()
    headers = Headers([(b"Host", b"a.t"), (b"X-A", b"1")])
    for status, fields, reason, content, _, _ in answers:
        asked = RequestHead(b"GET", b"/x?y", headers)
        wire = client.ask(asked, asked.target, b"a.t", frozenset({b"host"}))
        request = server.take_request(wire)
        assert request is not None
        assert (request.method, request.target, request.headers) == (b"GET", b"/x?y", headers)
        head = ResponseHead(status, Headers(fields), reason, body_length=len(content))
        wire = server.answer(server.stream, head, content)
        assert (wire == b"") is (status in (204, 304))
        if not wire:
            return
        taken = client.take_response(wire)
        assert taken is not None
        assert (taken[0].status, taken[1]) == (status, content)
        assert client.is_ready
