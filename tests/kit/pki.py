"""One certificate for all connections of a test run, and contexts that present and trust it."""

import ssl
from functools import cache

from bfe_py.tls import Certificate, load_certificate, make_root
from tests.kit.certificates import make_pair


@cache
def own_certificate(name: str = "shop.test") -> Certificate:
    """A certificate for `name` that signs itself."""
    return make_pair(name, is_authority=True).named(name)


def server_context() -> ssl.SSLContext:
    """The root of a listener that presents `own_certificate`."""
    context = make_root()
    load_certificate(context, own_certificate())
    return context


def client_context() -> ssl.SSLContext:
    """A client that trusts nobody but `own_certificate`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=own_certificate().chain.decode("ascii"))
    return context
