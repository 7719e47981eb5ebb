"""The default certificate: tried before a configuration is in use."""

import ssl

import msgspec

from bfe_py.config import TLS, Changes, TlsGroup, compile_certificates
from bfe_py.tls import load_certificate


def check_certificate(changes: Changes) -> None:
    """Try the default certificate, before anything of `changes` is in use.

    Raises:
        ssl.SSLError: it cannot be used.
    """
    part = changes.put.get(TLS)
    if part is not None:
        default = compile_certificates(msgspec.msgpack.decode(part.packed, type=TlsGroup)).default
        if default is not None:
            load_certificate(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), default)
