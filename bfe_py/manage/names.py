"""Names of BFE's monitor pages: the frame that our numbers are put into.

A dashboard that was made for BFE finds every name of BFE here, with 0 for what is not counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Frame:
    """Names of one page by kind."""

    counters: tuple[str, ...] = ()
    gauges: tuple[str, ...] = ()
    states: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DelayFrame:
    """One latency page: its counts come from `histogram` (seconds), in buckets of `bucket_ms`."""

    histogram: str
    bucket_ms: int
    buckets: int

    @property
    def bounds(self) -> tuple[float, ...]:
        """Upper bounds in seconds that the histogram needs among its own to be shown exactly."""
        return tuple([self.bucket_ms * (index + 1) / 1000 for index in range(self.buckets)])


def _frame(counters: str = "", gauges: str = "", states: str = "") -> Frame:
    return Frame(tuple(counters.split()), tuple(gauges.split()), tuple(states.split()))


STATE_PREFIX = "proxy_state"
"""All core pages share it in BFE's output."""

STATES: Mapping[str, Frame] = {
    "proxy_state": _frame(
        counters="""
            PANIC_CLIENT_CONN_SERVE PANIC_BACKEND_WRITE PANIC_BACKEND_READ ERR_CLIENT_LONG_URL
            ERR_CLIENT_LONG_HEADER ERR_CLIENT_CLOSE ERR_CLIENT_TIMEOUT ERR_CLIENT_BAD_REQUEST
            ERR_CLIENT_ZERO_CONTENTLEN ERR_CLIENT_EXPECT_FAIL ERR_CLIENT_CONN_ACCEPT
            ERR_CLIENT_WRITE ERR_CLIENT_RESET ERR_BK_FIND_PRODUCT ERR_BK_FIND_LOCATION
            ERR_BK_NO_BALANCE ERR_BK_NO_CLUSTER ERR_BK_BODY_PROCESS ERR_BK_CONNECT_BACKEND
            ERR_BK_REQUEST_BACKEND ERR_BK_WRITE_REQUEST ERR_BK_READ_RESP_HEADER
            ERR_BK_RESP_HEADER_TIMEOUT ERR_BK_TRANSPORT_BROKEN TLS_HANDSHAKE_ALL
            TLS_HANDSHAKE_SUCC SESSION_CACHE_CONN SESSION_CACHE_CONN_FAIL SESSION_CACHE_SET
            SESSION_CACHE_SET_FAIL SESSION_CACHE_GET SESSION_CACHE_GET_FAIL
            SESSION_CACHE_TYPE_NOT_BYTES SESSION_CACHE_MISS SESSION_CACHE_HIT
            SESSION_CACHE_NO_INSTANCE TLS_MULTI_CERT_GET TLS_MULTI_CERT_CONN_WITHOUT_VIP
            TLS_MULTI_CERT_CONN_VIP_UNKNOWN TLS_MULTI_CERT_CONN_WITHOUT_SNI
            TLS_MULTI_CERT_USE_DEFAULT TLS_MULTI_CERT_UPDATE TLS_MULTI_CERT_UPDATE_ERR
            CLIENT_REQ_WITH_RETRY CLIENT_REQ_WITH_CROSS_RETRY CLIENT_REQ_FAIL
            CLIENT_REQ_FAIL_WITH_NO_RETRY CLIENT_CONN_USE100_CONTINUE CLIENT_CONN_UNFINISHED_REQ
            CLIENT_REQ_SERVED HTTP_CLIENT_REQ_SERVED HTTPS_CLIENT_REQ_SERVED
            HTTP2_CLIENT_REQ_SERVED SPDY_CLIENT_REQ_SERVED CLIENT_CONN_SERVED
            HTTP_CLIENT_CONN_SERVED HTTPS_CLIENT_CONN_SERVED HTTP2_CLIENT_CONN_SERVED
            SPDY_CLIENT_CONN_SERVED STREAM_CLIENT_CONN_SERVED WS_CLIENT_CONN_SERVED
            WSS_CLIENT_CONN_SERVED SSE_REQ_SERVED
        """,
        gauges="""
            CLIENT_REQ_ACTIVE HTTP_CLIENT_REQ_ACTIVE HTTPS_CLIENT_REQ_ACTIVE
            HTTP2_CLIENT_REQ_ACTIVE SPDY_CLIENT_REQ_ACTIVE CLIENT_CONN_ACTIVE
            HTTP_CLIENT_CONN_ACTIVE HTTPS_CLIENT_CONN_ACTIVE HTTP2_CLIENT_CONN_ACTIVE
            SPDY_CLIENT_CONN_ACTIVE STREAM_CLIENT_CONN_ACTIVE WS_CLIENT_CONN_ACTIVE
            WSS_CLIENT_CONN_ACTIVE SSE_REQ_ACTIVE
        """,
    ),
    "http_state": _frame(
        counters="""
            HTTP_BACKEND_CONN_ALL HTTP_BACKEND_CONN_SUCC HTTP_BACKEND_REQ_ALL
            HTTP_BACKEND_REQ_SUCC HTTP_CANCEL_ON_CLIENT_CLOSE HTTP_PANIC_BACKEND_READ
            HTTP_PANIC_BACKEND_WRITE HTTP_PANIC_CLIENT_FLUSH_LOOP HTTP_PANIC_CLIENT_WATCH_LOOP
        """,
    ),
    "http2_state": _frame(
        counters="""
            H2_TIMEOUT_PREFACE H2_TIMEOUT_SETTING H2_TIMEOUT_CONN H2_TIMEOUT_READ_STREAM
            H2_TIMEOUT_WRITE_STREAM H2_ERR_GOT_RESET H2_ERR_MAX_STREAM_PER_CONN
            H2_ERR_MAX_HEADER_LIST_SIZE H2_ERR_MAX_HEADER_URI_SIZE H2_PANIC_CONN H2_PANIC_STREAM
            H2_REQ_HEADER_ORIGINAL_SIZE H2_REQ_HEADER_COMPRESS_SIZE H2_RES_HEADER_ORIGINAL_SIZE
            H2_RES_HEADER_COMPRESS_SIZE H2_CONN_OVERLOAD H2_REQ_OVERLOAD
            H2_CONN_EXCEED_MAX_QUEUED_CONTROL_FRAMES
        """,
    ),
    "spdy_state": _frame(
        counters="""
            SPDY_TIMEOUT_CONN SPDY_TIMEOUT_READ_STREAM SPDY_TIMEOUT_WRITE_STREAM
            SPDY_ERR_INVALID_SYN_STREAM SPDY_ERR_INVALID_DATA_STREAM SPDY_ERR_FLOW_CONTROL
            SPDY_ERR_BAD_REQUEST SPDY_ERR_STREAM_ALREADY_CLOSED SPDY_ERR_STREAM_CANCEL
            SPDY_ERR_MAX_STREAM_PER_CONN SPDY_ERR_GOT_RESET SPDY_ERR_NEW_FRAMER SPDY_UNKNOWN_FRAME
            SPDY_PANIC_CONN SPDY_PANIC_STREAM SPDY_REQ_HEADER_COMPRESS_SIZE
            SPDY_REQ_HEADER_ORIGINAL_SIZE SPDY_RES_HEADER_COMPRESS_SIZE
            SPDY_RES_HEADER_ORIGINAL_SIZE SPDY_REQ_OVERLOAD SPDY_CONN_OVERLOAD
        """,
    ),
    "tls_state": _frame(
        counters="""
            TLS_HANDSHAKE_READ_CLIENT_HELLO_ERR TLS_HANDSHAKE_FULL_ALL TLS_HANDSHAKE_FULL_SUCC
            TLS_HANDSHAKE_RESUME_ALL TLS_HANDSHAKE_RESUME_SUCC
            TLS_HANDSHAKE_CHECK_RESUME_SESSION_TICKET TLS_HANDSHAKE_SHOULD_RESUME_SESSION_TICKET
            TLS_HANDSHAKE_CHECK_RESUME_SESSION_CACHE TLS_HANDSHAKE_SHOULD_RESUME_SESSION_CACHE
            TLS_HANDSHAKE_ACCEPT_SSLV2_CLIENT_HELLO TLS_HANDSHAKE_ACCEPT_ECDHE_WITHOUT_EXT
            TLS_HANDSHAKE_NO_SHARED_CIPHER_SUITE TLS_HANDSHAKE_SSLV2_NOT_SUPPORT
            TLS_HANDSHAKE_OCSP_TIME_ERR TLS_STATUS_REQUEST_EXT_COUNT TLS_HANDSHAKE_ZERO_DATA
        """,
    ),
    "stream_state": _frame(
        counters="""
            STREAM_ERR_BALANCE STREAM_ERR_CONNECT STREAM_ERR_PROXY STREAM_ERR_TRANSFER
            STREAM_PANIC_CONN STREAM_BYTES_RECV STREAM_BYTES_SENT
        """,
    ),
    "websocket_state": _frame(
        counters="""
            WEB_SOCKET_ERR_BALANCE WEB_SOCKET_ERR_CONNECT WEB_SOCKET_ERR_PROXY
            WEB_SOCKET_ERR_HANDSHAKE WEB_SOCKET_ERR_BACKEND_REJECT WEB_SOCKET_ERR_TRANSFER
            WEB_SOCKET_PANIC_CONN WEB_SOCKET_BYTES_RECV WEB_SOCKET_BYTES_SENT
        """,
    ),
    "proxy_protocol_state": _frame(
        counters="""
            PROXY_ERR_READ_HEADER PROXY_ERR_NO_PROXY_PROTOCOL PROXY_MATCHED_V1_SIGNATURE
            PROXY_MATCHED_V2_SIGNATURE PROXY_ERR_INVALID_HEADER PROXY_NORMAL_V1_HEADER
            PROXY_NORMAL_V2_HEADER
        """,
    ),
    "bal_state": _frame(
        counters="""
            ERR_BK_NO_SUB_CLUSTER ERR_BK_NO_SUB_CLUSTER_CROSS ERR_BK_NO_BACKEND
            ERR_BK_RETRY_TOO_MANY ERR_GSLB_BLACKHOLE
        """,
    ),
}
"""Core pages; each has a second one, ``NAME_diff``."""

MODULES: Mapping[str, Frame] = {
    "mod_access_pb3": _frame(
        counters="ALL_REQ_LOG_COUNT ALL_SES_LOG_COUNT",
    ),
    "mod_ai_route": _frame(
        counters="""
            REQ_TOTAL REQ_HIT_APIKEY REQ_HIT_ENTITY REQ_HIT_GLOBAL REQ_MISS REQ_FALLBACK
        """,
    ),
    "mod_ai_token_auth": _frame(
        counters="REQ_TOTAL REQ_AUTH REQ_AUTH_FAIL",
    ),
    "mod_auth_basic": _frame(
        counters="""
            REQ_AUTH_RULE_HIT REQ_AUTH_CHALLENGE REQ_AUTH_SUCCESS REQ_AUTH_FAILURE
        """,
    ),
    "mod_auth_jwt": _frame(
        counters="""
            REQ_AUTH_RULE_HIT REQ_AUTH_NO_AUTHORIZATION REQ_AUTH_AUTHORIZATION_FORMAT_ERR
            REQ_AUTH_SUCCESS REQ_AUTH_FAILURE
        """,
    ),
    "mod_auth_request": _frame(
        counters="""
            AUTH_REQUEST_CHECKED AUTH_REQUEST_PASS AUTH_REQUEST_FORBIDDEN
            AUTH_REQUEST_UNAUTHORIZED AUTH_REQUEST_FAIL AUTH_REQUEST_UNCERTAIN
        """,
    ),
    "mod_block": _frame(
        counters="""
            CONN_TOTAL CONN_ACCEPT CONN_REFUSE REQ_TOTAL REQ_ACCEPT REQ_REFUSE WRONG_COMMAND
        """,
    ),
    "mod_body_process": _frame(
        counters="REQ_TOTAL REQ_PROCESS RES_PROCESS",
        gauges="IN_FLIGHT",
    ),
    "mod_compress": _frame(
        counters="""
            REQ_TOTAL REQ_SUPPORT_COMPRESS REQ_MATCH_COMPRESS_RULE RES_ENCODE_COMPRESS
            RES_ENCODE_GZIP_COMPRESS RES_ENCODE_BR_COMPRESS
        """,
    ),
    "mod_cors": _frame(
        counters="""
            REQ_CORS_RULE_HIT REQ_PRE_FLIGHT_HIT REQ_ALLOW_ORIGIN_HIT REQ_NOT_ALLOW_ORIGIN_HIT
        """,
    ),
    "mod_doh": _frame(
        counters="DOH_REQUEST DOH_REQUEST_NOT_SECURE FETCH_DNS_ERR",
    ),
    "mod_geo": _frame(
        counters="ERR_RELOAD_GEO_DATABASE ERR_GET_GEO_INFO",
    ),
    "mod_http_code": _frame(
        counters="ALL2_X_X ALL3_X_X ALL4_X_X ALL5_X_X",
    ),
    "mod_logid": _frame(
        counters="NO_LOGID_FROM_UPPER_BFE",
    ),
    "mod_markdown": _frame(
        counters="""
            REQ_TOTAL REQ_MARK_DOWN_RULE_HIT RSP_RENDER_SUCCESS RSP_RENDER_FAILURE
            RSP_RENDER_IGNORE ERR_COUNT_READ_FAIL ERR_COUNT_RENDER_FAIL
        """,
    ),
    "mod_prison": _frame(
        counters="ALL_CHECKED ALL_PRISON",
    ),
    "mod_secure_link": _frame(
        counters="""
            REQ_TOTAL REQ_ACCEPT REQ_WITHOUT_EXPIRES_KEY REQ_INVALID_EXPIRES_VALUE
            REQ_WITHOUT_CHECKSUM_KEY REQ_INVALID_CHECKSUM REQ_EXPIRED
        """,
    ),
    "mod_session_sticky": _frame(
        states="VERSION",
    ),
    "mod_static": _frame(
        counters="""
            FILE_BROWSE_SIZE FILE_BROWSE_COUNT FILE_BROWSE_NOT_EXIST
            FILE_BROWSE_CONTENT_TYPE_ERROR FILE_BROWSE_FALLBACK_DEFAULT
        """,
        gauges="FILE_CURRENT_OPENED",
    ),
    "mod_tcp_keepalive": _frame(
        counters="""
            CONN_TO_SET CONN_SET_KEEP_IDLE CONN_SET_KEEP_IDLE_ERROR CONN_SET_KEEP_INTVL
            CONN_SET_KEEP_INTVL_ERROR CONN_SET_KEEP_CNT CONN_SET_KEEP_CNT_ERROR
            CONN_DISABLE_KEEP_ALIVE CONN_DISABLE_KEEP_ALIVE_ERROR CONN_CONVERT_TO_TCP_CONN_ERROR
        """,
    ),
    "mod_trace": _frame(
        counters="START_SPAN_COUNT FINISH_SPAN_COUNT",
    ),
    "mod_trust_clientip": _frame(
        counters="""
            CONN_TOTAL CONN_TRUST_CLIENTIP CONN_ADDR_INTERNAL CONN_ADDR_INTERNAL_NOT_TRUST
        """,
    ),
    "mod_waf": _frame(
        counters="""
            CHECKED_REQ HIT_BLOCKED_REQ HIT_CHECKED_RULE BLOCKED_RULE_ERROR CHECKED_RULE_ERROR
        """,
    ),
}
"""Pages of modules; each has a second one, ``NAME.diff``."""

DELAYS: Mapping[str, DelayFrame] = {
    "proxy_delay": DelayFrame("bfe_proxy_delay_seconds", 1, 10),
    "proxy_post_delay": DelayFrame("bfe_proxy_post_delay_seconds", 1, 10),
    "proxy_handshake_delay": DelayFrame("bfe_tls_handshake_seconds", 100, 10),
    "proxy_handshake_full_delay": DelayFrame("bfe_tls_handshake_full_seconds", 100, 10),
    "proxy_handshake_resume_delay": DelayFrame("bfe_tls_handshake_resume_seconds", 100, 10),
}
"""Latency pages of the core."""

MODULE_DELAYS: Mapping[str, DelayFrame] = {
    "mod_auth_request.delay": DelayFrame("bfe_mod_auth_request_delay_seconds", 1, 20),
}
"""Latency pages of modules, by page name."""

VERSIONED_RELOADS = frozenset(
    {
        "mod_auth_request",
        "mod_cors",
        "mod_key_log",
        "mod_prison",
        "mod_redirect",
        "mod_tag",
        "mod_trace",
        "mod_userid",
    }
)
"""Reloads whose answer carries the version of what was read."""
