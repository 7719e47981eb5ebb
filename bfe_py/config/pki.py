"""Pki: what must be known of certificates and keys to check a configuration.

`PemFiles` reads names and public keys out of the files without cryptography. Who has a TLS library
at hand gives a `Pki` of its own that loads them for good.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import NamedTuple, Protocol

_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)

_COMMON_NAME = bytes.fromhex("0603550403")
_ALTERNATIVE_NAMES = bytes.fromhex("0603551d11")
_AUTHORITY_KEY = bytes.fromhex("0603551d23")
_SEQUENCE, _INTEGER, _BITS, _OCTETS, _DNS_NAME = 0x30, 0x02, 0x03, 0x04, 0x82


class Pki(Protocol):
    """Judges certificates; both take the contents of files."""

    def verify_pair(self, certificate: bytes, key: bytes) -> str | None:
        """Why `certificate` cannot be used with `key`; None if it can."""

    def names_of(self, certificate: bytes) -> list[str] | None:
        """Common name and DNS names of the first certificate; None if they cannot be read."""


class PemFiles:
    """A Pki that looks at the structure of the files."""

    __slots__ = ()

    def verify_pair(self, certificate: bytes, key: bytes) -> str | None:
        """Why the files do not belong together."""
        if not any(label == "CERTIFICATE" for label, _ in _blocks(certificate)):
            return "the certificate file holds no certificate"
        labels = [label for label, _ in _blocks(key)]
        if b"ENCRYPTED" in key:
            return "the key is encrypted"
        if not any(label.endswith("PRIVATE KEY") for label in labels):
            return "the key file holds no private key"
        try:
            presented, held = _public_key(certificate), _key_of(key)
        except _DAMAGES:
            return "the certificate or its key is damaged"
        if held and held not in presented:
            return "the key belongs to another certificate"
        return None

    def names_of(self, certificate: bytes) -> list[str] | None:
        """Common name and DNS names of the first certificate."""
        try:
            return _names(_leaf(certificate))
        except _DAMAGES:
            return None


def holds_certificate(content: bytes) -> bool:
    """Whether there is a certificate in a PEM file."""
    return any(label == "CERTIFICATE" for label, _ in _blocks(content))


def names_authority_key(content: bytes) -> bool:
    """Whether a revocation list, PEM or DER, says whose it is."""
    blocks = [der for _, der in _blocks(content)] or [content]
    return all(_AUTHORITY_KEY in der for der in blocks)


class _DerError(Exception):
    """The bytes are not what they should be."""


_DAMAGES = (_DerError, IndexError, StopIteration)


class _Element(NamedTuple):
    tag: int
    content: bytes


def _blocks(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Label and content of every PEM block."""
    for match in _BLOCK.finditer(content):
        lines = [line for line in match[2].split(b"\n") if b":" not in line]
        try:
            yield match[1].decode(), base64.b64decode(b"".join(lines))
        except binascii.Error:
            yield match[1].decode(), b""


def _leaf(content: bytes) -> bytes:
    for label, der in _blocks(content):
        if label == "CERTIFICATE":
            return der
    raise _DerError


def _elements(content: bytes) -> list[_Element]:
    """The elements that follow one another in `content`."""
    found = []
    at = 0
    while at < len(content):
        if at + 2 > len(content):
            raise _DerError
        tag, length = content[at], content[at + 1]
        at += 2
        if length & 0x80:
            size = length & 0x7F
            length = int.from_bytes(content[at : at + size], "big")
            at += size
        if at + length > len(content):
            raise _DerError
        found.append(_Element(tag, content[at : at + length]))
        at += length
    return found


def _inside(der: bytes) -> list[_Element]:
    """Elements of the sequence that `der` is."""
    outer = _elements(der)
    if not outer or outer[0].tag != _SEQUENCE:
        raise _DerError
    return _elements(outer[0].content)


def _signed(der: bytes) -> list[_Element]:
    """Elements of the part of a certificate that is signed, behind its version."""
    inner = _inside(der)
    if not inner or inner[0].tag != _SEQUENCE:
        raise _DerError
    fields = _elements(inner[0].content)
    return fields[1:] if fields and fields[0].tag == 0xA0 else fields


def _names(der: bytes) -> list[str]:
    """Names in the subject and the extension for alternative names."""
    fields = _signed(der)
    if len(fields) < 6:
        raise _DerError
    names = []
    for relative in _elements(fields[4].content):
        for attribute in _elements(relative.content):
            if attribute.content.startswith(_COMMON_NAME):
                value = _elements(attribute.content)[1]
                names.append(value.content.decode("utf-8", "replace"))
    for extensions in [field.content for field in fields[6:] if field.tag == 0xA3]:
        names += _alternatives(extensions)
    return list(dict.fromkeys(names))


def _alternatives(extensions: bytes) -> list[str]:
    for extension in _inside(extensions):
        if extension.content.startswith(_ALTERNATIVE_NAMES):
            wrapped = _elements(extension.content)[-1]
            names = _inside(wrapped.content)
            return [each.content.decode("latin-1") for each in names if each.tag == _DNS_NAME]
    return []


def _public_key(certificate: bytes) -> bytes:
    """The bits of the public key in the first certificate."""
    fields = _signed(_leaf(certificate))
    if len(fields) < 6:
        raise _DerError
    return next(each.content for each in _elements(fields[5].content) if each.tag == _BITS)


def _key_of(content: bytes) -> bytes:
    """What of a private key its public key has too; empty where that takes cryptography."""
    der = next(der for label, der in _blocks(content) if label.endswith("PRIVATE KEY"))
    fields = _inside(der)
    if len(fields) > 2 and fields[1].tag == _SEQUENCE and fields[2].tag == _OCTETS:
        inner = fields[2].content
        if inner[:1] != bytes([_SEQUENCE]):
            return b""
        fields = _inside(inner)
    if len(fields) > 2 and fields[1].tag == fields[2].tag == _INTEGER:
        return fields[1].content
    for field in fields:
        if field.tag == 0xA1:
            return _elements(field.content)[0].content
    return b""
