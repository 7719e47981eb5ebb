"""Certificates made for a test, and TLS handshakes in memory."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from bfe_py.tls import Certificate

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class Pair:
    """A certificate with its key, both PEM; may sign others."""

    chain: bytes
    key: bytes
    certificate: x509.Certificate
    private: PrivateKey

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    def named(self, name: str = "") -> Certificate:
        return Certificate(name, self.chain, self.key)

    def locked(self, password: bytes) -> bytes:
        """The key as PEM that needs a password."""
        return _pem(self.private, serialization.BestAvailableEncryption(password))


def make_pair(
    name: str, issuer: Pair | None = None, *, is_authority: bool = False, is_rsa: bool = False
) -> Pair:
    """A certificate for `name`, signed by `issuer` or itself."""
    private: PrivateKey = (
        rsa.generate_private_key(65537, 2048) if is_rsa else ec.generate_private_key(ec.SECP256R1())
    )
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.certificate.subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .sign(private if issuer is None else issuer.private, hashes.SHA256())
    )
    chain = certificate.public_bytes(serialization.Encoding.PEM)
    return Pair(chain, _pem(private, serialization.NoEncryption()), certificate, private)


def _pem(key: PrivateKey, encryption: serialization.KeySerializationEncryption) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
    )


def handshake(
    server: ssl.SSLContext, client: ssl.SSLContext, name: str | None
) -> tuple[ssl.SSLObject, ssl.SSLObject]:
    """Both ends of a connection whose handshake is done, server first.

    Raises:
        ssl.SSLError: what the end that gave up first raises.
    """
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = server.wrap_bio(to_server, to_client, server_side=True)
    theirs = client.wrap_bio(to_client, to_server, server_hostname=name)
    waiting = [theirs, ours]
    for _ in range(8):
        for end in list(waiting):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            waiting.remove(end)
    assert not waiting
    return ours, theirs


def carry(sender: ssl.SSLObject, receiver: ssl.SSLObject, content: bytes) -> bytes:
    """What arrives of `content`."""
    sender.write(content)
    return receiver.read(len(content) + 1)
