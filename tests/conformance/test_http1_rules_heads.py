"""Lines, fields, targets and hosts of requests, row by row through the real way.

The second column of every row is the section of RFC 9112 unless RFC 9110 or RFC 3986 is named.
"""

import pytest

from tests.kit.wire_messages import message
from tests.kit.wire_rules import (
    GOT_OK,
    HalfClose,
    Rule,
    get,
    hold,
    params,
    passed,
    refused,
)


def saw(*lines: str, start: str = "GET / HTTP/1.1"):
    """What the backend sees of a request without a body."""
    return message(start, "Host: shop.test", *lines)


def asked(name: str, section: str, line: bytes, target: str, method: str = "GET", **row) -> Rule:
    """A request line that reaches the backend with `target`."""
    return passed(name, section, get(start=line), saw(start=f"{method} {target} HTTP/1.1"), **row)


def hosted(host: bytes, start: bytes = b"GET / HTTP/1.1") -> bytes:
    """A request with a Host of its own."""
    return start + b"\r\nHost: " + host + b"\r\n\r\n"


LINES = [
    passed("crlf", "2.2", get(), saw()),
    refused("bare-lf", "2.2", b"GET / HTTP/1.1\nHost: shop.test\n\n"),
    refused("bare-lf-in-a-value", "2.2", get(b"X-A: 1\nX-B: 2")),
    refused("bare-lf-at-the-end", "2.2", b"GET / HTTP/1.1\r\nHost: shop.test\r\n\n"),
    refused("bare-cr-in-a-value", "2.2", get(b"X-A: 1\rX-B: 2")),
    refused("bare-cr-before-a-name", "2.2", get(b"\rX-A: 1")),
    refused("bare-cr-behind-a-value", "2.2", get(b"X-A: 1\r")),
    refused("bare-cr-in-the-request-line", "2.2", get(start=b"GET /\r HTTP/1.1")),
    refused("line-before-the-first", "2.2", b"\r\n" + get()),
    refused("lines-before-the-first", "2.2", b"\r\n\r\n" + get()),
    passed("line-between", "2.2", get() + b"\r\n" + get(), saw(), saw()),
    Rule("lines-between", "2.2", get() + b"\r\n\r\n" + get(), (GOT_OK, *refused("", "", b"").gets), sees=(saw(),)),
    refused("blank-before-the-request-line", "2.2", b" " + get()),
    refused("blank-before-the-first-field", "2.2", b"GET / HTTP/1.1\r\n Host: shop.test\r\n\r\n"),
    refused("no-http", "2.2", b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n"),
    Rule("head-cut-off", "8", (get()[:-2], HalfClose()), ()),
    Rule("line-cut-off", "8", (b"GET / HT", HalfClose()), ()),
    Rule("nothing", "8", (b"", HalfClose()), ()),
]  # fmt: skip

REQUEST_LINES = [
    asked("method-own", "3.1", b"FOO!#$% / HTTP/1.1", "/", "FOO!#$%"),
    asked("method-in-small-letters", "9110 9.1", b"get / HTTP/1.1", "/", "get"),
    refused("method-empty", "3.1", get(start=b" / HTTP/1.1")),
    refused("method-no-token", "3.1", get(start=b"G(T / HTTP/1.1")),
    refused("method-with-a-tab", "3.1", get(start=b"GE\tT / HTTP/1.1")),
    refused("method-not-ascii", "3.1", get(start=b"G\xc9T / HTTP/1.1")),
    refused("two-blanks-before", "3", get(start=b"GET  / HTTP/1.1")),
    refused("two-blanks-behind", "3", get(start=b"GET /  HTTP/1.1")),
    refused("blank-at-the-end", "3", get(start=b"GET / HTTP/1.1 ")),
    refused("tab-between", "3", get(start=b"GET\t/\tHTTP/1.1")),
    refused("no-version", "3", b"GET /\r\n\r\n"),
    refused("version-empty", "2.3", get(start=b"GET / ")),
    refused("version-in-small-letters", "2.3", get(start=b"GET / http/1.1")),
    refused("version-with-zeros", "2.3", get(start=b"GET / HTTP/01.1")),
    refused("version-of-two-digits", "2.3", get(start=b"GET / HTTP/1.10")),
    refused("version-of-others", "2.3", get(start=b"GET / HTCPCP/1.0")),
    refused("version-0.9", "9110 15.6.6", get(start=b"GET / HTTP/0.9"), 505),
    refused("version-2.0", "9110 15.6.6", get(start=b"PRI * HTTP/2.0"), 505),
    passed("version-1.2", "9110 2.5", get(start=b"GET / HTTP/1.2"), saw(start="GET / HTTP/1.1")),
]  # fmt: skip

TARGETS = [
    asked("origin-form", "3.2.1", b"GET /a/b?c=d HTTP/1.1", "/a/b?c=d"),
    asked("query-empty", "3.2.1", b"GET /? HTTP/1.1", "/?"),
    asked("query-is-as-sent", "3.2.1", b"GET /?a=%2f&b=..// HTTP/1.1", "/?a=%2f&b=..//"),
    asked("what-no-uri-has-is-encoded", "3.2.1", b"GET /?a=%zz|b HTTP/1.1", "/?a=%25zz%7Cb"),
    asked("parameters", "3.2.1", b"GET /a;b=c/d HTTP/1.1", "/a;b=c/d"),
    asked("absolute-form", "3.2.2", b"GET http://shop.test/a?b HTTP/1.1", "/a?b"),
    passed("absolute-form-in-capitals", "3.2.2", get(start=b"GET HTTP://SHOP.Test/A HTTP/1.1"), message("GET /A HTTP/1.1", "Host: SHOP.Test")),
    passed("absolute-form-replaces-host", "3.2.2", get(start=b"GET http://shop.test:80/ HTTP/1.1"), message("GET / HTTP/1.1", "Host: shop.test:80")),
    asked("absolute-form-without-path", "3.2.2", b"GET http://shop.test HTTP/1.1", "/"),
    asked("absolute-form-with-query", "3.2.2", b"GET http://shop.test?a HTTP/1.1", "/?a"),
    asked("asterisk", "3.2.4", b"OPTIONS * HTTP/1.1", "*", "OPTIONS"),
    asked("asterisk-in-absolute-form", "3.2.4", b"OPTIONS http://shop.test HTTP/1.1", "*", "OPTIONS"),
    asked("options-of-the-root", "3.2.4", b"OPTIONS http://shop.test/ HTTP/1.1", "/", "OPTIONS"),
    refused("asterisk-of-get", "3.2.4", get(start=b"GET * HTTP/1.1")),
    refused("authority-of-get", "3.2.3", get(start=b"GET shop.test:80 HTTP/1.1")),
    refused("relative", "3.2", get(start=b"GET a/b HTTP/1.1")),
    refused("relative-up", "3.2", get(start=b"GET ../b HTTP/1.1")),
    refused("only-a-query", "3.2", get(start=b"GET ?a HTTP/1.1")),
    refused("target-empty", "3.2", get(start=b"GET  HTTP/1.1")),
    refused("scheme-unknown", "3.2.2", get(start=b"GET ftp://shop.test/ HTTP/1.1")),
    refused("scheme-alone", "3.2.2", get(start=b"GET http: HTTP/1.1")),
    refused("authority-empty", "9110 4.2.1", get(start=b"GET http:///a HTTP/1.1")),
    refused("userinfo", "9110 4.2.4", get(start=b"GET http://shop.test@evil.test/ HTTP/1.1")),
    refused("fragment", "3.2.1", get(start=b"GET /a#b HTTP/1.1")),
    refused("fragment-in-the-query", "3.2.1", get(start=b"GET /a?b#c HTTP/1.1")),
    refused("blank-in-the-target", "3.2", get(start=b"GET /a b HTTP/1.1")),
    refused("tab-in-the-target", "3.2", get(start=b"GET /a\tb HTTP/1.1")),
    refused("nul-in-the-target", "3.2", get(start=b"GET /a\x00b HTTP/1.1")),
    refused("del-in-the-target", "3.2", get(start=b"GET /a\x7fb HTTP/1.1")),
    refused("target-not-ascii", "3.2", get(start=b"GET /\xc3\xa9 HTTP/1.1")),
    refused("connect", "9110 9.3.6", b"CONNECT shop.test:443 HTTP/1.1\r\nHost: shop.test:443\r\n\r\n", 501),
    refused("connect-without-a-port", "3.2.3", get(start=b"CONNECT shop.test HTTP/1.1")),
    refused("connect-to-a-path", "3.2.3", get(start=b"CONNECT / HTTP/1.1")),
    asked("target-of-8-kib", "3", b"GET /" + b"a" * 8191 + b" HTTP/1.1", "/" + "a" * 8191),
    refused("target-over-8-kib", "3", get(start=b"GET /" + b"a" * 8192 + b" HTTP/1.1"), 414),
    refused("target-without-end", "3", (b"GET /" + b"a" * 9000,), 414),
]  # fmt: skip

PATHS = [
    asked("dots", "RFC 3986 6.2.2.3", b"GET /a/./b/../c HTTP/1.1", "/a/c"),
    asked("dots-encoded", "RFC 3986 6.2.2.2", b"GET /a/%2e/b/%2E%2e/c HTTP/1.1", "/a/c"),
    asked("letters-encoded", "RFC 3986 6.2.2.2", b"GET /%61%7Eb HTTP/1.1", "/a~b"),
    asked("hex-in-capitals", "RFC 3986 6.2.2.1", b"GET /%c3%a9 HTTP/1.1", "/%C3%A9"),
    asked("slashes", "RFC 3986 6.2.2", b"GET //a///b HTTP/1.1", "/a/b"),
    refused("above-the-root", "RFC 3986 5.2.4", get(start=b"GET /a/../../b HTTP/1.1")),
    refused("slash-encoded", "RFC 3986 2.2", get(start=b"GET /a%2fb HTTP/1.1")),
    refused("backslash", "RFC 3986 3.3", get(start=b"GET /a\\b HTTP/1.1")),
    refused("backslash-encoded", "RFC 3986 3.3", get(start=b"GET /a%5cb HTTP/1.1")),
    refused("nul-encoded", "RFC 3986 7.3", get(start=b"GET /a%00b HTTP/1.1")),
    refused("hash-encoded", "RFC 3986 7.3", get(start=b"GET /a%23b HTTP/1.1")),
    refused("escape-broken", "RFC 3986 2.1", get(start=b"GET /a%zz HTTP/1.1")),
    refused("escape-cut-off", "RFC 3986 2.1", get(start=b"GET /a%2 HTTP/1.1")),
]  # fmt: skip

HOSTS = [
    passed("host-with-port", "9110 7.2", hosted(b"shop.test:8080"), message("GET / HTTP/1.1", "Host: shop.test:8080")),
    passed("host-in-capitals", "9110 4.2.3", hosted(b"SHOP.TEST"), message("GET / HTTP/1.1", "Host: SHOP.TEST")),
    passed("host-last", "9110 7.2", b"GET / HTTP/1.1\r\nX-A: 1\r\nhost:shop.test\r\n\r\n", message("GET / HTTP/1.1", "Host: shop.test", "X-A: 1")),
    refused("host-missing", "3.2", b"GET / HTTP/1.1\r\nX-A: 1\r\n\r\n"),
    refused("host-missing-in-absolute-form", "3.2", b"GET http://shop.test/ HTTP/1.1\r\n\r\n"),
    refused("host-empty", "3.2", hosted(b"")),
    refused("hosts", "3.2", get(b"Host: shop.test")),
    refused("hosts-that-differ", "3.2", get(b"host: evil.test")),
    refused("hosts-in-1.0", "3.2", get(b"Host: shop.test", start=b"GET / HTTP/1.0")),
    refused("host-list", "3.2", hosted(b"shop.test, evil.test")),
    refused("host-with-a-blank", "3.2", hosted(b"shop.test evil.test")),
    refused("host-with-a-path", "3.2", hosted(b"shop.test/a")),
    refused("host-with-a-user", "3.2", hosted(b"evil@shop.test")),
    refused("host-with-a-word-as-port", "3.2", hosted(b"shop.test:http")),
    refused("host-with-a-large-port", "3.2", hosted(b"shop.test:65536")),
    refused("host-with-two-ports", "3.2", hosted(b"shop.test:80:80")),
    refused("host-not-ascii", "3.2", hosted(b"sh\xc3\xb6p.test")),
    refused("host-with-a-broken-escape", "3.2", hosted(b"shop%zz.test")),
    refused("host-unclosed", "3.2", hosted(b"[::1")),
    refused("host-behind-a-blank", "5.1", b"GET / HTTP/1.1\r\nHost : shop.test\r\n\r\n"),
    refused("host-conflict", "3.2.2", get(start=b"GET http://evil.test/ HTTP/1.1")),
    refused("host-conflict-of-ports", "3.2.2", get(start=b"GET http://shop.test:81/ HTTP/1.1")),
    refused("host-conflict-of-schemes", "3.2.2", hosted(b"shop.test:80", b"GET https://shop.test/ HTTP/1.1")),
]  # fmt: skip

FIELDS = [
    passed("value-trimmed", "5.1", get(b"X-A: \t a b \t"), saw("X-A: a b")),
    passed("value-empty", "5.1", get(b"X-A:", b"X-B:  "), saw("X-A: ", "X-B: ")),
    passed("value-with-tab", "9110 5.5", get(b"X-A: a\tb"), saw("X-A: a\tb")),
    passed("value-not-ascii", "9110 5.5", get(b"X-A: \xc3\xa9\xff"), saw("X-A: \xc3\xa9\xff")),
    passed("value-of-20-kib", "9110 5.4", get(b"X-A: " + b"a" * 20480), saw("X-A: " + "a" * 20480)),
    passed("name-is-a-token", "9110 5.1", get(b"!#$%&'*+-.^`|~09azAZ: 1"), saw("!#$%&'*+-.^`|~09azAZ: 1")),
    passed("lines-of-one-name", "9110 5.3", get(b"X-A: 2", b"x-a: 1", b"X-A: 3"), saw("X-A: 2", "x-a: 1", "X-A: 3")),
    passed("name-with-underscore", "9110 5.1", get(b"X_A: 1", b"X-A: 2"), saw("X-A: 2")),
    passed("fields-to-the-limit", "9110 5.4", get(*[b"X-A: 1"] * 99), saw(*["X-A: 1"] * 99)),
    refused("fields-over-the-limit", "9110 5.4", get(*[b"X-A: 1"] * 100), 431),
    refused("head-over-64-kib", "9110 5.4", get(*[b"X-A: " + b"a" * 6600] * 10), 431),
    refused("head-without-end", "9110 5.4", (b"GET / HTTP/1.1\r\nX-A: " + b"a" * 70000,), 431),
    refused("fold", "5.2", get(b"X-A: a", b" b")),
    refused("fold-with-tab", "5.2", get(b"X-A: a", b"\tb")),
    refused("fold-that-hides", "5.2", get(b"X-A: a", b" Transfer-Encoding: chunked")),
    refused("fold-empty", "5.2", get(b"X-A: a", b" ")),
    refused("blank-before-the-colon", "5.1", get(b"X-A : 1")),
    refused("tab-before-the-colon", "5.1", get(b"X-A\t: 1")),
    refused("name-empty", "5.1", get(b": 1")),
    refused("no-colon", "5", get(b"X-A")),
    refused("name-with-a-blank", "9110 5.1", get(b"X A: 1")),
    refused("name-with-a-delimiter", "9110 5.1", get(b"X(A): 1")),
    refused("name-not-ascii", "9110 5.1", get(b"X\xc3\xa9: 1")),
    refused("name-with-a-nul", "9110 5.1", get(b"X\x00A: 1")),
    refused("value-with-a-nul", "9110 5.5", get(b"X-A: a\x00b")),
    refused("value-with-an-escape", "9110 5.5", get(b"X-A: \x1b[31m")),
    refused("value-with-a-vertical-tab", "9110 5.5", get(b"X-A: \x0b")),
    refused("value-with-a-del", "9110 5.5", get(b"X-A: a\x7f")),
]  # fmt: skip


@pytest.mark.parametrize("rule", params([*LINES, *REQUEST_LINES, *TARGETS, *PATHS]))
def test_a_request_line_means_one_thing_or_is_refused(rule: Rule):
    hold(rule)


@pytest.mark.parametrize("rule", params([*HOSTS, *FIELDS]))
def test_a_field_means_one_thing_or_is_refused(rule: Rule):
    hold(rule)
