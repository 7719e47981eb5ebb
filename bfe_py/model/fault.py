"""Fault: what went wrong with an exchange; whose side it is on and what the client is told."""

from dataclasses import dataclass
from enum import Enum, unique


class Side(Enum):
    """Where a fault lies."""

    CLIENT = "client"
    BACKEND = "backend"
    PROXY = "proxy"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table of faults.

    `reason` is our word for metrics; `status` the answer to the client, 0 for none (the connection
    just ends); `bfe_status` the one BFE gives; `code` the word of BFE's log and counters.
    """

    reason: str
    side: Side
    status: int
    bfe_status: int
    code: str


@unique
class Kind(Enum):
    """Every way an exchange can fail."""

    BAD_REQUEST = Row("bad_request", Side.CLIENT, 400, 400, "CLIENT_BAD_REQUEST")
    BAD_BODY = Row("bad_body", Side.CLIENT, 400, 500, "CLIENT_BAD_REQUEST")
    MISDIRECTED = Row("misdirected", Side.CLIENT, 421, 421, "CLIENT_BAD_REQUEST")
    TARGET_TOO_LONG = Row("target_too_long", Side.CLIENT, 414, 414, "CLIENT_LONG_URL")
    HEADER_TOO_LARGE = Row("header_too_large", Side.CLIENT, 431, 413, "CLIENT_LONG_HEADER")
    BODY_TOO_LARGE = Row("body_too_large", Side.CLIENT, 413, 413, "CLIENT_LONG_BODY")
    VERSION_UNSUPPORTED = Row("version_unsupported", Side.CLIENT, 505, 400, "CLIENT_BAD_REQUEST")
    CODING_UNSUPPORTED = Row("coding_unsupported", Side.CLIENT, 501, 400, "CLIENT_BAD_REQUEST")
    METHOD_UNSUPPORTED = Row("method_unsupported", Side.CLIENT, 501, 400, "CLIENT_BAD_REQUEST")
    EXPECT_EMPTY = Row("expect_empty", Side.CLIENT, 400, 400, "CLIENT_ZERO_CONTENTLEN")
    EXPECT_UNKNOWN = Row("expect_unknown", Side.CLIENT, 417, 417, "CLIENT_EXPECT_FAIL")
    TOO_MANY_REQUESTS = Row("too_many_requests", Side.CLIENT, 429, 429, "CLIENT_LIMITED")
    HEADER_TIMEOUT = Row("header_timeout", Side.CLIENT, 408, 0, "CLIENT_TIMEOUT")
    BODY_TIMEOUT = Row("body_timeout", Side.CLIENT, 408, 0, "CLIENT_TIMEOUT")
    CLIENT_CLOSED = Row("client_closed", Side.CLIENT, 0, 0, "CLIENT_CLOSE")
    CLIENT_RESET = Row("client_reset", Side.CLIENT, 0, 0, "CLIENT_RESET")
    CLIENT_WRITE = Row("client_write", Side.CLIENT, 0, 0, "CLIENT_WRITE")
    BLOCKED = Row("blocked", Side.CLIENT, 0, 0, "BLOCK")
    NO_TENANT = Row("no_tenant", Side.PROXY, 500, 500, "BK_FIND_PRODUCT")
    NO_ROUTE = Row("no_route", Side.PROXY, 500, 500, "BK_FIND_LOCATION")
    NO_CLUSTER = Row("no_cluster", Side.PROXY, 503, 500, "BK_NO_CLUSTER")
    NO_BALANCE = Row("no_balance", Side.PROXY, 503, 500, "BK_NO_CLUSTER")
    BLACKHOLE = Row("blackhole", Side.PROXY, 503, 500, "GSLB_BLACKHOLE")
    NO_BACKEND = Row("no_backend", Side.BACKEND, 503, 500, "BK_NO_BACKEND")
    NO_SUB_CLUSTER = Row("no_sub_cluster", Side.BACKEND, 503, 500, "BK_NO_SUB_CLUSTER")
    NO_CROSS_SUB_CLUSTER = Row(
        "no_cross_sub_cluster", Side.BACKEND, 503, 500, "BK_NO_SUB_CLUSTER_CROSS"
    )
    TOO_MANY_RETRIES = Row("too_many_retries", Side.BACKEND, 502, 500, "BK_RETRY_TOO_MANY")
    CONNECT = Row("connect", Side.BACKEND, 502, 500, "BK_CONNECT_BACKEND")
    CONNECT_LIMIT = Row("connect_limit", Side.BACKEND, 503, 500, "BK_CONNECT_BACKEND")
    CONNECT_TIMEOUT = Row("connect_timeout", Side.BACKEND, 504, 500, "BK_CONNECT_BACKEND")
    WRITE_REQUEST = Row("write_request", Side.BACKEND, 502, 500, "BK_WRITE_REQUEST")
    READ_RESPONSE = Row("read_response", Side.BACKEND, 502, 500, "BK_READ_RESP_HEADER")
    BAD_RESPONSE = Row("bad_response", Side.BACKEND, 502, 500, "BK_READ_RESP_HEADER")
    RESPONSE_TIMEOUT = Row("response_timeout", Side.BACKEND, 504, 500, "BK_RESP_HEADER_TIMEOUT")
    CONNECTION_BROKEN = Row("connection_broken", Side.BACKEND, 502, 500, "BK_TRANSPORT_BROKEN")
    RESPONSE_BODY = Row("response_body", Side.BACKEND, 0, 0, "BK_READ_RESP_BODY")
    EXCHANGE_TIMEOUT = Row("exchange_timeout", Side.PROXY, 504, 500, "EXCHANGE_TIMEOUT")
    BODY_TRANSFORM = Row("body_transform", Side.PROXY, 502, 500, "BK_BODY_PROCESS")
    MODULE = Row("module", Side.PROXY, 500, 500, "MODULE_FAIL")
    INTERNAL = Row("internal", Side.PROXY, 500, 500, "INTERNAL")


class Fault(Exception):
    """One failure of an exchange or of one of its attempts.

    Args:
        kind: which row of the table.
        detail: a few words for the log; never bytes of a body, a cookie or a credential.
        request_sent: whether a byte of this request may have reached a backend.
    """

    def __init__(self, kind: Kind, detail: str = "", *, request_sent: bool = False) -> None:
        super().__init__(kind, detail)
        self.kind = kind
        self.detail = detail
        self.request_sent = request_sent

    @property
    def side(self) -> Side:
        """Whose side the fault is on."""
        return self.kind.value.side

    @property
    def code(self) -> str:
        """The word for the log and the counters, as BFE writes it."""
        return self.kind.value.code

    def status(self, *, compatible: bool) -> int:
        """Status code for the client (BFE's one if `compatible`); 0: close without an answer."""
        row = self.kind.value
        return row.bfe_status if compatible else row.status

    def forget_frames(self) -> None:
        """Let go of where it was raised, and of what it was raised from.

        Frames lead back to the exchange, and with that to its snapshot: whoever keeps a fault in an
        exchange would keep all of that until the collector comes.
        """
        self.__traceback__ = self.__cause__ = self.__context__ = None

    def __repr__(self) -> str:
        return f"Fault({self.kind.name}, {self.detail!r})"
