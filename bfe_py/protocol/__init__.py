"""Protocols without I/O: events and codecs, framing of messages, the PROXY header."""

from bfe_py.protocol.as_bfe import bare_refusal, finish_response, repeat_pragma
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
    ONE_HOP,
    connection_options,
    is_event_stream,
    nominated_names,
    one_hop_names,
    reason_phrase,
    strip_hop_by_hop,
)
from bfe_py.protocol.h1 import H1Client, H1Server, KnownLines
from bfe_py.protocol.proxy_header import (
    Malformed,
    NeedMore,
    NotProxy,
    ProxyHeader,
    build_proxy_v1,
    build_proxy_v2,
    parse_proxy_header,
)
from bfe_py.protocol.switching import admit_switch, is_websocket, settle_upgrade

__all__ = [
    "FORBIDDEN_IN_TRAILERS",
    "ONE_HOP",
    "BodyReceived",
    "Codec",
    "Dialect",
    "Event",
    "Faulted",
    "H1Client",
    "H1Server",
    "HeadReceived",
    "InterimReceived",
    "KnownLines",
    "Limits",
    "Malformed",
    "MessageEnded",
    "NeedMore",
    "NotProxy",
    "ProxyHeader",
    "StreamReset",
    "Switched",
    "admit_switch",
    "bare_refusal",
    "build_proxy_v1",
    "build_proxy_v2",
    "connection_options",
    "finish_response",
    "is_event_stream",
    "is_websocket",
    "nominated_names",
    "one_hop_names",
    "parse_proxy_header",
    "reason_phrase",
    "repeat_pragma",
    "settle_upgrade",
    "strip_hop_by_hop",
]
