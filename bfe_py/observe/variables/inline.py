"""Variables as expressions: what the readers answer, for a line that is one function.

The reader of a variable says what its value is; what stands here is the same value to the letter
for ordinary subjects. Variables that are not here are asked of their readers in such a line, too.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from bfe_py.model.address import Address
from bfe_py.observe.variables.row import Environment, Inline, MakeInline
from bfe_py.observe.variables.texts import (
    Memo,
    by_second,
    common_log_time,
    date_and_time,
    encode,
    encode_or_unknown,
)

LOCALS: Mapping[str, str] = MappingProxyType(
    {
        "request": "subject.request",
        "headers": "request.headers",
        "response": "subject.response",
        "attempt": "subject.attempt",
        # The property answers just this, and is a call.
        "fault": "subject.fault",
        "session": "subject.session",
        "now": "monotonic()",
        "wall_now": "wall()",
    }
)
"""What expressions may name beside their subject, each worked out once for a line.

A later one may name earlier ones. `monotonic` and `wall` are those of the clock, `round` is the
builtin; there are no other names.
"""

_NO_RESPONSE = "response is None"
_REDIRECTED = "subject.redirect is not None"


def _same(layout: bytes, *values: str, unless: tuple[str, ...] = ()) -> MakeInline:
    """Make function of what needs neither key nor environment."""
    inline = Inline(layout, values, unless=unless)

    def make(_key: str, _environment: Environment) -> Inline:
        return inline

    return make


def _by_text(value: str, show: Callable[[str], bytes] = encode_or_unknown) -> MakeInline:
    """Make function of texts that come again and again; `value` looks them up in ``{texts}``."""

    def make(_key: str, _environment: Environment) -> Inline:
        return Inline(b"%b", (value,), {"texts": Memo(show)})

    return make


def _milliseconds(start: str, end: str, *, only: str = "") -> str:
    """`texts.milliseconds` as a number; `only`: what must hold, with ``and`` behind it."""
    return f"round(({end} - {start}) * 1000000) // 1000 if {only}0.0 < {start} < {end} else 0"


# --- the request and the response


def _url(_key: str, _environment: Environment) -> Inline:
    origins = Memo[tuple[str, str, int]](lambda key: encode(f"{key[0]}://{key[1]}:{key[2]}"))
    origin = "{origins}[attempt.scheme, attempt.host, attempt.port]"
    values = (f"b'' if attempt is None else {origin}", "subject.upstream_target")
    return Inline(b"%b%b", values, {"origins": origins})


def _request_header(key: str, _environment: Environment) -> Inline:
    return Inline(b"%b", ("headers.get({name}) or b'-'",), {"name": encode(key).lower()})


def _request_body_length(_key: str, environment: Environment) -> Inline:
    is_counted = "request.body_length is not None and attempt is not None and attempt.fault is None"
    if environment.is_compatible:
        return Inline(b"%d", (f"subject.body_bytes if {is_counted} else 0",))
    return Inline(b"%d", ("subject.body_bytes",))


def _of_response(value: str) -> MakeInline:
    """Make function of a number that there is where a response is logged."""

    def make(_key: str, environment: Environment) -> Inline:
        unless = (_NO_RESPONSE, _REDIRECTED) if environment.is_compatible else (_NO_RESPONSE,)
        return Inline(b"%d", (value,), unless=unless)

    return make


# --- who and where


def _backend(_key: str, _environment: Environment) -> Inline:
    texts = Memo[tuple[str, str, str, str]](lambda key: encode(",".join(key)))
    value = (
        "{texts}[subject.cluster, subject.sub_cluster, attempt.host, attempt.backend]"
        " if attempt is not None else {texts}[subject.cluster, subject.sub_cluster, '', '']"
    )
    return Inline(b"%b", (value,), {"texts": texts})


def _address_text(key: tuple[int, str, int]) -> bytes:
    return encode(str(Address(*key))) if key[1] else b"-"


def _server_address(_key: str, _environment: Environment) -> Inline:
    texts = Memo(_address_text)
    value = "{texts}[(local := session.local).value, local.text, local.port]"
    return Inline(b"%b", (value,), {"texts": texts})


# --- times


def _request_time(_key: str, _environment: Environment) -> Inline:
    return Inline(b"%b", ("{texts}[subject.started // 1]",), {"texts": by_second(common_log_time)})


def _time(_key: str, _environment: Environment) -> Inline:
    return Inline(b"%b", ("{texts}[wall_now // 1]",), {"texts": by_second(date_and_time)})


_TRIED = "attempt is not None and "

_last_backend = _same(b"%d", _milliseconds("attempt.started", "attempt.ended", only=_TRIED))


def _write(key: str, environment: Environment) -> Inline:
    if environment.is_compatible:
        return _last_backend(key, environment)
    return Inline(b"%d", (_milliseconds("attempt.ended", "now", only=_TRIED),))


_CONNECTED = "(attempt.connect_ended or attempt.ended)"

REQUEST_INLINE: Mapping[str, MakeInline] = MappingProxyType(
    {
        "host": _same(b"%b", "subject.host_field"),
        "req_uri": _same(b"%b", "request.target"),
        "request_line": _same(
            b"%b %b HTTP/%b",
            "request.method",
            "request.target",
            "request.version if request.version != b'2' else b'2.0'",
        ),
        "url": _url,
        "req_header": _request_header,
        "redirect": _same(b"-", unless=(_REDIRECTED,)),
        "error": _same(b"-", unless=("fault is not None",)),
        # Another one for each request: nothing to keep.
        "log_id": _same(b"%b", "subject.log_id.encode('utf-8', 'surrogateescape')"),
        "req_body_len": _request_body_length,
        "req_nth": _same(b"%d", "subject.nth"),
        "status_code": _of_response("response.status"),
        "res_len": _of_response("subject.response_bytes"),
        "res_body_len": _same(b"%d", "subject.response_body_bytes"),
        "product": _by_text("{texts}[subject.tenant]"),
        "cluster_name": _by_text("{texts}[subject.cluster]"),
        "subcluster": _by_text("{texts}[subject.sub_cluster]", encode),
        "backend": _backend,
        "retry_num": _same(b"%d", "subject.retries"),
        "remote_addr": _by_text("{texts}[session.peer.text]"),
        "server_addr": _server_address,
        "vip": _by_text("b'-' if session.vip is None else {texts}[session.vip.text]"),
        "is_trust_clientip": _same(b"%b", "b'true' if session.is_trusted else b'false'"),
        "all_time": _same(b"%d", _milliseconds("subject.head_started", "now")),
        "read_req_duration": _same(
            b"%d", _milliseconds("subject.head_started", "subject.head_ended")
        ),
        "cluster_duration": _same(
            b"%d", _milliseconds("subject.cluster_started", "subject.cluster_ended")
        ),
        "last_backend_duration": _last_backend,
        "response_duration": _same(
            b"%d", _milliseconds("subject.response_started", "subject.response_ended")
        ),
        "connect_time": _same(
            b"%d",
            _milliseconds("attempt.connect_started", _CONNECTED),
            unless=("attempt is None", f"{_CONNECTED} < attempt.connect_started"),
        ),
        "proxy_delay": _same(
            b"%d",
            _milliseconds("subject.head_ended", "subject.cluster_started"),
            unless=("not subject.cluster_started",),
        ),
        "readwrite_serve_time": _same(
            b"%d",
            _milliseconds("attempt.started", "now"),
            unless=("attempt is None", "not attempt.started"),
        ),
        "write_serve_time": _write,
        "since_ses_start_time": _same(b"%d", _milliseconds("session.started", "wall_now")),
        "request_time": _request_time,
        "time": _time,
    }
)
"""Variables of a request, by name."""

SESSION_INLINE: Mapping[str, MakeInline] = MappingProxyType(
    {
        "ses_read_total": _same(b"%d", "subject.bytes_read"),
        "ses_write_total": _same(b"%d", "subject.bytes_written"),
        "ses_keepalive_num": _same(b"%d", "subject.requests"),
        "ses_use100": _same(b"%b", "b'true' if subject.used_continue else b'false'"),
        "ses_is_secure": _same(b"%b", "b'true' if subject.tls is not None else b'false'"),
        "ses_error": _same(b"-", unless=("subject.fault_code",)),
        "time": _time,
    }
)
"""Variables of a connection, by name."""
