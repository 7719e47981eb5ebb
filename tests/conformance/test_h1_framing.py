"""Heads of requests, row by row: what is accepted, what is refused, and with which word.

The first column of every table is the section of RFC 9112 unless another RFC is named.
"""

import pytest

from bfe_py.model import Kind, RequestHead
from bfe_py.protocol import Dialect, H1Server
from tests.kit.codec import content_of, feed_three_ways, head_of, is_whole
from tests.kit.messages import NEXT, chunked, get, line, post

# section, request, method, target, content
ACCEPTED = [
    ("3", get(), b"GET", b"/", b""),
    ("3.1", line(b"M-SEARCH /m HTTP/1.1"), b"M-SEARCH", b"/m", b""),
    ("3.1", line(b"FOO!#$% /m HTTP/1.1"), b"FOO!#$%", b"/m", b""),
    ("3.1", line(b"get / HTTP/1.1"), b"get", b"/", b""),
    ("3.2.1", line(b"GET /a%20b?c=%2F HTTP/1.1"), b"GET", b"/a%20b?c=%2F", b""),
    ("3.2.1", line(b"GET //a//b HTTP/1.1"), b"GET", b"//a//b", b""),
    ("3.2.1", line(b"GET /a;p=1?x;y HTTP/1.1"), b"GET", b"/a;p=1?x;y", b""),
    ("3.2.1", line(b"GET /? HTTP/1.1"), b"GET", b"/?", b""),
    ("3.2.1", line(b"GET /a<b>{c}|^`\\ HTTP/1.1"), b"GET", b"/a<b>{c}|^`\\", b""),
    ("3.2.1", line(b"GET //u@b.t/x HTTP/1.1"), b"GET", b"//u@b.t/x", b""),
    ("3.2.2", line(b"GET http://a.t/x HTTP/1.1"), b"GET", b"http://a.t/x", b""),
    ("3.2.2", line(b"GET HTTPS://A.T:443/x HTTP/1.1"), b"GET", b"HTTPS://A.T:443/x", b""),
    ("3.2.2", line(b"GET http://a.t HTTP/1.1"), b"GET", b"http://a.t", b""),
    ("3.2.2", line(b"GET http://a.t:80?q HTTP/1.1"), b"GET", b"http://a.t:80?q", b""),
    ("3.2.2", line(b"GET http://a.t:/ HTTP/1.1"), b"GET", b"http://a.t:/", b""),
    ("3.2.3", line(b"CONNECT a.t:443 HTTP/1.1"), b"CONNECT", b"a.t:443", b""),
    ("3.2.4", line(b"OPTIONS * HTTP/1.1"), b"OPTIONS", b"*", b""),
    ("3.2", b"GET / HTTP/1.1\r\nhOST:a.t:8080 \r\n\r\n", b"GET", b"/", b""),
    ("3.2", b"GET / HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n", b"GET", b"/", b""),
    ("3.2", b"GET / HTTP/1.1\r\nHost: a_b.t\r\n\r\n", b"GET", b"/", b""),
    ("3.2", b"GET / HTTP/1.1\r\nHost: xn--a%C3%A9!$&'()*+;=~.t\r\n\r\n", b"GET", b"/", b""),
    ("3.2", b"GET / HTTP/1.0\r\n\r\n", b"GET", b"/", b""),
    ("2.3", line(b"GET / HTTP/1.0"), b"GET", b"/", b""),
    ("9110 2.5", line(b"GET / HTTP/1.2"), b"GET", b"/", b""),
    ("5", get(b"X-Empty:", b"X-Blank:   ", b"X-Trim: \t a b \t"), b"GET", b"/", b""),
    ("5", get(b"X-Obs: \xff\xfe\xc3\xa9"), b"GET", b"/", b""),
    ("5", get(b"!#$%&'*+-.^`|~09azAZ: x"), b"GET", b"/", b""),
    ("5", get(b"X-Tab: a\tb"), b"GET", b"/", b""),
    ("6.2", post(b"Content-Length: 5", body=b"hello"), b"POST", b"/p", b"hello"),
    ("6.2", post(b"content-length:\t005 ", body=b"hello"), b"POST", b"/p", b"hello"),
    ("6.2", post(b"Content-Length: 0"), b"POST", b"/p", b""),
    ("6.3", post(), b"POST", b"/p", b""),
    ("6.3", get(b"Content-Length: 2", start=b"GET / HTTP/1.1") + b"hi", b"GET", b"/", b"hi"),
    ("6.3", get(b"Content-Length: 2", start=b"HEAD / HTTP/1.1") + b"hi", b"HEAD", b"/", b"hi"),
    ("6.3", get(b"Content-Length: 2", start=b"POST / HTTP/1.0") + b"hi", b"POST", b"/", b"hi"),
    ("6.2", post(b"Content-Length: 4", body=b"\r\n\r\n"), b"POST", b"/p", b"\r\n\r\n"),
    ("7.1", chunked(b"5\r\nhello\r\n0\r\n\r\n"), b"POST", b"/p", b"hello"),
    ("7.1", chunked(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), b"POST", b"/p", b"abcde"),
    ("7.1", chunked(b"0\r\n\r\n"), b"POST", b"/p", b""),
    ("7.1", chunked(b"0000\r\n\r\n"), b"POST", b"/p", b""),
    ("7.1", chunked(b"0000000000000005\r\nhello\r\n0\r\n\r\n"), b"POST", b"/p", b"hello"),
    (
        "7.1",
        chunked(b"A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n"),
        b"POST",
        b"/p",
        b"0123456789" * 2,
    ),
    ("7.1", chunked(b"4\r\n\r\n\r\n\r\n0\r\n\r\n"), b"POST", b"/p", b"\r\n\r\n"),
    ("7.1.1", chunked(b"5;x=1\r\nhello\r\n0;last\r\n\r\n"), b"POST", b"/p", b"hello"),
    ("7.1.1", chunked(b'5;x="a;\xe9 b"\t\r\nhello\r\n0\r\n\r\n'), b"POST", b"/p", b"hello"),
    ("7.1.2", chunked(b"5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n"), b"POST", b"/p", b"hello"),
    ("7.1.2", chunked(b"0\r\nContent-Length: 99\r\nX_A: 1\r\n\r\n"), b"POST", b"/p", b""),
    (
        "7",
        post(b"Transfer-Encoding: \tCHUNKED ", body=b"1\r\nx\r\n0\r\n\r\n"),
        b"POST",
        b"/p",
        b"x",
    ),
]


@pytest.mark.parametrize(("section", "wire", "method", "target", "content"), ACCEPTED)
def test_a_sound_request_is_read(section, wire, method, target, content):
    seen = feed_three_ways(H1Server, wire, trailing=NEXT)
    head = head_of(seen)
    assert (head.method, head.target, content_of(seen)) == (method, target, content)
    assert is_whole(seen)


BAD = Kind.BAD_REQUEST

# section, request, kind, word
REFUSED = [
    # lines
    ("2.2", b"GET / HTTP/1.1\nHost: a.t\n\n", BAD, "bare-lf"),
    ("2.2", b"GET / HTTP/1.1\r\nHost: a.t\n\r\n", BAD, "bare-lf"),
    ("2.2", b"GET / HTTP/1.1\r\nHost: a.t\r\nA: b\nX: y\r\n\r\n", BAD, "bare-lf"),
    ("2.2", b"GET / HTTP/1.1\r\nHost: a.t\r\n\n", BAD, "bare-lf"),
    ("2.2", b"\nGET / HTTP/1.1\r\nHost: a.t\r\n\r\n", BAD, "bare-lf"),
    ("2.2", get(b"X-A: 1\rX-B: 2"), BAD, "bare-cr"),
    ("2.2", get(b"\rTransfer-Encoding: chunked"), BAD, "bare-cr"),
    ("2.2", get(b"X-A: 1\r"), BAD, "bare-cr"),
    ("2.2", b"GET /\r HTTP/1.1\r\nHost: a.t\r\n\r\n", BAD, "bare-cr"),
    ("2.2", b"\r\n" + get(), BAD, "empty-line"),
    ("2.2", b"\r\n\r\n" + get(), BAD, "empty-line"),
    ("2.2", b" GET / HTTP/1.1\r\nHost: a.t\r\n\r\n", BAD, "request-line"),
    ("2.2", b"GET / HTTP/1.1\r\n Host: a.t\r\n\r\n", BAD, "obs-fold"),
    # request line
    ("3", b"GET /simple\r\n\r\n", BAD, "request-line"),
    ("3", b"GET\r\n\r\n", BAD, "request-line"),
    ("3", line(b"GET  /two HTTP/1.1"), BAD, "request-line"),
    ("3", line(b"GET /two  HTTP/1.1"), BAD, "request-line"),
    ("3", line(b"GET / HTTP/1.1 "), BAD, "request-line"),
    ("3", line(b"GET /a b HTTP/1.1"), BAD, "request-line"),
    ("3", line(b" /m HTTP/1.1"), BAD, "method"),
    ("3.1", line(b"G(T /m HTTP/1.1"), BAD, "method"),
    ("3.1", line(b"GE\tT /m HTTP/1.1"), BAD, "method"),
    ("3.1", line(b"G\xc9T /m HTTP/1.1"), BAD, "method"),
    ("3.1", line(b"GET: /m HTTP/1.1"), BAD, "method"),
    ("3.1", b"\x16\x03\x01\x02\x00\x01", BAD, "control-byte"),
    ("2.3", line(b"GET / HTTP/1"), BAD, "version"),
    ("2.3", line(b"GET / http/1.1"), BAD, "version"),
    ("2.3", line(b"GET / HTTP/01.1"), BAD, "version"),
    ("2.3", line(b"GET / HTTP/1.10"), BAD, "version"),
    ("2.3", line(b"GET / HTCPCP/1.0"), BAD, "version"),
    ("2.3", line(b"GET / "), BAD, "version"),
    ("2.3", line(b"GET / HTTP/0.9"), Kind.VERSION_UNSUPPORTED, "version-unsupported"),
    ("2.3", line(b"GET / HTTP/3.0"), Kind.VERSION_UNSUPPORTED, "version-unsupported"),
    ("2.3", b"PRI * HTTP/2.0\r\n\r\n", Kind.VERSION_UNSUPPORTED, "version-unsupported"),
    # target
    ("3.2", line(b"GET /a\tb HTTP/1.1"), BAD, "target-byte"),
    ("3.2", line(b"GET /\xc3\xa9 HTTP/1.1"), BAD, "target-byte"),
    ("3.2", line(b"GET /a\x7fb HTTP/1.1"), BAD, "control-byte"),
    ("3.2", line(b"GET /a\x00b HTTP/1.1"), BAD, "nul"),
    ("3.2", line(b"GET  HTTP/1.1"), BAD, "target-empty"),
    ("3.2.1", line(b"GET noslash HTTP/1.1"), BAD, "target-form"),
    ("3.2.1", line(b"GET ../../etc HTTP/1.1"), BAD, "target-form"),
    ("3.2.1", line(b"GET ?q=1 HTTP/1.1"), BAD, "target-form"),
    ("3.2.1", line(b"GET a.t/x HTTP/1.1"), BAD, "target-form"),
    ("3.2.2", line(b"GET http: HTTP/1.1"), BAD, "target-form"),
    ("3.2.2", line(b"GET ftp://a.t/ HTTP/1.1"), BAD, "target-form"),
    ("3.2.2", line(b"GET http:/a.t/ HTTP/1.1"), BAD, "target-form"),
    ("3.2.2", line(b"GET http://a.t#x HTTP/1.1"), BAD, "target-form"),
    ("3.2.2", line(b"GET http:/// HTTP/1.1"), BAD, "target-authority"),
    ("3.2.2", line(b"GET http://a.t:99999/ HTTP/1.1"), BAD, "target-authority"),
    ("3.2.2", line(b"GET http://a.t\\b/ HTTP/1.1"), BAD, "target-authority"),
    ("9110 4.2.4", line(b"GET http://a.t@b.t/ HTTP/1.1"), BAD, "target-userinfo"),
    ("3.2.3", line(b"CONNECT /path HTTP/1.1"), BAD, "target-form"),
    ("3.2.3", line(b"CONNECT a.t HTTP/1.1"), BAD, "target-form"),
    ("3.2.3", line(b"CONNECT a.t: HTTP/1.1"), BAD, "target-form"),
    ("3.2.3", line(b"CONNECT http://a.t:80/ HTTP/1.1"), BAD, "target-form"),
    ("3.2.3", line(b"GET a.t:443 HTTP/1.1"), BAD, "target-form"),
    ("3.2.4", line(b"GET * HTTP/1.1"), BAD, "target-asterisk"),
    ("3.2.4", line(b"options * HTTP/1.1"), BAD, "target-asterisk"),
    # host
    ("3.2", b"GET / HTTP/1.1\r\n\r\n", BAD, "host-missing"),
    ("3.2", b"GET / HTTP/1.1\r\nX-Host: a.t\r\n\r\n", BAD, "host-missing"),
    ("3.2", b"GET http://a.t/ HTTP/1.1\r\n\r\n", BAD, "host-missing"),
    ("3.2", get(b"Host: a.t"), BAD, "host-multiple"),
    ("3.2", get(b"host: b.t"), BAD, "host-multiple"),
    ("3.2", b"GET / HTTP/1.0\r\nHost: a.t\r\nHost: a.t\r\n\r\n", BAD, "host-multiple"),
    ("3.2", b"GET / HTTP/1.1\r\nHost:\r\n\r\n", BAD, "host-invalid"),
    ("3.2", b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", BAD, "host-invalid"),
    ("3.2", b"GET / HTTP/1.1\r\nHost: a.t/x\r\n\r\n", BAD, "host-invalid"),
    ("3.2", b"GET / HTTP/1.1\r\nHost: a.t,b.t\r\n\r\n", BAD, "host-invalid"),
    ("3.2", b"GET / HTTP/1.1\r\nHost: u@a.t\r\n\r\n", BAD, "host-invalid"),
    ("3.2", b"GET / HTTP/1.1\r\nHost: a.t:x\r\n\r\n", BAD, "host-invalid"),
    ("3.2", b"GET / HTTP/1.1\r\nHost: a.t:65536\r\n\r\n", BAD, "host-invalid"),
    ("3.2", b"GET / HTTP/1.1\r\nHost: a.t:80:80\r\n\r\n", BAD, "host-invalid"),
    ("3.2", b"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", BAD, "host-invalid"),
    ("3.2", b"GET / HTTP/1.1\r\nHost: %zz\r\n\r\n", BAD, "host-invalid"),
    ("3.2", b"GET / HTTP/1.1\r\nHost: \xc3\xa9.t\r\n\r\n", BAD, "host-invalid"),
    ("3.2.2", line(b"GET http://b.t/ HTTP/1.1"), BAD, "host-conflict"),
    ("3.2.2", line(b"GET http://a.t:81/ HTTP/1.1"), BAD, "host-conflict"),
    ("3.2.2", line(b"GET https://a.t:80/ HTTP/1.1"), BAD, "host-conflict"),
    ("3.2.3", line(b"CONNECT b.t:443 HTTP/1.1"), BAD, "host-conflict"),
    # fields
    ("5.1", get(b"Host : b.t"), BAD, "field-name-blank"),
    ("5.1", get(b"Transfer-Encoding : chunked"), BAD, "field-name-blank"),
    ("5.1", get(b"Transfer-Encoding\t: chunked"), BAD, "field-name-blank"),
    ("5.1", get(b"Content-Length : 5"), BAD, "field-name-blank"),
    ("5", get(b": v"), BAD, "field-name-empty"),
    ("5", get(b"NoColon"), BAD, "field-no-colon"),
    ("5", get(b"X Y: v"), BAD, "field-name"),
    ("5", get(b"X(Y): v"), BAD, "field-name"),
    ("5", get(b"X\xe9: v"), BAD, "field-name"),
    ("5.2", get(b"X: y", b" Transfer-Encoding: chunked"), BAD, "obs-fold"),
    ("5.2", get(b"X: y", b"\tz"), BAD, "obs-fold"),
    ("5.2", get(b"X: y", b" "), BAD, "obs-fold"),
    ("9110 5.5", get(b"X: a\x00b"), BAD, "nul"),
    ("9110 5.5", get(b"X: a\x01b"), BAD, "control-byte"),
    ("9110 5.5", get(b"X: a\x0bb"), BAD, "control-byte"),
    ("9110 5.5", get(b"X: a\x0cb"), BAD, "control-byte"),
    ("9110 5.5", get(b"X: a\x7f"), BAD, "control-byte"),
    ("9110 5.5", get(b"\x01X: a"), BAD, "control-byte"),
    # lengths
    ("6.2", post(b"Content-Length: 5", b"Content-Length: 5"), BAD, "cl-duplicate"),
    ("6.2", post(b"Content-Length: 5", b"content-length: 6"), BAD, "cl-duplicate"),
    ("6.2", post(b"Content-Length: 5, 5"), BAD, "cl-list"),
    ("6.2", post(b"Content-Length: 5,"), BAD, "cl-list"),
    ("6.2", post(b"Content-Length: +5"), BAD, "cl-invalid"),
    ("6.2", post(b"Content-Length: -5"), BAD, "cl-invalid"),
    ("6.2", post(b"Content-Length: 0x5"), BAD, "cl-invalid"),
    ("6.2", post(b"Content-Length: 5_0"), BAD, "cl-invalid"),
    ("6.2", post(b"Content-Length: 5 0"), BAD, "cl-invalid"),
    ("6.2", post(b"Content-Length: 5.0"), BAD, "cl-invalid"),
    ("6.2", post(b"Content-Length: five"), BAD, "cl-invalid"),
    ("6.2", post(b"Content-Length:"), BAD, "cl-invalid"),
    ("6.2", post(b"Content-Length: \xb2"), BAD, "cl-invalid"),
    ("6.2", post(b"Content-Length: 9007199254740993"), BAD, "cl-too-large"),
    ("6.2", post(b"Content-Length: 99999999999999999999"), BAD, "cl-too-large"),
    ("6.2", post(b"Content-Length: 00000000000000005"), BAD, "cl-too-large"),
    # codings
    ("6.1", post(b"Transfer-Encoding: chunked", b"Content-Length: 3"), BAD, "te-and-cl"),
    ("6.1", post(b"Content-Length: 3", b"Transfer-Encoding: identity"), BAD, "te-and-cl"),
    ("6.1", get(b"Transfer-Encoding: chunked", start=b"POST / HTTP/1.0"), BAD, "te-on-1.0"),
    ("6.1", post(b"Transfer-Encoding: chunked, chunked"), BAD, "te-invalid"),
    ("6.1", post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"), BAD, "te-invalid"),
    ("6.3", post(b"Transfer-Encoding: gzip"), BAD, "te-invalid"),
    ("6.3", post(b"Transfer-Encoding: chunked, gzip"), BAD, "te-invalid"),
    ("6.3", post(b"Transfer-Encoding: chunked, identity"), BAD, "te-invalid"),
    ("6.3", post(b"Transfer-Encoding: xchunked"), BAD, "te-invalid"),
    ("6.3", post(b"Transfer-Encoding: chunked;q=1"), BAD, "te-invalid"),
    ("6.3", post(b'Transfer-Encoding: "chunked"'), BAD, "te-invalid"),
    ("6.3", post(b"Transfer-Encoding: chunked,"), BAD, "te-invalid"),
    ("6.3", post(b"Transfer-Encoding: ,chunked"), BAD, "te-invalid"),
    ("6.3", post(b"Transfer-Encoding:"), BAD, "te-invalid"),
    ("6.3", post(b"Transfer-Encoding: \x0bchunked"), BAD, "control-byte"),
    ("6.1", post(b"Transfer-Encoding: gzip, chunked"), Kind.CODING_UNSUPPORTED, "te-unsupported"),
    (
        "6.1",
        post(b"Transfer-Encoding: gzip", b"Transfer-Encoding: chunked"),
        Kind.CODING_UNSUPPORTED,
        "te-unsupported",
    ),
    ("9110 10.1.1", post(b"Expect: 200-ok"), Kind.EXPECT_UNKNOWN, "expect"),
    ("9110 10.1.1", post(b"Expect: 100-continue, x"), Kind.EXPECT_UNKNOWN, "expect"),
    ("9110 10.1.1", post(b"Expect:"), Kind.EXPECT_UNKNOWN, "expect"),
]


@pytest.mark.parametrize(("section", "wire", "kind", "word"), REFUSED)
def test_an_unsound_request_is_refused_with_its_word(section, wire, kind, word):
    seen = feed_three_ways(H1Server, wire, trailing=NEXT)
    assert seen == [(kind, word, None, False)]


# fields of the request, whether it waits for 100
EXPECTATIONS = [
    (post(b"Expect: 100-continue", b"Content-Length: 1", body=b"x"), True),
    (post(b"Expect: 100-Continue", b"Content-Length: 1", body=b"x"), True),
    (post(b"Expect: 100-continue", b"Content-Length: 0"), True),
    (get(b"Expect: 100-continue", start=b"POST / HTTP/1.0"), False),
    (post(), False),
]


@pytest.mark.parametrize(("wire", "expects"), EXPECTATIONS)
def test_a_request_may_expect_to_be_told_to_continue(wire, expects):
    head = head_of(feed_three_ways(H1Server, wire, trailing=NEXT))
    assert isinstance(head, RequestHead)
    assert head.expects_continue is expects


# request, authority
AUTHORITIES = [
    (line(b"GET / HTTP/1.1"), None),
    (line(b"OPTIONS * HTTP/1.1"), None),
    (line(b"GET http://A.t/ HTTP/1.1"), b"A.t"),
    (line(b"GET http://a.t:80/ HTTP/1.1"), b"a.t:80"),
    (line(b"CONNECT a.t:443 HTTP/1.1"), b"a.t:443"),
    (b"GET http://b.t/ HTTP/1.0\r\n\r\n", b"b.t"),
    (b"GET http://[::1]/ HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", b"[::1]"),
]


@pytest.mark.parametrize(("wire", "authority"), AUTHORITIES)
def test_the_authority_of_the_target_is_told_apart(wire, authority):
    head = head_of(feed_three_ways(H1Server, wire, trailing=NEXT))
    assert isinstance(head, RequestHead)
    assert head.authority == authority


def test_a_lax_dialect_lets_the_authority_win_over_host():
    lax = Dialect(accepts_authority_conflict=True)
    head = head_of(
        feed_three_ways(lambda: H1Server(dialect=lax), line(b"GET http://b.t:8/ HTTP/1.1"))
    )
    assert isinstance(head, RequestHead)
    assert head.authority == b"b.t:8"


@pytest.mark.parametrize(("forwards", "names"), [(False, [b"Host"]), (True, [b"Host", b"X_A"])])
def test_names_with_an_underscore_are_dropped_unless_the_dialect_keeps_them(forwards, names):
    dialect = Dialect(forwards_underscores=forwards)
    head = head_of(feed_three_ways(lambda: H1Server(dialect=dialect), get(b"X_A: 1")))
    assert [name for name, _ in head.headers] == names
