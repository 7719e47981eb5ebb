"""mod_marking: tags requests that it has seen, and answers in capitals with a mark at the end."""

from collections.abc import Mapping

from bfe_py.model import Exchange
from bfe_py.pipeline import Handler, Module, Parts, Phase, Verdict


class Capitals:
    """Holds the last byte back, so that a test sees what `finish` is for."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, piece: bytes) -> bytes:
        """All but the last byte so far."""
        whole = self._held + piece.upper()
        self._held = whole[-1:]
        return whole[:-1]

    def finish(self) -> bytes:
        """The last byte, and a mark."""
        return self._held + b"!"


def build(parts: Parts) -> Mapping[Phase, Handler]:
    """Handlers of TENANT and RESPONSE."""

    def mark(exchange: Exchange) -> Verdict:
        exchange.tag("seen", "marking")
        return None

    def attach(exchange: Exchange) -> Verdict:
        exchange.transforms = [*(exchange.transforms or []), Capitals()]
        return None

    return {Phase.TENANT: mark, Phase.RESPONSE: attach}


MODULE = Module("mod_marking", build)
