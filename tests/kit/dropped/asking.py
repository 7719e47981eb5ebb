"""mod_asking: asks another service whether a request may pass."""

from collections.abc import Mapping

from bfe_py.model import Exchange, Headers, RequestHead, ResponseHead
from bfe_py.pipeline import Handler, Module, Parts, Phase, Respond, Verdict

URL = "http://auth.test/check"


def build(parts: Parts) -> Mapping[Phase, Handler]:
    """The handler of TENANT: 403 unless the service answers 200."""

    async def ask(exchange: Exchange) -> Verdict:
        fields = Headers([(b"X-Host", exchange.client_host)])
        head, _ = await parts.services.http.send(
            URL, RequestHead(b"GET", b"/check", fields), b"", 1.0
        )
        return None if head.status == 200 else Respond(ResponseHead(403, Headers()))

    return {Phase.TENANT: ask}


MODULE = Module("mod_asking", build, after=("mod_marking",))
