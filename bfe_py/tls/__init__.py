"""TLS on both sides: certificates for clients, verification of backends."""

from bfe_py.tls.certificates import Certificate, Certificates
from bfe_py.tls.listener import asked_name, load_certificate, make_root
from bfe_py.tls.upstream import upstream_tls

__all__ = [
    "Certificate",
    "Certificates",
    "asked_name",
    "load_certificate",
    "make_root",
    "upstream_tls",
]
