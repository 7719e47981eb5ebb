"""Heads of messages, whatever protocol they came in.

Structs of msgspec, as there are some of these for every exchange: making one costs a third of what
a dataclass does.
"""

import msgspec

from bfe_py.model.headers import Headers

UNKNOWN_LENGTH = None
"""Body length of a message that ends with its last chunk, its stream or its connection."""


class RequestHead(msgspec.Struct, gc=False):
    """Method, target and fields of a request.

    `body_length` is in bytes: 0 for no body, None where the length is not known beforehand.
    `options` is what Connection lists, in lower case.
    `version` is ``1.0``, ``1.1`` or ``2``. `authority` is that of an absolute-form target or of the
    ``:authority`` pseudo field; None where the message has none. `target` is as sent.
    """

    method: bytes
    target: bytes
    headers: Headers
    version: bytes = b"1.1"
    body_length: int | None = 0
    authority: bytes | None = None
    expects_continue: bool = False
    options: frozenset[bytes] = frozenset()
    received: float = 0.0
    """When the first byte of it came; monotonic seconds."""
    left_out: frozenset[bytes] = frozenset()
    """Names of fields that are not sent with a request to a backend."""
    is_plain: bool = False
    """As it came it has no body, a canonical target in origin-form, and nothing but its Host that
    has to be looked at before it is passed on. Its connection may end with it."""


class ResponseHead(msgspec.Struct, gc=False):
    """Status and fields of a response.

    `body_length` and `options` as in a request; `reason` is what the peer wrote, empty for the
    standard phrase.
    """

    status: int
    headers: Headers = msgspec.field(default_factory=Headers)
    reason: bytes = b""
    version: bytes = b"1.1"
    body_length: int | None = 0
    options: frozenset[bytes] = frozenset()
