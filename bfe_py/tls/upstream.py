"""TLS towards backends."""

import ssl


def upstream_tls(
    *, verifies: bool, authorities: tuple[str, ...], certificate: str, key: str
) -> ssl.SSLContext:
    """Client-side context of a cluster.

    Args:
        verifies: whether the backend's certificate and name are checked.
        authorities: PEM files of the only authorities trusted; none: those of the system.
        certificate: PEM file to present to backends that ask, empty for none; `key` its key.

    Raises:
        OSError: a file cannot be read, or does not hold what it should (ssl.SSLError).
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not verifies:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif authorities:
        for file in authorities:
            context.load_verify_locations(file)
    else:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    if certificate:
        context.load_cert_chain(certificate, key or None)
    return context
