"""Framing: what of a message belongs to one connection only, and the words of the status line."""

from bfe_py.model import Headers, ResponseHead

_NO_OPTIONS: frozenset[bytes] = frozenset()
_PLAIN_OPTIONS = frozenset({b"close", b"keep-alive"})
_COMMON_OPTIONS = {
    b"keep-alive": frozenset({b"keep-alive"}),
    b"close": frozenset({b"close"}),
}

ONE_HOP = frozenset(
    {
        b"connection",
        b"http2-settings",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
"""Names of fields that are always for one connection only."""

# RFC 9110 7.6.1: "A sender MUST NOT send a connection option corresponding to a field that is
# intended for all recipients of the content." Such an option would let a client hide the fields on
# which backends base who is asking and what for.
_END_TO_END = frozenset(
    {
        b"authorization",
        b"cache-control",
        b"content-encoding",
        b"content-length",
        b"content-range",
        b"content-type",
        b"cookie",
        b"date",
        b"forwarded",
        b"host",
        b"location",
        b"set-cookie",
        b"te",
        b"vary",
        b"via",
        b"www-authenticate",
    }
)
_END_TO_END_PREFIXES = (b"x-forwarded-", b"x-real-", b"x-bfe-")

FORBIDDEN_IN_TRAILERS = ONE_HOP | frozenset(
    {
        b"authorization",
        b"cache-control",
        b"content-encoding",
        b"content-length",
        b"content-range",
        b"content-type",
        b"cookie",
        b"expect",
        b"forwarded",
        b"host",
        b"max-forwards",
        b"pragma",
        b"range",
        b"set-cookie",
        b"via",
        b"www-authenticate",
    }
)
"""Names that frame, route, modify or authenticate a message: no trailer may bear one.

RFC 9110 section 6.5.1. A codec drops such lines.
"""

_EVENT_STREAMS = frozenset({b"text/event-stream", b"application/sse", b"application/x-sse"})

_PHRASES = {
    100: b"Continue",
    101: b"Switching Protocols",
    102: b"Processing",
    103: b"Early Hints",
    200: b"OK",
    201: b"Created",
    202: b"Accepted",
    203: b"Non-Authoritative Information",
    204: b"No Content",
    205: b"Reset Content",
    206: b"Partial Content",
    207: b"Multi-Status",
    208: b"Already Reported",
    226: b"IM Used",
    300: b"Multiple Choices",
    301: b"Moved Permanently",
    302: b"Found",
    303: b"See Other",
    304: b"Not Modified",
    305: b"Use Proxy",
    307: b"Temporary Redirect",
    308: b"Permanent Redirect",
    400: b"Bad Request",
    401: b"Unauthorized",
    402: b"Payment Required",
    403: b"Forbidden",
    404: b"Not Found",
    405: b"Method Not Allowed",
    406: b"Not Acceptable",
    407: b"Proxy Authentication Required",
    408: b"Request Timeout",
    409: b"Conflict",
    410: b"Gone",
    411: b"Length Required",
    412: b"Precondition Failed",
    413: b"Content Too Large",
    414: b"URI Too Long",
    415: b"Unsupported Media Type",
    416: b"Range Not Satisfiable",
    417: b"Expectation Failed",
    418: b"I'm a teapot",
    421: b"Misdirected Request",
    422: b"Unprocessable Content",
    423: b"Locked",
    424: b"Failed Dependency",
    425: b"Too Early",
    426: b"Upgrade Required",
    428: b"Precondition Required",
    429: b"Too Many Requests",
    431: b"Request Header Fields Too Large",
    451: b"Unavailable For Legal Reasons",
    500: b"Internal Server Error",
    501: b"Not Implemented",
    502: b"Bad Gateway",
    503: b"Service Unavailable",
    504: b"Gateway Timeout",
    505: b"HTTP Version Not Supported",
    506: b"Variant Also Negotiates",
    507: b"Insufficient Storage",
    508: b"Loop Detected",
    510: b"Not Extended",
    511: b"Network Authentication Required",
}

_OTHER_IN_BFE = {
    413: b"Request Entity Too Large",
    414: b"Request-URI Too Long",
    416: b"Requested Range Not Satisfiable",
}
_UNKNOWN_TO_BFE = frozenset(
    {102, 103, 207, 208, 226, 308, 421, 422, 423, 424, 425, 426, 451, 506, 507, 508, 510}
)


def is_forbidden_in_trailers(name: bytes) -> bool:
    """Whether no trailer may bear `name` (in lower case): see above, and what proxies say."""
    return name in FORBIDDEN_IN_TRAILERS or name.startswith(_END_TO_END_PREFIXES)


def reason_phrase(status: int, *, compatible: bool = False) -> bytes:
    """Reason phrase of `status` (RFC 9110 section 15), as BFE writes it if `compatible`."""
    if not compatible:
        return _PHRASES.get(status) or b"status code %d" % status
    if status in _UNKNOWN_TO_BFE:
        return b"status code %d" % status
    return _OTHER_IN_BFE.get(status) or reason_phrase(status)


def standard_reason(status: int, reason: bytes | None) -> bytes:
    """`reason`, or nothing where it is the standard phrase of `status`."""
    return b"" if reason is None or reason == _PHRASES.get(status) else reason


def connection_options(headers: Headers) -> frozenset[bytes]:
    """What the Connection field lists, in lower case (RFC 9110 section 7.6.1)."""
    values = headers.get_all(b"connection")
    if not values:
        return _NO_OPTIONS
    return parse_options(b",".join(values))


def parse_options(value: bytes) -> frozenset[bytes]:
    """Members of a value of the Connection field, in lower case."""
    found = _COMMON_OPTIONS.get(value)
    if found is not None:
        return found
    return frozenset([option.strip(b" \t") for option in value.lower().split(b",")]) - {b""}


def one_hop_names(
    options: frozenset[bytes], te: list[bytes], always: frozenset[bytes]
) -> frozenset[bytes]:
    """Names of the fields that are meant for this connection only, and those of `always`.

    RFC 9110 section 7.6.1, for requests and responses alike: Connection with everything that it
    nominates, and the fields that are always of one hop. A nominated field that no recipient may
    miss stays. So does TE where it is exactly ``trailers``, because trailers are passed on.

    Args:
        options: what Connection lists.
        te: the values of TE.
        always: the fields that go in any case, `ONE_HOP` among them.
    """
    names = always
    if options and not options <= _PLAIN_OPTIONS:
        names |= nominated_names(options)
    if te and [value.lower() for value in te] == [b"trailers"]:
        names -= {b"te"}
    return names


def is_event_stream(headers: Headers) -> bool:
    """Whether a response with `headers` is one of server-sent events, which has no end in time."""
    media_type = headers.get(b"content-type") or b""
    return media_type.partition(b";")[0].strip().lower() in _EVENT_STREAMS


def strip_hop_by_hop(head: ResponseHead) -> None:
    """Take out of `head` what is meant for this connection only; its `options` still tell."""
    head.headers.remove_all(one_hop_names(head.options, [], ONE_HOP))


def nominated_names(options: frozenset[bytes]) -> frozenset[bytes]:
    """Names that Connection declares to be of one hop; those that no recipient may miss are not."""
    if options <= _PLAIN_OPTIONS:
        return _NO_OPTIONS
    return frozenset(
        [
            option
            for option in options
            if option not in _END_TO_END and not option.startswith(_END_TO_END_PREFIXES)
        ]
    )
