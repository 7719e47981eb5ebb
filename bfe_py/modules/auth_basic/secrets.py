"""Stored passwords: what a hash in a user file is, and how a password is checked against it."""

import base64
import binascii
import hashlib
import hmac
import importlib
from collections.abc import Callable
from dataclasses import dataclass

Verify = Callable[[bytes], bool]

_MD5_PREFIXES = (b"$apr1$", b"$1$")
_BCRYPT_PREFIXES = (b"$2a$", b"$2b$", b"$2x$", b"$2y$")
_DIGITS = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BCRYPT_INPUT = 72  # bytes of a password that bcrypt looks at


@dataclass(frozen=True, slots=True)
class Secret:
    """One stored password: its hash as written, whether to check against it is `slow`, and how."""

    text: bytes
    is_slow: bool
    verify: Verify


class UnsupportedHashError(Exception):
    """The hash can be right, but nothing here can check a password against it."""


def compile_secret(text: bytes) -> Secret | None:
    """The secret that a hash of a user file stands for; None if no password will ever fit it.

    Raises:
        UnsupportedHashError: the kind needs a package that is not installed.
    """
    if text.startswith(b"{SHA}"):
        digest = _decode_base64(text[5:])
        return None if digest is None else Secret(text, False, _verify_sha(digest))
    if text.startswith(_MD5_PREFIXES):
        parts = text.split(b"$")
        if len(parts) != 4:
            return None
        magic = b"$" + parts[1] + b"$"
        return Secret(text, True, lambda password: _is_md5(password, magic, parts[2], text))
    if text.startswith(_BCRYPT_PREFIXES):
        return Secret(text, True, _verify_bcrypt(text))
    return None


def _decode_base64(text: bytes) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return None


def _verify_sha(digest: bytes) -> Verify:
    def verify(password: bytes) -> bool:
        found = hashlib.sha1(password, usedforsecurity=False).digest()
        return hmac.compare_digest(found, digest)

    return verify


def _verify_bcrypt(text: bytes) -> Verify:
    try:
        bcrypt = importlib.import_module("bcrypt")
    except ImportError as error:
        raise UnsupportedHashError(
            "bcrypt hashes need the package bcrypt, which is not installed"
        ) from error

    def verify(password: bytes) -> bool:
        try:
            return bool(bcrypt.checkpw(password[:_BCRYPT_INPUT], text))
        except ValueError:
            # Not a hash after all, or a password that no hash can have been made of.
            return False

    return verify


def _is_md5(password: bytes, magic: bytes, salt: bytes, text: bytes) -> bool:
    return hmac.compare_digest(hash_md5(password, magic, salt), text)


def hash_md5(password: bytes, magic: bytes, salt: bytes) -> bytes:
    """Hash of `password` as crypt(3) and Apache write it; `magic` is ``$1$`` or ``$apr1$``.

    1000 rounds of MD5; at most 8 bytes of `salt` count.
    """
    salt = salt[:8]
    inner = _md5(password + salt + password)
    size = len(password)
    mixed = password + magic + salt + (inner * (size // 16 + 1))[:size]
    while size:
        mixed += b"\0" if size & 1 else password[:1]
        size >>= 1
    digest = _md5(mixed)
    for turn in range(1000):
        piece = password if turn & 1 else digest
        piece += salt if turn % 3 else b""
        piece += password if turn % 7 else b""
        digest = _md5(piece + (digest if turn & 1 else password))
    return magic + salt + b"$" + _write_md5(digest)


def _md5(content: bytes) -> bytes:
    return hashlib.md5(content, usedforsecurity=False).digest()


def _write_md5(digest: bytes) -> bytes:
    groups = [(digest[i] << 16 | digest[i + 6] << 8 | digest[12 + i], 4) for i in range(4)]
    groups += [(digest[4] << 16 | digest[10] << 8 | digest[5], 4), (digest[11], 2)]
    letters = bytearray()
    for number, count in groups:
        for _ in range(count):
            letters.append(_DIGITS[number & 63])
            number >>= 6
    return bytes(letters)
