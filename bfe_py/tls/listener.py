"""TLS towards clients: the root context that a listener is made with."""

import os
import ssl
import tempfile
from pathlib import Path

from bfe_py.tls.certificates import Certificate


def make_root() -> ssl.SSLContext:
    """A server-side context without a certificate.

    Made before processes part, so that its ticket keys are the same in all of them.
    """
    context = _make_server()
    context.sni_callback = _note_name
    return context


def _make_server() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    return context


def _note_name(tls: ssl.SSLObject, name: str | None, root: ssl.SSLContext) -> None:
    # The server side of an SSLObject keeps no record of the name that the client asked for.
    vars(tls)["asked_name"] = name
    presented: ssl.SSLContext | None = vars(root).get("presented")
    if presented is not None:
        tls.context = presented


def asked_name(tls: ssl.SSLObject) -> str | None:
    """Server name that the client of a handshake named, or None."""
    name: str | None = vars(tls).get("asked_name")
    return name


def load_certificate(context: ssl.SSLContext, certificate: Certificate) -> None:
    """Present `certificate` in handshakes from now on; running connections keep theirs.

    Raises:
        ssl.SSLError: chain and key do not fit, are no PEM, or the key needs a password.
    """
    if context.sni_callback is not _note_name:
        _load_chain(context, certificate)
        return
    # OpenSSL keeps one certificate for each type of key, so the root would go on presenting the
    # one before if its key is of another type.
    presented = _make_server()
    _load_chain(presented, certificate)
    vars(context)["presented"] = presented


def _load_chain(context: ssl.SSLContext, certificate: Certificate) -> None:
    # OpenSSL takes chains only from files; this one exists during the call, for us alone.
    descriptor, path = tempfile.mkstemp(prefix="bfe-py-", suffix=".pem")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(certificate.chain + b"\n" + certificate.key)
        context.load_cert_chain(path, password="")  # or OpenSSL asks the terminal
    finally:
        Path(path).unlink()
