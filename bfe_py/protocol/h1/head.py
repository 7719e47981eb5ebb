"""Heads, from their bytes: a guard of our own in front of h11.

h11 is the authority on what a head is. It repairs some things that two parsers could read in two
ways (bare LF, folded lines, lists of lengths, both framings at once); here they are refused first.
What `quick` recognises does not come here.
"""

import re

import h11

from bfe_py.model import Fault, Field, Headers, Kind, RequestHead, ResponseHead
from bfe_py.protocol.codec import Dialect, Limits
from bfe_py.protocol.framing import connection_options, standard_reason
from bfe_py.protocol.h1.fields import (
    check_fields,
    explain_fields,
    read_chunked,
    read_length,
    values_of,
)
from bfe_py.protocol.h1.target import is_host, is_same_authority, read_target

_NO_BOUND = 1 << 30  # the scan has measured the head already

_METHOD = re.compile(rb"[-!#$%&'*+.^_`|~0-9A-Za-z]+")
_VERSION = re.compile(rb"HTTP/([0-9])\.[0-9]")
_STATUS_LINE = re.compile(rb"HTTP/([0-9]\.[0-9]) ([1-9][0-9]{2})(?: ([\t\x20-\x7e\x80-\xff]*))?")
_BODILESS = (204, 304)

# h11 takes an interim response only as the answer to a request, and 101 only where one was offered.
_ANY_REQUEST = h11.Request(method="GET", target="/", headers=[("Host", "a"), ("Upgrade", "a")])


def parse_request(head: bytes, limits: Limits, dialect: Dialect) -> RequestHead:
    """The request whose head, already scanned, is `head` with its empty line.

    Raises:
        Fault: RFC 9112 forbids it, or two recipients could read it in two ways.
    """
    method, target, version = _split_request_line(head, limits)
    check_fields(head, limits.fields)
    lowered = head.lower()
    authority = _read_authority(method, target, _read_host(lowered, version, dialect), dialect)
    length = read_length(lowered)
    is_chunked = read_chunked(lowered, version)
    is_expecting = _reads_continue(lowered) and version == b"1.1"
    headers = Headers(_request_fields(head))
    if b"_" in head and not dialect.forwards_underscores:
        headers = Headers([field for field in headers if b"_" not in field[0]])
    return RequestHead(
        method,
        target,
        headers,
        version,
        None if is_chunked else length or 0,
        authority,
        is_expecting,
        connection_options(headers),
    )


def parse_response(
    head: bytes, limits: Limits, method: bytes, dialect: Dialect
) -> tuple[ResponseHead, bool]:
    """The response to a request of `method` whose head is `head`, and whether its body is chunked.

    A body without a length that is not chunked ends with the connection (RFC 9112 section 6.3).

    Raises:
        Fault: of kind BAD_REQUEST and the like, as for a request; the backend is to blame.
    """
    match = _STATUS_LINE.fullmatch(head, 0, head.find(b"\r\n"))
    if match is None:
        raise Fault(Kind.BAD_RESPONSE, "status-line")
    version, digits, reason = match.groups()
    if not version.startswith(b"1."):
        raise Fault(Kind.BAD_RESPONSE, "version")
    version = _known_version(version)
    check_fields(head, limits.fields)
    lowered = head.lower()
    length = read_length(lowered)
    is_chunked = read_chunked(lowered, version, accepts_length=dialect.accepts_odd_responses)
    if is_chunked:
        length = None
    status = int(digits)
    headers = Headers(_response_fields(head, status))
    if method == b"HEAD" or status < 200 or status in _BODILESS:
        length, is_chunked = 0, False
    options = connection_options(headers)
    reason = standard_reason(status, reason)
    return ResponseHead(status, headers, reason, version, length, options), is_chunked


def _split_request_line(head: bytes, limits: Limits) -> tuple[bytes, bytes, bytes]:
    parts = head[: head.find(b"\r\n")].split(b" ")
    if len(parts) != 3:
        raise Fault(Kind.BAD_REQUEST, "request-line")
    method, target, protocol = parts
    if _METHOD.fullmatch(method) is None:
        raise Fault(Kind.BAD_REQUEST, "method")
    match = _VERSION.fullmatch(protocol)
    if match is None:
        raise Fault(Kind.BAD_REQUEST, "version")
    if match.group(1) != b"1":
        raise Fault(Kind.VERSION_UNSUPPORTED, "version-unsupported")
    if len(target) > limits.target:
        raise Fault(Kind.TARGET_TOO_LONG, "target-too-long")
    return method, target, _known_version(protocol[5:])


def _known_version(version: bytes) -> bytes:
    # RFC 9110 2.5: a message with a higher minor version is processed "as if it was in the highest
    # minor version within that major version to which the recipient is conformant"
    return b"1.0" if version == b"1.0" else b"1.1"


def _read_host(lowered: bytes, version: bytes, dialect: Dialect) -> bytes | None:
    # RFC 9112 3.2: "A server MUST respond with a 400 (Bad Request) status code to any HTTP/1.1
    # request message that lacks a Host header field and to any request message that contains more
    # than one Host header field line or a Host header field with an invalid field value."
    hosts = values_of(lowered, b"host")
    if not hosts:
        if version == b"1.1":
            raise Fault(Kind.BAD_REQUEST, "host-missing")
        return None
    if len(hosts) > 1:
        raise Fault(Kind.BAD_REQUEST, "host-multiple")
    if not is_host(hosts[0]) and (hosts[0] or not dialect.accepts_empty_host):
        raise Fault(Kind.BAD_REQUEST, "host-invalid")
    return hosts[0]


def _read_authority(
    method: bytes, target: bytes, host: bytes | None, dialect: Dialect
) -> bytes | None:
    authority, default_port = read_target(method, target)
    if authority is None or host is None or dialect.accepts_authority_conflict:
        return authority
    if not is_same_authority(authority, host, default_port):
        raise Fault(Kind.BAD_REQUEST, "host-conflict")
    return authority


def _reads_continue(lowered: bytes) -> bool:
    values = values_of(lowered, b"expect")
    for value in values:
        for expectation in value.split(b","):
            if expectation.strip(b" \t") != b"100-continue":
                raise Fault(Kind.EXPECT_UNKNOWN, "expect")
    return bool(values)


def _request_fields(head: bytes) -> list[Field]:
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=_NO_BOUND)
    connection.receive_data(head)
    try:
        event = connection.next_event()
    except h11.RemoteProtocolError:
        raise Fault(Kind.BAD_REQUEST, explain_fields(head)) from None
    assert isinstance(event, h11.Request)
    return event.headers.raw_items()


def _response_fields(head: bytes, status: int) -> list[Field]:
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=_NO_BOUND)
    if status < 200:
        connection.send(_ANY_REQUEST)
    connection.receive_data(head)
    try:
        event = connection.next_event()
    except h11.RemoteProtocolError:
        raise Fault(Kind.BAD_RESPONSE, explain_fields(head)) from None
    assert isinstance(event, h11.Response | h11.InformationalResponse)
    return event.headers.raw_items()
