"""Protocols without I/O: events and codecs, framing of messages, the PROXY header."""

from bfe_py.protocol.codec import Dialect, Limits
from bfe_py.protocol.events import (
    BodyReceived,
    Codec,
    Event,
    Faulted,
    HeadReceived,
    InterimReceived,
    MessageEnded,
    StreamReset,
    Switched,
)
from bfe_py.protocol.framing import (
    FORBIDDEN_IN_TRAILERS,
    connection_options,
    reason_phrase,
    strip_hop_by_hop,
)
from bfe_py.protocol.h1 import H1Client, H1Server
from bfe_py.protocol.proxy_header import (
    Malformed,
    NeedMore,
    NotProxy,
    ProxyHeader,
    build_proxy_v1,
    build_proxy_v2,
    parse_proxy_header,
)

__all__ = [
    "FORBIDDEN_IN_TRAILERS",
    "BodyReceived",
    "Codec",
    "Dialect",
    "Event",
    "Faulted",
    "H1Client",
    "H1Server",
    "HeadReceived",
    "InterimReceived",
    "Limits",
    "Malformed",
    "MessageEnded",
    "NeedMore",
    "NotProxy",
    "ProxyHeader",
    "StreamReset",
    "Switched",
    "build_proxy_v1",
    "build_proxy_v2",
    "connection_options",
    "parse_proxy_header",
    "reason_phrase",
    "strip_hop_by_hop",
]
