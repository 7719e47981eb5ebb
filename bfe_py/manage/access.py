"""Who may ask: a browser must not be made to, and reloading is for this machine only.

A page that somebody visits can send requests to addresses that only its visitor reaches. Two marks
give it away. Its name was made to point here (DNS rebinding): then Host is that name, neither an
address nor ours. Or it simply links here: then Origin or Sec-Fetch-Site says so.

And what a proxy on this machine passes on comes from this machine too, whoever sent it. Proxies say
so in fields of their own: what has one of these reloads nothing.
"""

import hmac
from dataclasses import dataclass

from bfe_py.manage.answer import Ask
from bfe_py.model import Address, Headers, IpRange, parse_address

FORWARDING = (
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Real-Ip",
    "Forwarded",
    "Via",
    "X-Bfe-Log-Id",
    "X-Bfe-Ip",
)
"""What only proxies add, ours among them."""

_LOOPBACK_V4 = IpRange(0xFFFF7F000000, 0xFFFF7FFFFFFF)
_LOOPBACK_V6 = 1
_EVERYWHERE = ("0.0.0.0", "::")


@dataclass(frozen=True, slots=True)
class Access:
    """What is let in.

    `address` is where the listener is, an address or name; empty or unspecified: at every address.
    `names` are further host names of it, in lower case. `token`, if not empty, is what every reload
    must show as ``Authorization: Bearer``; it then may come from anywhere. `checks_host` False:
    BFE, which lets any page of any browser read.
    """

    address: str = ""
    names: frozenset[str] = frozenset()
    token: str = ""
    checks_host: bool = True

    def find_refusal(self, ask: Ask) -> str | None:
        """Why a request is not let in at all, or None."""
        if not self.checks_host:
            return None
        if not self._is_ours(ask.host):
            return f"host not allowed [{ask.host}]"
        if _is_elsewhere(ask):
            return f"origin not allowed [{ask.origin}]"
        return None

    def find_reload_refusal(self, ask: Ask, act: str = "reload") -> str | None:
        """Why a request may not reload, or `act` in another way; None: it may."""
        if ask.forwarded:
            return f"{act} is not allowed for what came through a proxy [{ask.forwarded}]"
        if _is_elsewhere(ask):
            return f"{act} is not allowed for a page of [{ask.origin}]"
        if ask.fetch_site not in {"", "none", "same-origin"}:
            return f"{act} is not allowed for a page that is {ask.fetch_site}"
        if self.token:
            return None if self._has_token(ask) else f"{act} needs its token"
        for peer in () if ask.is_unix else ask.peers:
            if not is_loopback(peer):
                return f"{act} is not allowed from [{peer}]"
        return None

    def _is_ours(self, host: str) -> bool:
        # A client without Host (HTTP/1.0) is no browser.
        name = host_name(host)
        address = parse_address(name.strip("[]"))
        if address is None:
            is_own = bool(name) and name == self.address.lower()
            return not host or is_own or name == "localhost" or name in self.names
        own = parse_address(self.address.strip("[]"))
        if own is None:
            return not self.address or is_loopback(address)
        return own.text in _EVERYWHERE or own.value == address.value or is_loopback(address)

    def _has_token(self, ask: Ask) -> bool:
        scheme, _, shown = ask.authorization.partition(" ")
        expected = self.token.encode("utf-8", "surrogateescape")
        given = shown.strip().encode("utf-8", "surrogateescape")
        return scheme.lower() == "bearer" and hmac.compare_digest(expected, given)


def find_forwarding(headers: Headers) -> str:
    """The field among `headers` that only a proxy adds; empty if there is none."""
    for name in FORWARDING:
        if headers.get(name.lower().encode()) is not None:
            return name
    return ""


def host_name(authority: str) -> str:
    """The host of an authority in lower case, without port and final dot."""
    name, colon, port = authority.rpartition(":")
    is_bare_v6 = ":" in name and not name.endswith("]")
    if not colon or (port and not port.isdigit()) or is_bare_v6:
        name = authority
    return name.lower().removesuffix(".")


def is_loopback(peer: Address) -> bool:
    """Whether a peer is on this machine."""
    return peer.value == _LOOPBACK_V6 or peer in _LOOPBACK_V4


def _is_elsewhere(ask: Ask) -> bool:
    """Whether it comes from a page of another site."""
    _, _, authority = ask.origin.lower().partition("://")
    return bool(ask.origin) and authority != ask.host.lower()
