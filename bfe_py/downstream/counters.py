"""What is counted of client connections."""

from bfe_py.observe import Counters, counter, gauge


class Tally:
    """Requests of one kind of connections: those that began, and those that are in progress."""

    __slots__ = ("active", "begun")

    def __init__(self) -> None:
        self.begun = self.active = 0


class ClientCounters(Counters, prefix="bfe_client"):
    """All listeners of the data plane together; requests are counted in `clear` and `secure`."""

    def __init__(self) -> None:
        super().__init__()
        self.clear = Tally()
        self.secure = Tally()

    connections: int = counter("Connections served.", bfe="proxy_state.CLIENT_CONN_SERVED")
    connections_active: int = gauge("Connections open.", bfe="proxy_state.CLIENT_CONN_ACTIVE")
    http_connections: int = counter(
        "Connections in clear served.", bfe="proxy_state.HTTP_CLIENT_CONN_SERVED"
    )
    http_connections_active: int = gauge(
        "Connections in clear open.", bfe="proxy_state.HTTP_CLIENT_CONN_ACTIVE"
    )
    https_connections: int = counter(
        "HTTP/1 connections over TLS served.", bfe="proxy_state.HTTPS_CLIENT_CONN_SERVED"
    )
    https_connections_active: int = gauge(
        "HTTP/1 connections over TLS open.", bfe="proxy_state.HTTPS_CLIENT_CONN_ACTIVE"
    )
    requests: int = counter(
        "Request heads read.",
        bfe="proxy_state.CLIENT_REQ_SERVED",
        sum_of=("clear.begun", "secure.begun"),
    )
    requests_active: int = gauge(
        "Requests in progress.",
        bfe="proxy_state.CLIENT_REQ_ACTIVE",
        sum_of=("clear.active", "secure.active"),
    )
    http_requests: int = counter(
        "Requests in clear.", bfe="proxy_state.HTTP_CLIENT_REQ_SERVED", sum_of=("clear.begun",)
    )
    http_requests_active: int = gauge(
        "Requests in clear in progress.",
        bfe="proxy_state.HTTP_CLIENT_REQ_ACTIVE",
        sum_of=("clear.active",),
    )
    https_requests: int = counter(
        "HTTP/1 requests over TLS.",
        bfe="proxy_state.HTTPS_CLIENT_REQ_SERVED",
        sum_of=("secure.begun",),
    )
    https_requests_active: int = gauge(
        "HTTP/1 requests over TLS in progress.",
        bfe="proxy_state.HTTPS_CLIENT_REQ_ACTIVE",
        sum_of=("secure.active",),
    )
    unfinished: int = counter(
        "Connections that ended during a request.",
        bfe="proxy_state.CLIENT_CONN_UNFINISHED_REQ",
    )
    continues: int = counter(
        "Requests with Expect: 100-continue.", bfe="proxy_state.CLIENT_CONN_USE100_CONTINUE"
    )
    accept_errors: int = counter("Errors of accept().", bfe="proxy_state.ERR_CLIENT_CONN_ACCEPT")
    over_limit: int = counter("Connections refused because a worker has too many.")
    over_all_limit: int = counter("Connections refused because all workers have too many.")
    over_address_limit: int = counter("Connections refused because their address has too many.")
    over_reload: int = counter(
        "Connections cut off some time behind a reload that takes their exchange elsewhere."
    )
    over_requests: int = counter("Connections ended because they carried all requests one may.")
    idle_ended: int = counter("Connections ended because no request came for too long.")
    stalled: int = counter("Connections cut off because the client took too little.")
    crashes: int = counter(
        "Exchanges that ended in an unforeseen exception.",
        bfe="proxy_state.PANIC_CLIENT_CONN_SERVE",
    )
    target_too_long: int = counter(
        "Request targets over the limit.", bfe="proxy_state.ERR_CLIENT_LONG_URL"
    )
    header_too_large: int = counter(
        "Request heads over the limit.", bfe="proxy_state.ERR_CLIENT_LONG_HEADER"
    )
    bad_requests: int = counter(
        "Requests that break the protocol.", bfe="proxy_state.ERR_CLIENT_BAD_REQUEST"
    )
    expect_empty: int = counter(
        "100-continue without a body.", bfe="proxy_state.ERR_CLIENT_ZERO_CONTENTLEN"
    )
    expect_unknown: int = counter(
        "Expectations we do not know.", bfe="proxy_state.ERR_CLIENT_EXPECT_FAIL"
    )
    closed: int = counter("Connections the client ended.", bfe="proxy_state.ERR_CLIENT_CLOSE")
    timeouts: int = counter("Clients that took too long.", bfe="proxy_state.ERR_CLIENT_TIMEOUT")
    resets: int = counter("Connections the client reset.", bfe="proxy_state.ERR_CLIENT_RESET")
    bytes_read: int = counter("Bytes from clients.")
    bytes_written: int = counter("Bytes to clients.")


class RefusalCounters(Counters, prefix="bfe_client_refused", labels=("kind",)):
    """Messages refused, by the word for what is wrong with them."""

    requests: int = counter("Requests refused because they break the protocol.")


class TlsCounters(Counters, prefix="bfe_tls"):
    """Handshakes with clients."""

    handshakes: int = counter("Handshakes tried.", bfe="proxy_state.TLS_HANDSHAKE_ALL")
    succeeded: int = counter("Handshakes done.", bfe="proxy_state.TLS_HANDSHAKE_SUCC")
    full: int = counter("Full handshakes done.", bfe="tls_state.TLS_HANDSHAKE_FULL_SUCC")
    resumed: int = counter("Resumed handshakes.", bfe="tls_state.TLS_HANDSHAKE_RESUME_SUCC")


class ProxyHeaderCounters(Counters, prefix="bfe_proxy_protocol"):
    """PROXY headers of connections."""

    read_errors: int = counter(
        "Connections that ended before the header was whole.",
        bfe="proxy_protocol_state.PROXY_ERR_READ_HEADER",
    )
    absent: int = counter(
        "Connections without a header.", bfe="proxy_protocol_state.PROXY_ERR_NO_PROXY_PROTOCOL"
    )
    invalid: int = counter(
        "Malformed headers.", bfe="proxy_protocol_state.PROXY_ERR_INVALID_HEADER"
    )
    untrusted: int = counter("Connections from peers whose header does not count.")
    matched_v1: int = counter(
        "Version 1 signatures.", bfe="proxy_protocol_state.PROXY_MATCHED_V1_SIGNATURE"
    )
    matched_v2: int = counter(
        "Version 2 signatures.", bfe="proxy_protocol_state.PROXY_MATCHED_V2_SIGNATURE"
    )
    accepted_v1: int = counter(
        "Version 1 headers taken.", bfe="proxy_protocol_state.PROXY_NORMAL_V1_HEADER"
    )
    accepted_v2: int = counter(
        "Version 2 headers taken.", bfe="proxy_protocol_state.PROXY_NORMAL_V2_HEADER"
    )
