"""TLS towards backends."""

import ssl

from bfe_py.tls.certificates import Certificate
from bfe_py.tls.listener import load_certificate


def upstream_tls(
    *, verifies: bool, authorities: tuple[bytes, ...], certificate: bytes, key: bytes
) -> ssl.SSLContext:
    """Client-side context of a cluster.

    Args:
        verifies: whether the backend's certificate and name are checked.
        authorities: PEM of the only authorities trusted; none: those of the system.
        certificate: PEM to present to backends that ask, empty for none; `key` its key.

    Raises:
        ssl.SSLError: one of them is not what it should be.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not verifies:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif authorities:
        for authority in authorities:
            # Comments around a certificate may be in any encoding; what is empty raises ValueError.
            context.load_verify_locations(cadata=authority.decode("ascii", "ignore") + "\n")
    else:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    if certificate:
        load_certificate(context, Certificate("", certificate, key))
    return context
