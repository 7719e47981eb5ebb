"""Writes the hostile heads beside it: ``heads_hostile_requests.jsonl`` and ``…_responses.jsonl``.

A trick is a word and the bytes that make it; it is set into a head that is sound otherwise. Bytes
are written as the code points of the same number. `refused` says what must become of the head: some
tricks deceive others, and are a sound message to whoever reads them by the book.
"""

import json
from collections.abc import Iterator
from pathlib import Path

GET = "GET / HTTP/1.1"
POST = "POST / HTTP/1.1"
OK = "HTTP/1.1 200 OK"
CL = "Content-Length: 5"
TE = "Transfer-Encoding: chunked"
NEXT = "GET /admin HTTP/1.1\r\nHost: b\r\n\r\n"

Head = tuple[str, str, bool]

REFUSED_CODINGS = (
    "", "identity", "chunked, identity", "identity, chunked", "chunked, chunked", "gzip, chunked", "gzip", "chunked;q=1",
    "chunked;", "chunked,", ",chunked", "chunk ed", "chunke", "xchunked", "x-chunked", "cow", "[chunked]", '"chunked"',
    "'chunked'", "chunked\x00", "\x00chunked", "\x0bchunked", "chunked\x0b", "\x0cchunked", "\xa0chunked", "chunked\xa0",
    "\x85chunked", "chun\xe2\x84\xaaed", "chunked\r", "chunked\x1f", "chunked\x7f", "trailers", "compress, chunked",
    "chunked\tchunked", "chunked gzip", "-chunked", "chunked:", "\xef\xbb\xbfchunked", "0", "chunked\r\n\tX: 1", "\r\n chunked",
)  # fmt: skip
SOUND_CODINGS = ("chunked", "CHUNKED", "cHuNkEd", "\tchunked", "chunked \t", "  chunked  ")
REFUSED_LENGTHS = (
    "", "+5", "-5", "-0", "+0", "5,5", "5, 6", "5,", ",5", "0x5", "5e0", "5.0", "5_0", "5 5", "0 5", "5\t5", "5;", '"5"', "'5'", "5\x0b",
    "\x0b5", "5\x00", "\xa05", "\xb2", "\xef\xbc\x95", "\xd9\xa5", "NaN", "five", "0-5", "5%00", "99999999999999999999",
    "9007199254740993", "18446744073709551621", "4294967301x", "00000000000000005", "5\r", "\r\n 5", "0b101", "0o5", "\x1f5", "5\x7f",
)  # fmt: skip
SOUND_LENGTHS = ("5", "05", "\t5", "5 ", "0", "9007199254740992")
NAMES_OF_FRAMING = ("Transfer-Encoding", "Content-Length")
HOSTS = (
    "", "a b", "a,b", "a\tb", "u@a", "u:p@a", "a/b", "a?b", "a#b", "a\\b", "[::1", "::1]", "[::1]a", "a:b", "a:-1", "a:65536", "a:80:80",
    "a:99999999999", "a%zz", "a%", "\xc3\xa9", "a\x00", '"a"', "<a>", "a|b", "{a}", "a^b", "a\x7f", "http://a", "[::g]", "a:+1", "a: 80",
)  # fmt: skip
START_LINES = (
    "GET  / HTTP/1.1", "GET /  HTTP/1.1", " GET / HTTP/1.1", "\tGET / HTTP/1.1", "GET\t/ HTTP/1.1", "GET /\tHTTP/1.1", "GET / HTTP/1.1 ",
    "GET / HTTP/1.1\t", "GET /", "GET / ", "GET", "", "/ HTTP/1.1", " / HTTP/1.1", "GET HTTP/1.1", "GET  HTTP/1.1", "GET / a HTTP/1.1",
    "GET / http/1.1", "GET / Http/1.1", "GET / HTTP/1.10", "GET / HTTP/01.1", "GET / HTTP/1.01", "GET / HTTP/11", "GET / HTTP/1", "GET / HTTP/1.",
    "GET / HTTP/.1", "GET / HTTP/1.1.1", "GET / HTTP/1,1", "GET / HTTP /1.1", "GET / HTTP/ 1.1", "GET / HTTP/1.x", "GET / HTTP/2.0", "GET / HTTP/0.9",
    "GET / HTTP/3.0", "GET / HTTP/9.9", "GET / HTTP", "GET / HTTP/1.1HTTP/1.1", "GET / XHTTP/1.1", "GET / HTTPS/1.1", "GET / ICY/1.1", "GET / RTSP/1.0",
    "GET / HTTP/-1.1", "GET / HTTP/1.\xb9", "GET / HTTP/\xef\xbc\x91.1", "G(ET / HTTP/1.1", "G:ET / HTTP/1.1", "G/ET / HTTP/1.1", '"GET" / HTTP/1.1',
    "G\x00ET / HTTP/1.1", "G\xc3\x89T / HTTP/1.1", "G\x7fT / HTTP/1.1", "G@T / HTTP/1.1", "GET, / HTTP/1.1", "G=T / HTTP/1.1", "{GET} / HTTP/1.1",
    "GET a HTTP/1.1", "GET ?a HTTP/1.1", "GET a/b HTTP/1.1", "GET \\ HTTP/1.1", "GET /\xc3\xa9 HTTP/1.1", "GET /\x00 HTTP/1.1", "GET /\x01 HTTP/1.1",
    "GET /\x7f HTTP/1.1", "GET /\x0b HTTP/1.1", "GET /\x1b[31m HTTP/1.1", "GET /\xa0 HTTP/1.1", "GET * HTTP/1.1", "GET ** HTTP/1.1", "OPTIONS *? HTTP/1.1",
    "GET http:// HTTP/1.1", "GET http:/a HTTP/1.1", "GET http:a HTTP/1.1", "GET http://b/ HTTP/1.1", "GET http://u@a/ HTTP/1.1", "GET http://a@b/ HTTP/1.1",
    "GET http://a:x/ HTTP/1.1", "GET http://a:81/ HTTP/1.1", "GET http://a,b/ HTTP/1.1", "GET http://a\\@b/ HTTP/1.1", "GET ftp://a/ HTTP/1.1",
    "GET file:///etc/passwd HTTP/1.1", "GET gopher://a/ HTTP/1.1", "GET //a HTTP/1.1\rX", "GET a:80 HTTP/1.1", "GET [::1] HTTP/1.1", "GET ://a/ HTTP/1.1",
    "CONNECT / HTTP/1.1", "CONNECT a HTTP/1.1", "CONNECT a: HTTP/1.1", "CONNECT u@a:1 HTTP/1.1", "CONNECT http://a/ HTTP/1.1", "CONNECT b:1 HTTP/1.1",
    "CONNECT /a:1 HTTP/1.1", "CONNECT * HTTP/1.1", "CONNECT a:65536 HTTP/1.1", "PRI * HTTP/2.0", "\x16\x03\x01\x02\x00\x01", "SSH-2.0-OpenSSH_9.6",
    "PROXY TCP4 192.0.2.1 192.0.2.2 1 80", "\xef\xbb\xbfGET / HTTP/1.1", "\x00GET / HTTP/1.1", "HTTP/1.1 200 OK", "EHLO a", "GET / HTTP/1.1\x00",
    "GET / HTTP/1.1\x0b", "G" * 8400 + " / HTTP/1.1", "GET /" + "a" * 8200 + " HTTP/1.1", "GET / HTTP/1.1" + " " * 8300,
)  # fmt: skip
SOUND_STARTS = (
    "GET //a HTTP/1.1", "GET /a//../%2e%2e/ HTTP/1.1", "GET /a#b HTTP/1.1", "GET /\\..\\ HTTP/1.1", "GET /%00 HTTP/1.1", "GET /%0d%0aX:1 HTTP/1.1",
    "GET /http://b/ HTTP/1.1", "GET /;/../admin HTTP/1.1", "GET /%zz HTTP/1.1", "GET /*.js HTTP/1.1", "GET /@b HTTP/1.1", "GET /?HTTP/1.1 HTTP/1.1",
    "connect / HTTP/1.1", "Get / HTTP/1.1", "GETT / HTTP/1.1", "GET http://a/ HTTP/1.1", "GET http://A:80/ HTTP/1.1", "GET HTTP://a HTTP/1.1", "OPTIONS * HTTP/1.1",
    "GET / HTTP/1.2", "GET / HTTP/1.9", "$ / HTTP/1.1", "GET /' HTTP/1.1", "GET /\"<script> HTTP/1.1", "GET /${jndi:ldap://b/x} HTTP/1.1", "PATCH /. HTTP/1.1",
)  # fmt: skip
LINES = (
    "X", ":", ": x", " : x", "X : 1", "X\t: 1", "\tX: 1", "X Y: 1", "X\r: 1", "X\n: 1", "X: a\rY: 1", "X: a\nY: 1", "X: a\r\rY: 1", "X: a\n\rY: 1",
    "X: a\r\n Y: 1", "X: a\r\n\tY: 1", "X: a\r\n ", "X: a\r\n\t", " \r\nX: 1", "X: a\n\nGET /admin HTTP/1.1", "X: a\r\r\nY: 1", "X\x00: 1", "\x00: 1",
    "GET /admin HTTP/1.1", "HTTP/1.1 200 OK", "X: 1\n", "X: 1\r", "X\xe9: 1", "\xef\xbb\xbfX: 1", "X: 1\x0b\x0cY: 2", "{}: 1", "X: a\n Y: 1", "=X: 1", "\x7f: 1",
)  # fmt: skip
SOUND_LINES = (
    "X: : 1", "X:: 1", "X: GET /admin HTTP/1.1", "X:\t\t", "X: \xe2\x80\xa8Y: 1", "X: \x85Y: 1", "X: \xc4\x8d\xc4\x8aY: 1", "X: %0d%0aY: 1", "X: \\r\\nY: 1", "-: 1",
    "Connection: Host", "Connection: Content-Length", "Connection: close, X-Forwarded-For", "Connection: Transfer-Encoding", "Connection: \xff, ;,=",
    "Upgrade: h2c", "Upgrade: websocket", "HTTP2-Settings: !", "Trailer: Content-Length", "TE: chunked", "X-HTTP-Method-Override: DELETE", "X-Original-URL: /admin",
    "X_Under: 1", "Content_Length: 5", "Transfer_Encoding: chunked", "Ho_st: b", "Content-Length-X: 5", "XContent-Length: 5", "Transfer-Encodin: chunked", "Content-Encoding: chunked",
    "Keep-Alive: timeout=99999", "Cookie: a=\x80\xff", "Range: bytes=" + "0-," * 300, "X-Forwarded-Host: b", "Via: 1.1 a\t", "Expect: 100-continue", "Expect: 100-CONTINUE",
)  # fmt: skip
SOLE_SEPARATORS = '"(),/;<=>?@[\\]{}'
EXPECTATIONS = (
    "x",
    "100-continue, x",
    "100-continue;q=1",
    '"100-continue"',
    "100_continue",
    "200-ok",
    "100-continue\x0b",
    "",
    ",",
    "\xa0100-continue",
)
STATUS_LINES = (
    "HTTP/1.1", "HTTP/1.1 ", "HTTP/1.1 OK", "HTTP/1.1 20 OK", "HTTP/1.1 2000 OK", "HTTP/1.1 2OO OK", "HTTP/1.1  200 OK", "HTTP/1.1\t200 OK", "HTTP/1.1 200OK",
    "HTTP/1.1 200\tOK", " HTTP/1.1 200 OK", "\tHTTP/1.1 200 OK", "http/1.1 200 OK", "HTTP/1.10 200 OK", "HTTP/01.1 200 OK", "HTTP/2 200", "HTTP/2.0 200 OK", "HTTP/0.9 200 OK",
    "HTTP/1.1 099 x", "HTTP/1.1 000 x", "HTTP/1.1 -20 x", "HTTP/1.1 +20 x", "HTTP/1.1 0x2 x", "HTTP/1.1 \xb2\xb2\xb2 x", "HTTP/1.1 200 a\x00b", "HTTP/1.1 200 a\x01b", "HTTP/1.1 200 a\x0bb",
    "HTTP/1.1 200 a\x7fb", "HTTP/1.1 200 a\rb", "HTTP/1.1 200 a\nb", "HTTP/1.1 200 OK\r\n folded", "ICY 200 OK", "HTTPS/1.1 200 OK", "GET / HTTP/1.1", "200 OK", "", "\xef\xbb\xbfHTTP/1.1 200 OK",
    "HTTP/1.1 101 Switching", "HTTP/1.x 200 OK", "HTTP/1.1, 200 OK", "XHTTP/1.1 200 OK", "HTTP /1.1 200 OK", "HTTP/1.1 200.1 OK", "HTTP/1.1 2 00 OK",
)  # fmt: skip
SOUND_STATUS_LINES = (
    "HTTP/1.1 200", "HTTP/1.1 200 ", "HTTP/1.1 200  OK", "HTTP/1.1 200 \t", "HTTP/1.1 200 \xff", "HTTP/1.1 200 HTTP/1.1 404", "HTTP/1.1 999 x", "HTTP/1.1 600", "HTTP/1.2 200 OK",
    "HTTP/1.9 200 OK", "HTTP/1.1 404 X: 1", "HTTP/1.1 299 " + "b" * 300, "HTTP/1.1 200 Content-Length: 5", "HTTP/1.0 200 OK",
)  # fmt: skip


def head(start: str, *lines: str) -> str:
    """A head of those lines."""
    return "\r\n".join([start, *lines, "", ""])


def framings(start: str) -> Iterator[Head]:
    """Tricks that hide a body, or find one where there is none."""
    host = "Host: a"
    yield from [
        (f"coding {value!r}", head(start, host, f"Transfer-Encoding: {value}"), True)
        for value in REFUSED_CODINGS
    ]
    yield from [
        (
            f"coding {value!r} behind a length",
            head(start, host, CL, f"Transfer-Encoding: {value}"),
            True,
        )
        for value in REFUSED_CODINGS
    ]
    yield from [
        (f"coding {value!r}", head(start, host, f"Transfer-Encoding: {value}"), False)
        for value in SOUND_CODINGS
    ]
    yield from [
        (f"length {value!r}", head(start, host, f"Content-Length: {value}"), True)
        for value in REFUSED_LENGTHS
    ]
    yield from [
        (f"length {value!r}", head(start, host, f"Content-Length: {value}"), False)
        for value in SOUND_LENGTHS
    ]
    for one, other in [
        (CL, TE), (TE, CL), (CL, CL), (CL, "content-length: 6"), (TE, TE), (TE, "transfer-encoding: identity"), ("Transfer-Encoding: x", TE), ("Transfer-Encoding:", TE),
        (CL, "Content-Length: 05"), ("Content-Length: 0", TE), ("CONTENT-LENGTH: 5", "Content-length: 5"), ("Content-Length:", CL), (CL, "Content-Length:"), (TE, "Transfer-Encoding:"),
    ]:  # fmt: skip
        yield f"{one} and {other}", head(start, host, one, "X: 1", other), True
    for name in NAMES_OF_FRAMING:
        value = "chunked" if name.startswith("T") else "5"
        for what, written in [
            ("a blank behind", name + " "), ("a tab behind", name + "\t"), ("a NUL behind", name + "\x00"), ("a blank before", " " + name), ("a NUL before", "\x00" + name),
            ("a vertical tab within", name.replace("-", "\x0b")), ("a soft hyphen within", name.replace("-", "\xad")), ("a quote around", f'"{name}"'), ("an eighth bit", name.replace("n", "\xee", 1)),
            ("a CR before", "X: y\r" + name), ("a LF before", "X: y\n" + name), ("a fold before", "X: y\r\n " + name), ("a backspace behind", name + "\x08"), ("no colon", name + " =")
        ]:  # fmt: skip
            yield f"{name} with {what}", head(start, host, f"{written}: {value}"), True
    yield "a coding of HTTP/1.0", head(start.replace("1.1", "1.0"), host, TE), True
    yield (
        "a coding and a length of HTTP/1.0",
        head(start.replace("1.1", "1.0"), host, CL, TE, "Connection: keep-alive"),
        True,
    )


def lines(start: str) -> Iterator[Head]:
    """Lines that are two, or none, or end where nobody expects it."""
    yield from [(f"line {line!r}", head(start, "Host: a", line, "Z: 1"), True) for line in LINES]
    yield from [(f"line {line!r} first", head(start, line, "Host: a"), True) for line in LINES]
    yield from [
        (f"line {line!r}", head(start, "Host: a", line, "Z: 1"), False) for line in SOUND_LINES
    ]
    yield from [
        (f"name with {mark!r}", head(start, "Host: a", f"X{mark}Y: 1"), True)
        for mark in SOLE_SEPARATORS
    ]
    for code in (*range(0x09), *range(0x0A, 0x20), 0x7F):
        yield f"value with {chr(code)!r}", head(start, "Host: a", f"X: a{chr(code)}b"), True
        yield f"name with {chr(code)!r}", head(start, "Host: a", f"X{chr(code)}: b"), True
    yield "bare LF everywhere", head(start, "Host: a", "X: 1").replace("\r\n", "\n"), True
    yield "bare CR everywhere", head(start, "Host: a", "X: 1").replace("\r\n", "\r"), True
    yield "bare LF behind the start line", head(start, "Host: a").replace("\r\n", "\n", 1), True
    yield "bare LF at the end", head(start, "Host: a")[:-4] + "\r\n\n", True
    yield "LF CR at the end", head(start, "Host: a")[:-4] + "\n\r\n\r", True
    yield "a blank in the empty line", head(start, "Host: a", "X: 1")[:-2] + " \r\n\r\n", True
    yield "an empty line first, and another", "\r\n\r\n" + head(start, "Host: a"), True
    yield "a line of LF first", "\n" + head(start, "Host: a"), True
    yield "a line of blanks first", " \r\n" + head(start, "Host: a"), True
    yield (
        "too many fields",
        head(start, "Host: a", *[f"X{number}: 1" for number in range(100)]),
        True,
    )


def requests() -> Iterator[Head]:
    """Heads of requests."""
    yield from framings(POST)
    yield from lines(GET)
    yield from [(f"start {start[:40]!r}", head(start, "Host: a"), True) for start in START_LINES]
    yield from [(f"start {start!r}", head(start, "Host: a"), False) for start in SOUND_STARTS]
    yield from [(f"Host {host!r}", head(GET, f"Host: {host}"), True) for host in HOSTS]
    for what, fields in [
        ("missing", ["X: 1"]), ("twice", ["Host: a", "Host: a"]), ("twice and different", ["Host: a", "host: b"]), ("with a blank behind", ["Host : a"]), ("behind a fold", ["X: 1", " Host: a"]),
        ("folded", ["Host:", " a"]), ("empty and another", ["Host:", "Host: a"]), ("hidden by a CR", ["X: 1\rHost: a"]), ("three times", ["Host: a", "X: 1", "HOST: a", "host: a"]), ("with a NUL", ["Host\x00: a"]),
    ]:  # fmt: skip
        yield f"Host {what}", head(GET, *fields), True
    yield from [
        (f"expectation {value!r}", head(POST, "Host: a", f"Expect: {value}", CL), True)
        for value in EXPECTATIONS
    ]
    yield (
        "another expectation behind",
        head(POST, "Host: a", "Expect: 100-continue", "Expect: x", CL),
        True,
    )
    yield (
        "two expectations alike",
        head(POST, "Host: a", "Expect: 100-continue", "expect: 100-continue", CL),
        False,
    )
    yield (
        "an expectation of HTTP/1.0",
        head("POST / HTTP/1.0", "Host: a", "Expect: 100-continue", CL),
        False,
    )
    yield "a request behind one without a body", head(GET, "Host: a") + NEXT, False
    yield (
        "a request behind a length of nothing",
        head(POST, "Host: a", "Content-Length: 0") + NEXT,
        False,
    )
    yield "a request in a body", head(POST, "Host: a", f"Content-Length: {len(NEXT)}") + NEXT, False
    yield "a request behind the last chunk", head(POST, "Host: a", TE) + "0\r\n\r\n" + NEXT, False
    yield (
        "a body that looks like a head",
        head(GET, "Host: a", "Content-Length: 4") + "\r\n\r\n",
        False,
    )
    yield "no field at all", head(GET), True
    yield "HTTP/0.9", "GET /\r\n\r\n", True


def responses() -> Iterator[Head]:
    """Heads of responses to GET."""
    yield from framings(OK)
    yield from lines(OK)
    yield from [(f"start {start[:40]!r}", head(start, "X: 1"), True) for start in STATUS_LINES]
    yield from [
        (f"start {start[:40]!r}", head(start, "X: 1"), False) for start in SOUND_STATUS_LINES
    ]
    yield (
        "a second head behind one without a body",
        head("HTTP/1.1 204 x", "X: 1") + head(OK, CL),
        False,
    )
    yield (
        "a second head behind a length of nothing",
        head(OK, "Content-Length: 0") + head(OK, CL),
        False,
    )
    yield "a head in a body", head(OK, "Content-Length: 9") + head(OK, CL), False
    yield "chunks in 204", head("HTTP/1.1 204 x", TE) + "5\r\n", False
    yield "chunks in 304", head("HTTP/1.1 304 x", TE) + "5\r\n", False
    yield "a length in 304 and a body", head("HTTP/1.1 304 x", CL) + "hello", False
    yield "interim with a length", head("HTTP/1.1 103 x", CL) + head(OK, CL), False


def write(name: str, heads: Iterator[Head]) -> None:
    """Write heads as lines of JSON."""
    rows = [{"what": what, "refused": refused, "head": head} for what, head, refused in heads]
    text = "".join([json.dumps(row) + "\n" for row in rows])
    Path(__file__).with_name(name).write_text(text, encoding="ascii")


if __name__ == "__main__":
    write("heads_hostile_requests.jsonl", requests())
    write("heads_hostile_responses.jsonl", responses())
