"""NextProtos: what a TLS rule offers by ALPN, as written in tls_rule_conf.data.

An item is a protocol with parameters: ``h2;rate=50;mcs=128``. ``&`` separates like ``;``, and the
parameters are encoded as those of a query.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote_plus

PROTOCOLS = ("h2", "spdy/3.1", "http/1.1", "stream")
DEFAULT = ("http/1.1",)

_DEFAULTS = {"level": 0, "rate": 100, "mcs": 200, "isw": 65535, "pp": 0}
_RANGES = {"level": (0, 2), "rate": (0, 100), "mcs": (1, 2**31 - 1), "isw": (65535, 262144)}
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class NextProtocol:
    """One item.

    `level` 0: offered to `rate` of 100 clients; 1: always offered; 2: used even without ALPN.
    `streams` and `window` are settings of HTTP/2; `proxy` the version of the PROXY header that
    `stream` sends to a backend, 0 for none.
    """

    protocol: str
    level: int = 0
    rate: int = 100
    streams: int = 200
    window: int = 65535
    proxy: int = 0


class NextProtocolError(ValueError):
    """An item or a list of them is not allowed; `expected` says what would be."""

    def __init__(self, message: str, expected: str = "") -> None:
        super().__init__(message)
        self.expected = expected


def parse_protocol(item: str) -> NextProtocol:
    """One item.

    Raises:
        NextProtocolError: the protocol or a parameter is not known or out of range.
    """
    protocol, *pairs = item.replace("&", ";").split(";")
    if protocol not in PROTOCOLS:
        raise NextProtocolError(f'unknown protocol "{protocol}"', ", ".join(PROTOCOLS))
    values = dict(_DEFAULTS)
    seen: set[str] = set()
    for pair in pairs:
        if not pair:
            continue
        key, value = _parse_pair(pair)
        if key in seen:
            raise NextProtocolError(f'"{key}" stands twice')
        seen.add(key)
        values[key] = value
    level, rate, streams, window, proxy = values.values()
    if rate != 100 and (level > 0 or protocol == "http/1.1"):
        raise NextProtocolError("this protocol is offered to everybody", "rate=100, or none")
    if proxy not in ((0, 1, 2) if protocol == "stream" else (0,)):
        raise NextProtocolError(f"pp={proxy} is not possible", "stream;pp=1 or stream;pp=2")
    return NextProtocol(protocol, level, rate, streams, window, proxy)


def parse_protocols(items: Sequence[str]) -> tuple[NextProtocol, ...]:
    """A list of items, in order of preference; an empty one is allowed.

    Raises:
        NextProtocolError: an item is wrong, or they do not go together.
    """
    parsed = tuple([parse_protocol(item) for item in items])
    if len(set(items)) < len(items):
        raise NextProtocolError("an item stands twice")
    if any(each.level == 2 for each in parsed):
        if len(parsed) > 1:
            raise NextProtocolError("a protocol of level 2 leaves no room for others", "one item")
    elif parsed and not any(each.protocol == "http/1.1" for each in parsed):
        raise NextProtocolError("clients without ALPN find no protocol", "http/1.1 in the list")
    return parsed


def _parse_pair(pair: str) -> tuple[str, int]:
    key, _, text = pair.partition("=")
    key, text = unquote_plus(key), unquote_plus(text)
    if key not in _DEFAULTS:
        raise NextProtocolError(f'unknown parameter "{key}"', ", ".join(_DEFAULTS))
    if not _INTEGER.fullmatch(text):
        raise NextProtocolError(f'{key} is "{text}"', "an integer")
    value = int(text)
    low, high = _RANGES.get(key, (value, value))
    if not low <= value <= high:
        raise NextProtocolError(f"{key} is {value}", f"{low} to {high}")
    return key, value
