"""Variables of an exchange: what was asked, what was answered, who did it."""

from collections.abc import Callable

from bfe_py.model.exchange import Exchange
from bfe_py.model.fault import Fault, Kind
from bfe_py.model.message import ResponseHead
from bfe_py.observe.variables.row import Environment, Variable, plain
from bfe_py.observe.variables.texts import (
    UNKNOWN,
    encode,
    encode_or_unknown,
    true_or_false,
)

Reader = Callable[[Exchange], bytes]

_BFE_DETAILS = {
    Kind.NO_TENANT: b"no product found",
    Kind.NO_ROUTE: b"no rule match for this req",
    Kind.BLACKHOLE: b"",
}


# --- the request


def _host(exchange: Exchange) -> bytes:
    return exchange.host_field


def _target(exchange: Exchange) -> bytes:
    return exchange.request.target


def protocol_text(version: bytes) -> bytes:
    """``HTTP/1.1`` of ``1.1``; HTTP/2 is ``HTTP/2.0``."""
    return b"HTTP/2.0" if version == b"2" else b"HTTP/" + version


def request_line(exchange: Exchange) -> bytes:
    """Request line, as it would stand in HTTP/1."""
    request = exchange.request
    return b"%b %b %b" % (request.method, request.target, protocol_text(request.version))


def _url(exchange: Exchange) -> bytes:
    attempt = exchange.attempt
    target = exchange.upstream_target
    if attempt is None:
        return target
    return encode(f"{attempt.scheme}://{attempt.host}:{attempt.port}") + target


def _request_header(key: str, _environment: Environment) -> Reader:
    name = encode(key).lower()

    def read(exchange: Exchange) -> bytes:
        return exchange.request.headers.get(name) or UNKNOWN

    return read


def _request_cookie(key: str, _environment: Environment) -> Reader:
    def read(exchange: Exchange) -> bytes:
        value = exchange.cookies.get(key)
        return UNKNOWN if value is None else encode(value)

    return read


def _request_body_length(_key: str, environment: Environment) -> Reader:
    def bytes_read(exchange: Exchange) -> bytes:
        return b"%d" % exchange.body_bytes

    def bytes_forwarded(exchange: Exchange) -> bytes:
        """BFE counts bodies of known length only, and only where the backend answered."""
        attempt = exchange.attempt
        is_counted = attempt is not None and attempt.fault is None
        if exchange.request.body_length is None or not is_counted:
            return b"0"
        return b"%d" % exchange.body_bytes

    return bytes_forwarded if environment.is_compatible else bytes_read


def _nth(exchange: Exchange) -> bytes:
    return b"%d" % exchange.nth


# --- the response


def _logged_response(environment: Environment) -> Callable[[Exchange], ResponseHead | None]:
    def response(exchange: Exchange) -> ResponseHead | None:
        return exchange.response

    def response_unless_redirected(exchange: Exchange) -> ResponseHead | None:
        return None if exchange.redirect is not None else exchange.response

    return response_unless_redirected if environment.is_compatible else response


def _status(_key: str, environment: Environment) -> Reader:
    find = _logged_response(environment)

    def read(exchange: Exchange) -> bytes:
        response = find(exchange)
        return UNKNOWN if response is None else b"%d" % response.status

    return read


def _response_length(_key: str, environment: Environment) -> Reader:
    find = _logged_response(environment)

    def read(exchange: Exchange) -> bytes:
        return UNKNOWN if find(exchange) is None else b"%d" % exchange.response_bytes

    return read


def _response_body_length(exchange: Exchange) -> bytes:
    return b"%d" % exchange.response_body_bytes


def _response_header(key: str, environment: Environment) -> Reader:
    name = encode(key).lower()
    find = _logged_response(environment)

    def read(exchange: Exchange) -> bytes:
        response = find(exchange)
        values = [] if response is None else response.headers.get_all(name)
        return b",".join(values) if values else UNKNOWN

    return read


def _response_cookie(key: str, environment: Environment) -> Reader:
    start = encode(key) + b"="
    find = _logged_response(environment)

    def read(exchange: Exchange) -> bytes:
        response = find(exchange)
        if response is None:
            return UNKNOWN
        for line in response.headers.get_all(b"set-cookie"):
            pair = line.partition(b";")[0].strip()
            if pair.startswith(start):
                value = pair[len(start) :]
                is_quoted = len(value) > 1 and value[:1] == value[-1:] == b'"'
                return value[1:-1] if is_quoted else value
        return UNKNOWN

    return read


def _is_made_here(exchange: Exchange) -> bool:
    fault = exchange.fault
    return exchange.attempt is None or (fault is not None and bool(fault.kind.value.bfe_status))


def _response_protocol(_key: str, environment: Environment) -> Reader:
    find = _logged_response(environment)

    def read(exchange: Exchange) -> bytes:
        response = find(exchange)
        if response is None:
            return UNKNOWN
        return b"" if _is_made_here(exchange) else protocol_text(response.version)

    return read


def _redirect(exchange: Exchange) -> bytes:
    redirect = exchange.redirect
    return UNKNOWN if redirect is None else b"%b,%d" % redirect


# --- what went wrong, and where it went


def _fault_text(fault: Fault, detail: bytes) -> bytes:
    return encode(fault.code) + b"," + detail if detail else encode(fault.code)


def _fault(_key: str, environment: Environment) -> Reader:
    def read(exchange: Exchange) -> bytes:
        fault = exchange.fault
        return UNKNOWN if fault is None else _fault_text(fault, encode(fault.detail))

    def read_compatibly(exchange: Exchange) -> bytes:
        fault = exchange.fault
        if fault is None:
            return UNKNOWN
        detail = _BFE_DETAILS.get(fault.kind)
        if detail is None:
            detail = encode(fault.detail) or encode(fault.kind.name.lower().replace("_", " "))
        return _fault_text(fault, detail)

    return read_compatibly if environment.is_compatible else read


def _tenant(exchange: Exchange) -> bytes:
    return encode_or_unknown(exchange.tenant)


def _cluster(exchange: Exchange) -> bytes:
    return encode_or_unknown(exchange.cluster)


def _sub_cluster(exchange: Exchange) -> bytes:
    return encode(exchange.sub_cluster)


def _backend(exchange: Exchange) -> bytes:
    attempt = exchange.attempt
    host, name = ("", "") if attempt is None else (attempt.host, attempt.backend)
    return encode(f"{exchange.cluster},{exchange.sub_cluster},{host},{name}")


def _retries(exchange: Exchange) -> bytes:
    return b"%d" % exchange.retries


# --- the connection


def _peer(exchange: Exchange) -> bytes:
    return encode_or_unknown(exchange.session.peer.text)


def _server_address(exchange: Exchange) -> bytes:
    local = exchange.session.local
    return encode(str(local)) if local.text else UNKNOWN


def _vip(exchange: Exchange) -> bytes:
    vip = exchange.session.vip
    return UNKNOWN if vip is None else encode_or_unknown(vip.text)


def _log_id(exchange: Exchange) -> bytes:
    return encode(exchange.log_id)


def _is_trusted(exchange: Exchange) -> bytes:
    return true_or_false(value=exchange.session.is_trusted)


_FOREIGN = (
    Variable("host", "Host of the request, with its port.", plain(_host), is_foreign=True),
    Variable("req_uri", "Request target as sent.", plain(_target), is_foreign=True),
    Variable("request_line", "METHOD TARGET PROTOCOL.", plain(request_line), is_foreign=True),
    Variable("url", "Target sent upstream, with scheme and backend.", plain(_url), is_foreign=True),
    Variable("req_header", "Request field KEY.", _request_header, is_keyed=True, is_foreign=True),
    Variable("req_cookie", "Cookie KEY.", _request_cookie, is_keyed=True, is_foreign=True),
    Variable("res_header", "Response field KEY.", _response_header, is_keyed=True, is_foreign=True),
    Variable(
        "res_cookie", "Set-Cookie value of KEY.", _response_cookie, is_keyed=True, is_foreign=True
    ),
    Variable("res_proto", "Protocol of the backend's response.", _response_protocol),
    Variable("redirect", "Redirect: URL,STATUS.", plain(_redirect), is_foreign=True),
    Variable("error", "Fault: CODE or CODE,DETAIL.", _fault, is_foreign=True),
    Variable("log_id", "Id of the request (mod_logid).", plain(_log_id), is_foreign=True),
)

VALUES = (
    *_FOREIGN,
    Variable("req_body_len", "Bytes of the request body.", _request_body_length),
    Variable("req_nth", "Number of the request in its connection, from 1.", plain(_nth)),
    Variable("status_code", "Status of the response.", _status),
    Variable("res_len", "Bytes of head and body that were sent.", _response_length),
    Variable("res_body_len", "Bytes of the body that were sent.", plain(_response_body_length)),
    Variable("product", "Tenant.", plain(_tenant)),
    Variable("cluster_name", "Cluster.", plain(_cluster)),
    Variable("subcluster", "Sub-cluster.", plain(_sub_cluster)),
    Variable("backend", "CLUSTER,SUBCLUSTER,ADDRESS,NAME.", plain(_backend)),
    Variable("retry_num", "Attempts after the first.", plain(_retries)),
    Variable("remote_addr", "IP address of the connection's peer.", plain(_peer)),
    Variable("server_addr", "Address and port the peer connected to.", plain(_server_address)),
    Variable("vip", "Virtual address, from a PROXY header.", plain(_vip)),
    Variable(
        "is_trust_clientip", "Whether the peer is trusted: true or false.", plain(_is_trusted)
    ),
)
"""Variables of a request that are no times."""
