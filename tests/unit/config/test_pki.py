import datetime
from functools import cache
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from bfe_py.config.pki import PemFiles, holds_certificate, names_authority_key

PEM = PemFiles()
DATA = Path(__file__).parents[2] / "conformance" / "data" / "config_tree" / "tls_conf" / "certs"
NOW = datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC)


@cache
def private_key(kind: str, number: int) -> object:
    if kind == "rsa":
        return rsa.generate_private_key(65537, 2048)
    if kind == "ec":
        return ec.generate_private_key(ec.SECP256R1())
    return ed25519.Ed25519PrivateKey.generate()


@cache
def certificate(kind: str, names: tuple[str, ...] = ("a.test",), common: str = "cn.test") -> bytes:
    key = private_key(kind, 0)
    subject = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Org")])
    if common:
        subject = x509.Name([*subject, x509.NameAttribute(NameOID.COMMON_NAME, common)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(NOW + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    )
    if names:
        alternatives = [x509.DNSName(name) for name in names]
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    return builder.sign(key, None if kind == "ed" else SHA256()).public_bytes(Encoding.PEM)


def key_file(kind: str, form: str = "pkcs8", number: int = 0) -> bytes:
    forms = {"pkcs8": PrivateFormat.PKCS8, "old": PrivateFormat.TraditionalOpenSSL}
    return private_key(kind, number).private_bytes(Encoding.PEM, forms[form], NoEncryption())


@pytest.mark.parametrize(
    ("kind", "form"),
    [("rsa", "pkcs8"), ("rsa", "old"), ("ec", "pkcs8"), ("ec", "old"), ("ed", "pkcs8")],
)
def test_a_pair_belongs_together(kind: str, form: str) -> None:
    assert PEM.verify_pair(certificate(kind), key_file(kind, form)) is None


@pytest.mark.parametrize(
    ("kind", "other"), [("rsa", "rsa"), ("ec", "ec"), ("rsa", "ec"), ("ec", "rsa")]
)
def test_the_key_of_another_certificate_is_seen(kind: str, other: str) -> None:
    key = key_file(other, number=1)
    assert PEM.verify_pair(certificate(kind), key) == "the key belongs to another certificate"


def test_an_ed25519_key_cannot_be_compared() -> None:
    assert PEM.verify_pair(certificate("ed"), key_file("ed", number=1)) is None


def encrypted() -> bytes:
    form, cipher = PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
    return private_key("ec", 0).private_bytes(Encoding.PEM, form, cipher)


def test_files_that_are_no_pair_are_refused() -> None:
    good, key = certificate("ec"), key_file("ec")
    broken = b"-----BEGIN %b-----\n%b\n-----END %b-----\n"
    assert PEM.verify_pair(key, good) == "the certificate file holds no certificate"
    assert PEM.verify_pair(good, b"nothing") == "the key file holds no private key"
    assert PEM.verify_pair(good, good) == "the key file holds no private key"
    assert PEM.verify_pair(good, encrypted()) == "the key is encrypted"
    damaged = "the certificate or its key is damaged"
    for body in (b"!", b"MAA=", b"MIIB", b"MA==", b"AgEB", b"MAMCAQE=", b"MAIwAA=="):
        assert PEM.verify_pair(broken % (b"CERTIFICATE", body, b"CERTIFICATE"), key) == damaged
    for body in (b"x", b"MIIB", b"AgEB"):
        assert PEM.verify_pair(good, broken % (b"PRIVATE KEY", body, b"PRIVATE KEY")) == damaged


def test_text_around_a_key_does_no_harm() -> None:
    old = key_file("ec", "old")
    labelled = old.replace(b"KEY-----\n", b"KEY-----\nProc-Type: 4\n", 1)
    assert PEM.verify_pair(b"Certificate:\n" + certificate("ec"), b"note\n" + labelled) is None


def test_key_and_certificate_may_be_one_file() -> None:
    both = key_file("ec") + certificate("ec")
    assert PEM.verify_pair(both, both) is None
    assert PEM.names_of(both) == ["cn.test", "a.test"]


def test_a_key_without_its_public_part_cannot_be_compared() -> None:
    bare = b"-----BEGIN EC PRIVATE KEY-----\nMAUCAQEEAA==\n-----END EC PRIVATE KEY-----\n"
    assert PEM.verify_pair(certificate("ec"), bare) is None


@pytest.mark.parametrize(
    ("names", "common", "found"),
    [
        (("a.test", "*.b.test"), "cn.test", ["cn.test", "a.test", "*.b.test"]),
        (("a.test",), "a.test", ["a.test"]),
        ((), "cn.test", ["cn.test"]),
        (("a.test",), "", ["a.test"]),
        ((), "", []),
    ],
)
def test_names_of_a_certificate(names: tuple[str, ...], common: str, found: list[str]) -> None:
    assert PEM.names_of(certificate("ec", names, common)) == found


def test_names_are_those_of_the_first_certificate() -> None:
    chain = certificate("ec", ("a.test",), "") + certificate("ec", ("b.test",), "")
    assert PEM.names_of(chain) == ["a.test"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
        b"-----BEGIN CERTIFICATE-----\nMAIwAA==\n-----END CERTIFICATE-----\n",
        b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
    ],
)
def test_what_is_no_certificate_has_no_names(content: bytes) -> None:
    assert PEM.names_of(content) is None


def test_names_of_a_certificate_made_elsewhere() -> None:
    assert "golden.test" in (PEM.names_of((DATA / "main.crt").read_bytes()) or [])
    pair = ((DATA / "main.crt").read_bytes(), (DATA / "main.key").read_bytes())
    assert PEM.verify_pair(*pair) is None


def test_a_file_holds_a_certificate_or_not() -> None:
    assert holds_certificate(certificate("ec"))
    assert not holds_certificate(b"nothing")
    assert not holds_certificate(key_file("ec"))


def revocations(*, names_key: bool) -> x509.CertificateRevocationList:
    key = private_key("ec", 0)
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ca")])
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer)
        .last_update(NOW)
        .next_update(NOW + datetime.timedelta(days=1))
    )
    if names_key:
        extension = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(key, SHA256())


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
@pytest.mark.parametrize("names_key", [True, False])
def test_a_revocation_list_says_whose_it_is_or_not(encoding: Encoding, names_key: bool) -> None:
    content = revocations(names_key=names_key).public_bytes(encoding)
    assert names_authority_key(content) == names_key
