"""What belongs to one connection: its fields, its end, versions, pipelining, expectations.

The second column of every row is the section of RFC 9112 unless RFC 9110 is named.
"""

import pytest

from tests.kit.answers import settle
from tests.kit.plane import ask, run, running_backend, running_plane
from tests.kit.wire_messages import message
from tests.kit.wire_rules import (
    GOT_LAST,
    GOT_OK,
    OK,
    Answer,
    HalfClose,
    Rule,
    Wait,
    get,
    hold,
    ok,
    params,
    passed,
    post,
    refused,
)

SEEN = message("GET / HTTP/1.1", "Host: shop.test")


def saw(*lines: str, start: str = "GET / HTTP/1.1"):
    """What the backend sees of a request without a body."""
    return message(start, "Host: shop.test", *lines)


def last(name: str, section: str, sends: bytes, *sees, **row) -> Rule:
    """Requests of which the last one ends the connection."""
    gets = (*[GOT_OK for _ in sees[1:]], GOT_LAST)
    return passed(name, section, sends, *sees, gets=gets, is_kept=False, **row)


ONE_HOP = [
    passed("nominated", "9110 7.6.1", get(b"Connection: X-A, x-b", b"X-A: 1", b"x-a: 2", b"X-B: 3", b"X-C: 4"), saw("X-C: 4")),
    passed("nominated-on-two-lines", "9110 7.6.1", get(b"Connection: X-A", b"Connection: X-B", b"X-A: 1", b"X-B: 2"), saw()),
    passed("nominated-in-capitals", "9110 7.6.1", get(b"CONNECTION: ,X-a ,", b"x-A: 1"), saw()),
    passed("nominated-but-absent", "9110 7.6.1", get(b"Connection: X-A", b"X-B: 1"), saw("X-B: 1")),
    passed("nominated-host", "9110 7.6.1", get(b"Connection: Host"), saw()),
    passed("nominated-length", "9110 7.6.1", post(b"Connection: Content-Length", b"Content-Length: 2", body=b"hi"), message("POST /p HTTP/1.1", "Host: shop.test", "Content-Length: 2", body=b"hi")),
    passed("nominated-by-no-right", "9110 7.6.1", get(b"Connection: Cookie, Authorization, Cache-Control", b"Cookie: a=b", b"Authorization: c", b"Cache-Control: d"), saw("Cookie: a=b", "Authorization: c", "Cache-Control: d")),
    passed("nominated-address", "9110 7.6.1", get(b"Connection: X-Forwarded-For, X-Real-Ip", b"X-Forwarded-For: 192.0.2.1", b"X-Real-Ip: 192.0.2.2"), saw("X-Forwarded-For: 192.0.2.1", "X-Real-Ip: 192.0.2.2")),
    passed("keep-alive", "9110 7.6.1", get(b"Keep-Alive: timeout=5", b"Proxy-Connection: keep-alive"), saw()),
    passed("proxy-credentials", "9110 11.7.2", get(b"Proxy-Authorization: Basic eA==", b"Proxy-Authenticate: Basic"), saw()),
    passed("coding-wishes", "9110 10.1.4", get(b"TE: gzip, trailers;q=0.5", b"Connection: TE"), saw()),
    passed("trailers-wanted", "9110 10.1.4", get(b"TE: trailers", b"Connection: TE"), saw("TE: trailers", "Connection: TE")),
    passed("upgrade-to-h2c", "9110 7.8", get(b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA"), saw()),
    passed("upgrade-not-nominated", "9110 7.8", get(b"Upgrade: websocket"), saw()),
    passed("via-of-others", "9110 7.6.3", get(b"Via: 1.0 other"), saw("Via: 1.0 other")),
    passed("forwards-left", "9110 7.6.2", get(b"Max-Forwards: 3", start=b"OPTIONS /a HTTP/1.1"), saw("Max-Forwards: 2", start="OPTIONS /a HTTP/1.1")),
    passed("forwards-left-of-trace", "9110 7.6.2", get(b"Max-Forwards: 1", start=b"TRACE /a HTTP/1.1"), saw("Max-Forwards: 0", start="TRACE /a HTTP/1.1")),
    passed("forwards-of-get", "9110 7.6.2", get(b"Max-Forwards: 3"), saw("Max-Forwards: 3")),
]  # fmt: skip

PERSISTENCE = [
    passed("kept", "9.3", get() + get(), SEEN, SEEN),
    passed("kept-if-asked", "9.3", get(b"Connection: keep-alive"), SEEN),
    last("close", "9.6", get(b"Connection: close"), SEEN),
    last("close-in-capitals", "9.6", get(b"Connection: Close"), SEEN),
    last("close-in-a-list", "9.6", get(b"Connection: keep-alive, close"), SEEN),
    last("close-on-a-second-line", "9.6", get(b"Connection: keep-alive", b"Connection: close"), SEEN),
    last("close-behind-one", "9.6", get() + get(b"Connection: close"), SEEN, SEEN),
    last("close-with-a-body", "9.6", post(b"Connection: close", b"Content-Length: 2", body=b"hi"), message("POST /p HTTP/1.1", "Host: shop.test", "Content-Length: 2", body=b"hi")),
    Rule("refusal-ends-it", "9.3", get() + b"GET /\r\n\r\n", (GOT_OK, *refused("", "", b"").gets), sees=(SEEN,)),
    Rule("half-closed", "9.6", (get() + get(), HalfClose()), (GOT_OK, GOT_OK), sees=(SEEN, SEEN), answers=(OK, OK)),
    Rule("half-closed-in-the-next", "9.6", (get() + get()[:-2], HalfClose()), (GOT_OK,), sees=(SEEN,)),
]  # fmt: skip

OLD = b"GET / HTTP/1.0"
OLD_OK = message("HTTP/1.0 200 OK", "Content-Length: 2", body=b"ok")
OLD_KEPT = message("HTTP/1.0 200 OK", "Content-Length: 2", "Connection: keep-alive", body=b"ok")


def old(
    name: str, section: str, answer: bytes, *gets, sends: bytes = get(start=OLD), **row
) -> Rule:
    """What a client that speaks HTTP/1.0 gets of an answer."""
    row.setdefault("answers", (Answer(answer),))
    return Rule(name, section, sends, gets, sees=(SEEN,), **row)


OLD_CLIENTS = [
    old("old", "9110 2.5", OK.wire, OLD_OK),
    old("old-and-kept", "9.3", OK.wire, OLD_KEPT, sends=get(b"Connection: Keep-Alive", start=OLD), is_kept=True),
    old("old-and-closed", "9.3", OK.wire, OLD_OK, sends=get(b"Connection: keep-alive, close", start=OLD)),
    Rule("old-without-host", "3.2", b"GET / HTTP/1.0\r\n\r\n", (message("HTTP/1.0 500 Internal Server Error", "Content-Length: 0"),)),
    Rule("old-in-absolute-form", "3.2.2", b"GET http://shop.test/ HTTP/1.0\r\n\r\n", (OLD_OK,), sees=(SEEN,)),
    old("old-gets-no-chunks", "6.1", ok(b"Transfer-Encoding: chunked", body=b"2\r\nok\r\n0\r\nX-T: 1\r\n\r\n"), message("HTTP/1.0 200 OK", body=b"ok")),
    old("old-and-kept-gets-no-chunks", "6.1", ok(b"Transfer-Encoding: chunked", body=b"2\r\nok\r\n0\r\n\r\n"), message("HTTP/1.0 200 OK", body=b"ok"), sends=get(b"Connection: keep-alive", start=OLD)),
    old("old-gets-no-interims", "9110 15.2", ok(start=b"HTTP/1.1 103 Early Hints") + OK.wire, OLD_OK),
    passed("old-with-a-body", "6.3", get(b"Content-Length: 2", start=b"POST /p HTTP/1.0", body=b"hi"), message("POST /p HTTP/1.1", "Host: shop.test", "Content-Length: 2", body=b"hi"), gets=(OLD_OK,), is_kept=False),
    passed("old-that-expects", "9110 10.1.1", get(b"Expect: 100-continue", b"Content-Length: 2", start=b"POST /p HTTP/1.0", body=b"hi"), message("POST /p HTTP/1.1", "Host: shop.test", "Content-Length: 2", body=b"hi"), gets=(OLD_OK,), is_kept=False),
]  # fmt: skip

NUMBERS = [Answer(ok(b"Content-Length: 1", body=b"%d" % number)) for number in range(5)]
IN_ORDER = tuple(
    [message("HTTP/1.1 200 OK", "Content-Length: 1", body=b"%d" % number) for number in range(5)]
)
PIPELINING = [
    passed("pipelined", "9.3.2", get() * 5, *[SEEN] * 5, gets=IN_ORDER, answers=tuple(NUMBERS)),
    passed("pipelined-with-bodies", "9.3.2", post(b"Content-Length: 2", body=b"hi") * 5, *[message("POST /p HTTP/1.1", "Host: shop.test", "Content-Length: 2", body=b"hi")] * 5, gets=IN_ORDER, answers=tuple(NUMBERS)),
    passed("pipelined-heads", "9.3.2", get(start=b"HEAD / HTTP/1.1") + get(), saw(start="HEAD / HTTP/1.1"), SEEN, gets=(message("HTTP/1.1 200 OK", "Content-Length: 2"), GOT_OK), answers=(Answer(ok(b"Content-Length: 2")), OK)),
]  # fmt: skip

EXPECT = post(b"Expect: 100-continue", b"Content-Length: 2")
CONTINUE = message("HTTP/1.1 100 Continue")
POSTED = message("POST /p HTTP/1.1", "Host: shop.test", "Content-Length: 2", body=b"hi")
EXPECTATIONS = [
    passed("continue", "9110 10.1.1", (EXPECT, Wait(b"100 Continue\r\n\r\n"), b"hi"), POSTED, gets=(CONTINUE, GOT_OK)),
    passed("continue-in-capitals", "9110 10.1.1", (post(b"expect: 100-CONTINUE", b"Content-Length: 2"), Wait(b"100 Continue\r\n\r\n"), b"hi"), POSTED, gets=(CONTINUE, GOT_OK)),
    passed("continue-with-chunks", "9110 10.1.1", (post(b"Expect: 100-continue", b"Transfer-Encoding: chunked"), Wait(b"100 Continue\r\n\r\n"), b"2\r\nhi\r\n0\r\n\r\n"), message("POST /p HTTP/1.1", "Host: shop.test", "Transfer-Encoding: chunked", body=b"hi"), gets=(CONTINUE, GOT_OK)),
    passed("continue-once", "9110 10.1.1", (EXPECT, Wait(b"100 Continue\r\n\r\n"), b"hi"), POSTED, gets=(CONTINUE, GOT_OK), answers=(Answer(ok(start=b"HTTP/1.1 100 Continue") + OK.wire),)),
    passed("continue-and-hints", "9110 15.2", (EXPECT, Wait(b"100 Continue\r\n\r\n"), b"hi"), POSTED, gets=(CONTINUE, message("HTTP/1.1 103 Early Hints", "Link: </a>"), GOT_OK), answers=(Answer(ok(b"Link: </a>", start=b"HTTP/1.1 103 Early Hints") + OK.wire),)),
    passed("continue-twice", "9110 10.1.1", (EXPECT, Wait(b"100 Continue\r\n\r\n"), b"hi" + EXPECT, Wait(b"ok" + CONTINUE.start.encode() + b"\r\n\r\n"), b"hi"), POSTED, POSTED, gets=(CONTINUE, GOT_OK, CONTINUE, GOT_OK)),
    refused("expectation-unknown", "9110 10.1.1", (post(b"Expect: 200-ok", b"Content-Length: 2"),), 417),
    refused("expectation-among-others", "9110 10.1.1", (post(b"Expect: 100-continue, x", b"Content-Length: 2"),), 417),
    refused("expectation-in-disguise", "9110 10.1.1", (post(b"Expect: y 100-continue", b"Content-Length: 2"),), 417),
    refused("expectation-of-no-body", "9110 10.1.1", (get(b"Expect: 100-continue"),), 400),
]  # fmt: skip


@pytest.mark.parametrize("rule", params([*ONE_HOP, *PERSISTENCE, *OLD_CLIENTS, *PIPELINING]))
def test_what_belongs_to_a_connection_stays_on_it(rule: Rule):
    hold(rule)


@pytest.mark.parametrize("rule", params(EXPECTATIONS))
def test_an_expectation_is_met_here(rule: Rule):
    hold(rule)


@pytest.mark.parametrize("method", [b"OPTIONS", b"TRACE"])
def test_a_request_that_may_go_no_further_ends_here(method: bytes):
    # RFC 9110 section 7.6.2: "If the received value is zero (0), the intermediary MUST NOT forward
    # the request; instead, the intermediary MUST respond as the final recipient."
    async def main() -> int:
        async with (
            running_backend() as backend,
            running_plane([("127.0.0.1", backend.port)]) as plane,
        ):
            request = get(b"Max-Forwards: 0", b"Connection: close", start=method + b" / HTTP/1.1")
            assert (await ask(plane.port, request)).startswith(b"HTTP/1.1 ")
            await settle(plane)
            return backend.connections

    assert run(main()) == 0
