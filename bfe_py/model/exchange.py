"""Exchange: one request with its response, and all that was decided about it."""

from collections.abc import Mapping

from bfe_py.condition import TargetError, decode_path, parse_cookies, parse_query, split_host
from bfe_py.model.address import Address
from bfe_py.model.attempt import Attempt
from bfe_py.model.fault import Fault
from bfe_py.model.message import RequestHead, ResponseHead
from bfe_py.model.session import Session
from bfe_py.model.streaming import Transform
from bfe_py.model.target import origin_form


class Exchange:
    """One request/response pair of a session, from its head to its access-log line.

    Satisfies `condition.Facts`: what rules read is computed here, once, from the request head.
    `rewrite` is the one way to change what they were computed from.

    `started` is wall clock, in seconds; `nth` counts the exchanges of the session, from 1. `client`
    is the socket's peer, or whom a trusted peer names; None if that cannot be used. `closes`: the
    connection ends with this exchange.
    `body_bytes` of the request body were read; `response_bytes` of head and body were sent.
    `transforms` are those of the response body, in order; modules append in the RESPONSE phase.

    When it passed each point, in monotonic seconds, 0.0 where it did not: `head_started` first byte
    of the request, `head_ended` its head was whole, `cluster_started` the first attempt began,
    `cluster_ended` the last one ended (response head or fault), `response_started` and
    `response_ended`.
    """

    __slots__ = (
        "_cookies",
        "_query",
        "attempt",
        "body_bytes",
        "body_prefix",
        "client",
        "client_host",
        "closes",
        "cluster",
        "cluster_ended",
        "cluster_started",
        "compatible",
        "context",
        "crossed",
        "fault",
        "has_bad_target",
        "head_ended",
        "head_started",
        "host",
        "host_field",
        "host_tag",
        "log_id",
        "nth",
        "path",
        "port",
        "redirect",
        "request",
        "response",
        "response_body_bytes",
        "response_bytes",
        "response_ended",
        "response_started",
        "retries",
        "session",
        "started",
        "sub_cluster",
        "tags",
        "tenant",
        "transforms",
        "upstream_target",
    )

    def __init__(
        self, session: Session, request: RequestHead, started: float, now: float = 0.0
    ) -> None:
        self.session = session
        self.request = request
        self.started = started
        self.client: Address | None = session.peer
        self.tenant = self.host_tag = self.cluster = self.sub_cluster = self.log_id = ""
        self.nth = session.requests
        self.compatible = self.closes = self.crossed = False
        self.response: ResponseHead | None = None
        self.redirect: tuple[bytes, int] | None = None
        self.fault: Fault | None = None
        """How it failed, without its frames; None if it did not."""
        self.attempt: Attempt | None = None
        self.head_started, self.head_ended = request.received or now, now
        self.cluster_started = self.cluster_ended = 0.0
        self.response_started = self.response_ended = 0.0
        self.retries = self.body_bytes = self.response_bytes = self.response_body_bytes = 0
        self.body_prefix = b""
        self.tags: dict[str, list[str]] = {}
        self.context: dict[str, object] = {}
        self.transforms: list[Transform] | None = None
        self._query: Mapping[str, str] | None = None
        self._cookies: Mapping[str, str] | None = None
        self.has_bad_target = False
        """The path has a bad percent escape: the request must be refused."""
        target, authority = request.target, request.authority
        if authority is None:
            self.upstream_target = target
            """Origin-form target that is sent to the backend."""
            host = request.headers.get(b"host") or b""
        else:
            self.upstream_target = origin_form(target, request.method)
            host = authority
        self.client_host = self.host_field = host
        """Host of the request as the client sent it, and as it is sent to the backend."""
        known = session.known_host
        if known[0] != host:
            known = session.known_host = (host, *split_host(_text(host)))
        _, self.host, self.port = known
        if request.is_plain:
            self.path = target.partition(b"?")[0].decode("ascii")
        else:
            self.path = ""
            self._set_path(target)

    def _set_host(self, host: bytes) -> None:
        self.host_field = host
        self.host, self.port = split_host(_text(host))

    def _set_path(self, target: bytes) -> None:
        if target[:1] == b"/" and target.find(b"%") < 0:
            self.path = target.partition(b"?")[0].decode("utf-8", "surrogateescape")
            return
        try:
            self.path = decode_path(_text(target))
        except TargetError:
            self.has_bad_target = True

    def fail(self, fault: Fault) -> None:
        """Note how it failed."""
        fault.forget_frames()
        if self.attempt is not None and self.attempt.fault is not None:
            self.attempt.fault.forget_frames()  # it may have been raised again since
        self.fault = fault

    # --- what rules read (condition.Facts)

    @property
    def method(self) -> str:
        """Request method."""
        return self.request.method.decode("ascii", "surrogateescape")

    @property
    def protocol(self) -> str:
        """Version of the request line in clear, the session's protocol over TLS."""
        tls = self.session.tls
        if tls is None:
            return "HTTP/" + self.request.version.decode("ascii")
        return "h2" if tls.alpn == "h2" else "https"

    @property
    def is_secure(self) -> bool:
        """The connection is TLS."""
        return self.session.tls is not None

    @property
    def target(self) -> str:
        """Request target exactly as sent."""
        return _text(self.request.target)

    @property
    def query(self) -> Mapping[str, str]:
        """First value of each query parameter."""
        if self._query is None:
            self._query = parse_query(_text(self.upstream_target).partition("?")[2])
        return self._query

    @property
    def cookies(self) -> Mapping[str, str]:
        """First value of each cookie."""
        if self._cookies is None:
            lines = self.request.headers.get_all(b"cookie")
            self._cookies = parse_cookies([_text(line) for line in lines])
        return self._cookies

    def header(self, name: str) -> str | None:
        """First value of a request field, without regard to case; Host is not among them."""
        lower = name.lower().encode("utf-8", "surrogateescape")
        if lower == b"host":
            return None
        value = self.request.headers.get(lower)
        return None if value is None else _text(value)

    @property
    def client_address(self) -> int | None:
        """Address of the client as a number."""
        return None if self.client is None else self.client.value

    @property
    def socket_address(self) -> int | None:
        """Peer of the connection as a number."""
        return self.session.peer.value

    @property
    def vip(self) -> int | None:
        """Address that the client connected to, where a PROXY header told it."""
        vip = self.session.vip
        return None if vip is None else vip.value

    @property
    def is_trusted(self) -> bool:
        """The peer's forwarded fields count."""
        return self.session.is_trusted

    @property
    def server_name(self) -> str | None:
        """TLS server name indication."""
        tls = self.session.tls
        return None if tls is None else tls.server_name

    @property
    def is_client_authenticated(self) -> bool:
        """TLS client certificate authentication is in force."""
        tls = self.session.tls
        return tls is not None and tls.is_client_authenticated

    @property
    def client_authority(self) -> str | None:
        """Authority of the client certificate."""
        tls = self.session.tls
        return None if tls is None else tls.client_authority

    @property
    def status(self) -> int | None:
        """Status code of the response, once there is one."""
        return None if self.response is None else self.response.status

    def response_header(self, name: str) -> str | None:
        """First value of a response field."""
        if self.response is None:
            return None
        value = self.response.headers.get(name.lower().encode("utf-8", "surrogateescape"))
        return None if value is None else _text(value)

    @property
    def now(self) -> float:
        """Wall clock of the exchange's start."""
        return self.started

    # --- changing the request

    def rewrite(self, *, host: bytes | None = None, target: bytes | None = None) -> None:
        """Send another Host or target (origin-form) upstream; rules that follow see it."""
        if host is not None:
            self._set_host(host)
        if target is not None:
            self.upstream_target = target
            self._set_path(target)
            self._query = None

    def forget_cookies(self) -> None:
        """The Cookie fields were changed: read them again when next asked."""
        self._cookies = None

    def tag(self, name: str, value: str) -> None:
        """Attach a tag for later rules."""
        self.tags.setdefault(name, []).append(value)

    def note(self, name: str, value: object) -> None:
        """Note a value by name for later rules and logs."""
        self.context[name] = value


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")
