"""Fields that frame a message: judged on the bytes as they came, before anything normalises them.

`lowered` is a head in lower case, from its start line to its empty line; every line of it ends with
CRLF and no field line begins with a blank.
"""

import re

from bfe_py.model import Fault, Kind

LARGEST_LENGTH = 2**53
"""Bytes of a body, at most."""

_CODING = re.compile(rb"[-!#$%&'*+.^_`|~0-9a-z]+")
_NAME = re.compile(rb"[-!#$%&'*+.^_`|~0-9A-Za-z]+")


def values_of(lowered: bytes, name: bytes) -> list[bytes]:
    """Values of every line of `name`, without the blanks around them."""
    mark = b"\r\n" + name + b":"
    if mark not in lowered:
        return []
    return [part.partition(b"\r\n")[0].strip(b" \t") for part in lowered.split(mark)[1:]]


def read_length(lowered: bytes) -> int | None:
    """The Content-Length in bytes, None without one (RFC 9112 section 6.3).

    Raises:
        Fault: more than one, or anything but digits, or over 2**53.
    """
    values = values_of(lowered, b"content-length")
    if not values:
        return None
    # RFC 9110 8.6 allows to fold equal values into one; who sends two is rather playing games.
    if len(values) > 1:
        raise Fault(Kind.BAD_REQUEST, "cl-duplicate")
    value = values[0]
    if not value.isdigit():
        raise Fault(Kind.BAD_REQUEST, "cl-list" if b"," in value else "cl-invalid")
    if len(value) > 16 or int(value) > LARGEST_LENGTH:
        raise Fault(Kind.BAD_REQUEST, "cl-too-large")
    return int(value)


def read_chunked(lowered: bytes, version: bytes, *, accepts_length: bool = False) -> bool:
    """Whether the body comes in chunks (RFC 9112 section 6.1).

    Raises:
        Fault: any Transfer-Encoding but one ``chunked``, or one that HTTP/1.0 or a Content-Length
            makes ambiguous; with `accepts_length` the chunks count (RFC 9112 section 6.3).
    """
    values = values_of(lowered, b"transfer-encoding")
    if not values:
        return False
    if not accepts_length and values_of(lowered, b"content-length"):
        raise Fault(Kind.BAD_REQUEST, "te-and-cl")
    # RFC 9112 6.1: "A server or client that receives an HTTP/1.0 message containing a
    # Transfer-Encoding header field MUST treat the message as if the framing is faulty"
    if version == b"1.0":
        raise Fault(Kind.BAD_REQUEST, "te-on-1.0")
    if values == [b"chunked"]:
        return True
    codings = [coding.strip(b" \t") for value in values for coding in value.split(b",")]
    if codings[-1] != b"chunked" or codings.count(b"chunked") != 1:
        raise Fault(Kind.BAD_REQUEST, "te-invalid")
    for coding in codings:
        if _CODING.fullmatch(coding) is None:
            raise Fault(Kind.BAD_REQUEST, "te-invalid")
    # RFC 9112 6.1: a coding that is well-formed and not understood SHOULD get 501
    raise Fault(Kind.CODING_UNSUPPORTED, "te-unsupported")


def check_fields(head: bytes, most: int) -> None:
    """Refuse folded lines and more than `most` field lines.

    Raises:
        Fault: RFC 9112 section 5.2 for folding.
    """
    if b"\r\n " in head or b"\r\n\t" in head:
        raise Fault(Kind.BAD_REQUEST, "obs-fold")
    if head.count(b"\r\n") - 2 > most:
        raise Fault(Kind.HEADER_TOO_LARGE, "too-many-fields")


def explain_fields(head: bytes) -> str:
    """Word for what is wrong with the first bad field line of a head that was refused."""
    for line in head.split(b"\r\n")[1:-2]:
        name, colon, _ = line.partition(b":")
        if not colon:
            return "field-no-colon"
        if not name:
            return "field-name-empty"
        if name != name.rstrip(b" \t"):
            return "field-name-blank"
        if _NAME.fullmatch(name) is None:
            return "field-name"
    return "malformed"
