"""The values of statements: each read from its token, or reported with what it should look like."""

import re

from lark import Token

from bfe_py.config.rules_file.hosts import is_host_name
from bfe_py.config.rules_file.remarks import Remarks, span_of
from bfe_py.model import parse_address

_MILLISECONDS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000}
_DAY = 24 * _MILLISECONDS["h"]
_BYTES = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}

_IDENTIFIER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_DURATION = re.compile(r"([0-9]{1,9})(ms|s|m|h)")
_SIZE = re.compile(r"([0-9]{1,9})(B|KiB|MiB|GiB)")
_COUNT = re.compile(r"[0-9]{1,9}")
_CODE = re.compile(r"[1-5][0-9][0-9]")
_CLASS = re.compile(r"([1-5])xx")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_NO_PARTS = frozenset({"", ".", ".."})
"""What no part of a file's name may be; the first is in front of an absolute one."""
_HOST_PORT = re.compile(r"(\[[^\]]*\]|[^:]*):([0-9]{1,5})")


def is_identifier(text: str) -> bool:
    """Whether `text` may name a tenant, cluster, sub-cluster or backend."""
    return _IDENTIFIER.fullmatch(text) is not None


def read_identifier(token: Token, remarks: Remarks) -> str | None:
    """Name of something."""
    if is_identifier(token):
        return str(token)
    remarks.error(
        "E700",
        span_of(token),
        f"`{token}` is not a name",
        "letters, digits, `_`, `.` and `-`, none of the last two in front",
    )
    return None


def read_count(token: Token, remarks: Remarks, low: int, high: int) -> int | None:
    """Number from `low` to `high`."""
    if _COUNT.fullmatch(token) and low <= int(token) <= high:
        return int(token)
    remarks.error(
        "E700", span_of(token), f"`{token}` is no number that may stand here", f"{low} to {high}"
    )
    return None


def read_weight(token: Token | None, remarks: Remarks) -> int:
    """Weight, 1 where none is written."""
    if token is None:
        return 1
    weight = read_count(token, remarks, 0, 1_000_000)
    return 1 if weight is None else weight


def read_milliseconds(token: Token, remarks: Remarks) -> int | None:
    """Duration in milliseconds."""
    match = _DURATION.fullmatch(token)
    if match is not None:
        milliseconds = int(match[1]) * _MILLISECONDS[match[2]]
        if 1 <= milliseconds <= _DAY:
            return milliseconds
    hint = f"`{token}s` is seconds, `{token}ms` milliseconds" if _COUNT.fullmatch(token) else ""
    remarks.error(
        "E700",
        span_of(token),
        f"`{token}` is not a duration",
        "a whole number with ms, s, m or h behind it, no longer than 24h",
        hint,
    )
    return None


def read_seconds(token: Token, remarks: Remarks) -> int | None:
    """Duration in whole seconds."""
    milliseconds = read_milliseconds(token, remarks)
    if milliseconds is None or milliseconds % 1000 == 0:
        return None if milliseconds is None else milliseconds // 1000
    remarks.error("E700", span_of(token), f"`{token}` is not in whole seconds", "1s or more")
    return None


def read_size(token: Token, remarks: Remarks) -> int | None:
    """Size in bytes, at least 1."""
    match = _SIZE.fullmatch(token)
    if match is not None and int(match[1]):
        return int(match[1]) * _BYTES[match[2]]
    hint = f"`{token}B` is bytes, `{token}MiB` mebibytes" if _COUNT.fullmatch(token) else ""
    remarks.error(
        "E700",
        span_of(token),
        f"`{token}` is not a size",
        "a whole number above 0 with B, KiB, MiB or GiB behind it",
        hint,
    )
    return None


def read_text(token: Token, remarks: Remarks) -> str | None:
    r"""Text in quotes; in ``"`` a quote is written ``\"`` and a backslash ``\\``."""
    inner = token[1:-1]
    if token[0] == "`":
        return inner
    plain = inner.replace("\\\\", "").replace('\\"', "")
    if "\\" in plain:
        remarks.error(
            "E700",
            span_of(token),
            "a backslash stands alone in the text",
            'nothing but `\\"` and `\\\\`; between back-quotes a text stands as it is',
        )
        return None
    return re.sub(r'\\([\\"])', r"\1", inner)


def read_path(token: Token, remarks: Remarks) -> str | None:
    """Text that is a path."""
    text = read_filled_text(token, remarks)
    if text is None or text.startswith("/"):
        return text
    remarks.error("E700", span_of(token), "this is not a path", "a text that begins with `/`")
    return None


def read_filled_text(token: Token, remarks: Remarks) -> str | None:
    """As `read_text`, but not empty and without blanks and control characters."""
    text = read_text(token, remarks)
    if text is None or (text and all(each >= "!" and each != "\x7f" for each in text)):
        return text
    remarks.error("E700", span_of(token), "the text is empty or has blanks", "at least a character")
    return None


def read_file_name(token: Token, remarks: Remarks) -> str | None:
    """Name of a file below the tenant's own folder: a tenant names no others."""
    name = read_filled_text(token, remarks)
    if name is None or not _NO_PARTS.intersection(name.split("/")):
        return name
    remarks.error(
        "E702",
        span_of(token),
        f"{token} is no file of this tenant",
        "a name below the tenant's own folder, which stands beside this document, "
        'such as "ca.pem": without `/` in front and without `..`',
    )
    return None


def read_status(token: Token, remarks: Remarks) -> int | str | None:
    """Status code as a number, class as ``2xx``."""
    if _CODE.fullmatch(token):
        return int(token)
    if _CLASS.fullmatch(token):
        return str(token)
    remarks.error("E700", span_of(token), f"`{token}` is not a status", "100 to 599, or 1xx to 5xx")
    return None


def read_address(token: Token, remarks: Remarks) -> tuple[str, int] | None:
    """Host and port of a backend; an IPv6 address keeps its brackets, as in BFE's files."""
    match = _HOST_PORT.fullmatch(token)
    if match is not None and 1 <= int(match[2]) <= 65535 and _is_backend_host(match[1]):
        return match[1].lower(), int(match[2])
    remarks.error(
        "E700",
        span_of(token),
        f"`{token}` is not the address of a backend",
        "host:port with a name, 10.0.0.1 or [2001:db8::1] as host and 1 to 65535 as port",
    )
    return None


def _is_backend_host(host: str) -> bool:
    if host.startswith("["):
        return ":" in host and parse_address(host[1:-1]) is not None
    # What ends in a number is an address, and resolvers take more for one than anybody reads:
    # 127.1, 0x7f.1, 2130706433, and 010.0.0.1 for 8.0.0.1.
    if _NUMBER.fullmatch(host.lower().rpartition(".")[2]):
        return parse_address(host) is not None
    return is_host_name(host.lower())


def read_ip(token: Token, remarks: Remarks) -> str | None:
    """IP address in canonical form; an IPv4 address that is mapped into IPv6 as IPv4."""
    address = parse_address(token)
    if address is not None:
        return address.text
    expected = "an address such as 192.0.2.1 or 2001:db8::1"
    remarks.error("E106", span_of(token), f"`{token}` is not an IP address", expected)
    return None
