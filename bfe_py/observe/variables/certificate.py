"""Fields of a client certificate; all empty where the package ``cryptography`` is not installed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from bfe_py.model.session import Session
from bfe_py.observe.variables.texts import without_controls

_NOTE = "tls.client_certificate"

SUBJECT_OIDS: Mapping[str, str] = MappingProxyType(
    {
        "title": "2.5.4.12",
        "common_name": "2.5.4.3",
        "organization": "2.5.4.10",
        "organizational_unit": "2.5.4.11",
        "province": "2.5.4.8",
        "country": "2.5.4.6",
        "locality": "2.5.4.7",
    }
)
"""Attribute types of a subject (RFC 4519, RFC 5280 appendix A)."""


@dataclass(frozen=True, slots=True)
class CertificateFields:
    """Serial number, decimal, and the first value of each subject attribute by its OID."""

    serial_number: bytes = b""
    subject: Mapping[str, bytes] = field(default_factory=dict)


_NOTHING = CertificateFields()


def client_certificate(session: Session) -> CertificateFields:
    """Fields of the certificate that the client proved to have; parsed once for each session."""
    known = session.notes.get(_NOTE)
    if isinstance(known, CertificateFields):
        return known
    tls = session.tls
    if tls is None or tls.client_certificate is None:
        return _NOTHING
    fields = session.notes[_NOTE] = _parse(tls.client_certificate)
    return fields


def _parse(der: bytes) -> CertificateFields:
    try:
        from cryptography import x509
    except ImportError:
        return _NOTHING
    try:
        certificate = x509.load_der_x509_certificate(der)
        attributes = list(certificate.subject)
    except ValueError:
        return _NOTHING
    subject: dict[str, bytes] = {}
    for attribute in attributes:
        value = attribute.value
        text = value if isinstance(value, str) else value.decode("utf-8", "replace")
        # Common name: the last of several, as Go's pkix.Name has it; of all others the first.
        oid = attribute.oid.dotted_string
        if oid not in subject or oid == SUBJECT_OIDS["common_name"]:
            subject[oid] = without_controls(text)
    return CertificateFields(b"%d" % certificate.serial_number, subject)
