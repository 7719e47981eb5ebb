"""What a proxy should not send although nobody can mistake it for something else."""

import re

from tests.kit.smuggle_reader import Message

TARGET_COMPLAINT = "request target with characters of no URI:"

# RFC 9112 3.2 with RFC 3986 3.3, 3.4 and 3.2.2
_PCHAR = rb"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})"
_ORIGIN_FORM = re.compile(rb"(?:/" + _PCHAR + rb"*)+(?:\?(?:" + _PCHAR + rb"|[/?])*)?")
_URI_HOST = rb"(?:\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9._~!$&'()*+;=-]|%[0-9A-Fa-f]{2})+)"
_HOST = re.compile(_URI_HOST + rb"(?::[0-9]{0,5})?")
_AUTHORITY_FORM = re.compile(_URI_HOST + rb":[0-9]{1,5}")

_OF_ONE_HOP = (
    b"expect",
    b"http2-settings",
    b"keep-alive",
    b"proxy-authenticate",
    b"proxy-authorization",
    b"proxy-connection",
)
_OPTIONS = (b"close", b"keep-alive", b"upgrade", b"te")
_NOT_IN_TRAILERS = (
    b"authorization",
    b"connection",
    b"content-length",
    b"content-type",
    b"cookie",
    b"expect",
    b"forwarded",
    b"host",
    b"set-cookie",
    b"te",
    b"trailer",
    b"transfer-encoding",
)
_SAID_BY_PROXIES = (b"x-forwarded-", b"x-real-", b"x-bfe-")


def complaints_of(request: Message) -> list[str]:
    """Everything about a well-formed request that should not leave a proxy."""
    method, target, _ = request.start
    complaints = []
    form = _AUTHORITY_FORM if method == b"CONNECT" else _ORIGIN_FORM
    if form.fullmatch(target) is None and (method, target) != (b"OPTIONS", b"*"):
        complaints.append(f"{TARGET_COMPLAINT} {target!r}")
    hosts = request.values(b"host")
    if len(hosts) != 1 or _HOST.fullmatch(hosts[0]) is None:
        complaints.append(f"Host {hosts!r}")
    complaints += [f"a field of one hop, {name!r}" for name in _OF_ONE_HOP if request.values(name)]
    for name, _ in request.trailers:
        lower = name.lower()
        if lower in _NOT_IN_TRAILERS or lower.startswith(_SAID_BY_PROXIES):
            complaints.append(f"a trailer that may not be one, {name!r}")
    return complaints + _complaints_of_options(request)


def _complaints_of_options(request: Message) -> list[str]:
    options = [
        option.strip(b" \t").lower()
        for value in request.values(b"connection")
        for option in value.split(b",")
    ]
    complaints = [
        f"a connection option of another hop, {one!r}" for one in options if one not in _OPTIONS
    ]
    if [value.lower() for value in request.values(b"te")] not in ([], [b"trailers"]):
        complaints.append("TE")
    if request.values(b"upgrade") and b"upgrade" not in options:
        complaints.append("Upgrade that Connection does not list")
    return complaints
