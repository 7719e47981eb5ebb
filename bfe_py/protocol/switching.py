"""Switching protocols (RFC 9110 section 7.8): who may ask for it, and which answer agrees to it."""

import re

from bfe_py.model import Fault, Headers, Kind, RequestHead, ResponseHead
from bfe_py.protocol.framing import ONE_HOP, one_hop_names

_UPGRADE = frozenset({b"upgrade"})
_NO_OPTIONS: frozenset[bytes] = frozenset()
_KEPT_FROM_SWITCH = ONE_HOP - _UPGRADE
_PROTOCOL = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:/[!#$%&'*+.^_`|~0-9A-Za-z-]+)?")

_STILL_HTTP = frozenset({b"h2", b"h2c", b"h3", b"http", b"https", b"tls"})
"""Protocols in which requests would go on, past every rule: a way to smuggle them."""


def settle_upgrade(request: RequestHead) -> None:
    """Leave the Upgrade that Connection nominates only where it may be passed on.

    That is a GET of HTTP/1.1 without a body that names no protocol which is HTTP itself. Otherwise
    it becomes a plain request: "A server MAY ignore a received Upgrade header field if it wishes to
    continue using the current protocol on that connection."
    """
    named = _protocols(request.headers)
    is_plain = request.method != b"GET" or request.version != b"1.1" or request.body_length != 0
    if is_plain or not named or not all(map(_can_switch, named)):
        request.headers.remove(b"upgrade")
        request.options -= _UPGRADE


def is_websocket(request: RequestHead) -> bool:
    """Whether a request asks for WebSocket and nothing else: the one upgrade that BFE knows."""
    if b"upgrade" not in request.options:
        return False
    return (request.headers.get(b"upgrade") or b"").lower() == b"websocket"


def admit_switch(request: RequestHead, response: ResponseHead) -> None:
    """Take out of a 101 what is meant for one connection only, all but Upgrade.

    Raises:
        Fault: BAD_RESPONSE, it does not name the new protocol, or one that was not asked for ("A
            server MUST NOT switch to a protocol that was not indicated by the client").
    """
    asked = {protocol.lower() for protocol in _protocols(request.headers)}
    named = {protocol.lower() for protocol in _protocols(response.headers)}
    if not named or not named <= asked:
        detail = "switch-unoffered" if named else "switch-unnamed"
        raise Fault(Kind.BAD_RESPONSE, detail, request_sent=True)
    names = one_hop_names(response.options, [], _KEPT_FROM_SWITCH) - _UPGRADE
    response.headers.remove_all(names)
    response.options = _NO_OPTIONS


def _protocols(headers: Headers) -> list[bytes]:
    """Members of Upgrade, as they are written."""
    members = b",".join(headers.get_all(b"upgrade")).split(b",")
    return [member for member in [each.strip(b" \t") for each in members] if member]


def _can_switch(protocol: bytes) -> bool:
    match = _PROTOCOL.fullmatch(protocol)
    return match is not None and match.group(1).lower() not in _STILL_HTTP
