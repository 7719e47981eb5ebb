"""What each part of a cluster's setting means: rule of the grammar to place and value."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from lark import Token, Tree

from bfe_py.config.rules_file.remarks import span_of
from bfe_py.config.rules_file.settings import (
    AUTHORITIES,
    CERTIFICATE,
    CERTIFICATE_KEY,
    CHECK_HOST,
    CHECK_HOST_TYPE,
    CHECK_STATUS,
    NO_CHECK,
    PROTOCOL,
    SCHEME,
    SERVER_NAME,
    UNVERIFIED,
    Key,
    Settings,
)
from bfe_py.config.rules_file.values import (
    read_count,
    read_file_name,
    read_filled_text,
    read_milliseconds,
    read_path,
    read_seconds,
    read_size,
    read_status,
)

_MOST = 1_000_000
_MOST_RETRIES = 20
"""No exchange makes more attempts than this, whatever is configured."""

_HASH: Key = ("GslbBasic", "HashConf", "HashStrategy")
_HASH_HEADER: Key = ("GslbBasic", "HashConf", "HashHeader")
_FLUSH: Key = ("ClusterBasic", "ResFlushInterval")

_PROXY: Key = ("BackendConf", "ProxyProtocol")

_FIXED: Mapping[str, tuple[Key, object]] = MappingProxyType(
    {
        "proxy_v1": (_PROXY, "v1"),
        "proxy_v2": (_PROXY, "v2"),
        "tls_unverified": (UNVERIFIED, True),
        "retry_idempotent": (("BackendConf", "RetryLevel"), 1),
        "hash_address": (_HASH, 1),
        "hash_target": (_HASH, 3),
        "sticky": (("GslbBasic", "HashConf", "SessionSticky"), True),
        "check_off": (NO_CHECK, True),
        "check_tcp": (SCHEME, "tcp"),
        "check_tls": (SCHEME, "tls"),
        "check_backend_host": (CHECK_HOST_TYPE, "Instance_IP"),
        "host_client": (("ClusterBasic", "DisableHostHeader"), False),
        "host_backend": (("ClusterBasic", "DisableHostHeader"), True),
        "cancel": (("ClusterBasic", "CancelOnClientClose"), True),
        "flush_at_once": (_FLUSH, -1),
        "flush_never": (_FLUSH, 0),
        "policy_wrr": (("GslbBasic", "BalanceMode"), "WRR"),
        "policy_wlc": (("GslbBasic", "BalanceMode"), "WLC"),
        "limit_none": (("BackendConf", "TimeoutResponseHeader"), 0),
    }
)
_COUNTS: Mapping[str, tuple[Key, int, int]] = MappingProxyType(
    {
        "connections_max": (("BackendConf", "MaxConnsPerHost"), 1, _MOST),
        "connections_idle": (("BackendConf", "MaxIdleConnsPerHost"), 0, _MOST),
        "retry_same": (("GslbBasic", "RetryMax"), 0, _MOST_RETRIES),
        "retry_cross": (("GslbBasic", "CrossRetry"), 0, _MOST_RETRIES),
        "check_down": (("CheckConf", "FailNum"), 1, _MOST),
        "check_up": (("CheckConf", "SuccNum"), 1, _MOST),
    }
)
_DURATIONS: Mapping[str, Key] = MappingProxyType(
    {
        "limit_connect": ("BackendConf", "TimeoutConnSrv"),
        "limit_response": ("BackendConf", "TimeoutResponseHeader"),
        "limit_read": ("ClusterBasic", "TimeoutReadClient"),
        "limit_write": ("ClusterBasic", "TimeoutWriteClient"),
        "limit_idle": ("ClusterBasic", "TimeoutReadClientAgain"),
        "check_every": ("CheckConf", "CheckInterval"),
        "check_timeout": ("CheckConf", "CheckTimeout"),
        "flush_every": _FLUSH,
    }
)
_TEXTS: Mapping[str, Key] = MappingProxyType(
    {
        "tls_name": SERVER_NAME,
        "check_host": CHECK_HOST,
    }
)
_FILES: Mapping[str, Key] = MappingProxyType(
    {"tls_certificate": CERTIFICATE, "tls_key": CERTIFICATE_KEY}
)


def read_setting(tree: Tree[Token], settings: Settings) -> None:
    """Take in every part of one statement of a cluster."""
    parts = [tree]
    while parts:
        part = parts.pop()
        _read_part(part, settings)
        parts += [child for child in reversed(part.children) if isinstance(child, Tree)]


def _read_part(part: Tree[Token], settings: Settings) -> None:
    name, span, remarks = str(part.data), span_of(part), settings.remarks
    tokens = [child for child in part.children if isinstance(child, Token)]
    if name in _FIXED:
        key, value = _FIXED[name]
        settings.put(key, value, span)
    elif name in _COUNTS:
        key, low, high = _COUNTS[name]
        settings.put(key, read_count(tokens[0], remarks, low, high), span)
    elif name in _DURATIONS:
        settings.put(_DURATIONS[name], read_milliseconds(tokens[0], remarks), span)
    elif name in _TEXTS:
        settings.put(_TEXTS[name], read_filled_text(tokens[0], remarks), span)
    elif name in _FILES:
        settings.put(_FILES[name], read_file_name(tokens[0], remarks), span)
    elif name in _OTHERS:
        _OTHERS[name](part, tokens, settings)


def _read_protocol(part: Tree[Token], tokens: list[Token], settings: Settings) -> None:
    settings.put(PROTOCOL, str(tokens[1]), span_of(part))


def _read_slow_start(part: Tree[Token], tokens: list[Token], settings: Settings) -> None:
    seconds = read_seconds(tokens[0], settings.remarks)
    settings.put(("BackendConf", "SlowStartTime"), seconds, span_of(part))


def _read_body_limit(part: Tree[Token], tokens: list[Token], settings: Settings) -> None:
    size = read_size(tokens[0], settings.remarks)
    settings.put(("ClusterBasic", "MaxReqBodyBytes"), size, span_of(part))


def _read_authorities(part: Tree[Token], tokens: list[Token], settings: Settings) -> None:
    names = [read_file_name(token, settings.remarks) for token in tokens]
    settings.put(AUTHORITIES, None if None in names else names, span_of(part))


def _read_check(part: Tree[Token], tokens: list[Token], settings: Settings) -> None:
    settings.put(SCHEME, str(part.data).removeprefix("check_"), span_of(part))
    if tokens:
        settings.put(("CheckConf", "Uri"), read_path(tokens[0], settings.remarks), span_of(part))


def _read_client_id(part: Tree[Token], tokens: list[Token], settings: Settings) -> None:
    has_address = any(isinstance(child, Tree) for child in part.children)
    settings.put(_HASH, 2 if has_address else 0, span_of(part))
    name = read_filled_text(tokens[0], settings.remarks)
    if name is not None and ":" in name:
        settings.remarks.error("E700", span_of(tokens[0]), "a name has no colon", "the name alone")
    elif name is not None:
        prefix = "Cookie:" if part.data == "hash_cookie" else ""
        settings.put(_HASH_HEADER, prefix + name, span_of(part))


def _read_check_status(part: Tree[Token], tokens: list[Token], settings: Settings) -> None:
    statuses = [read_status(token, settings.remarks) for token in tokens]
    classes = {status for status in statuses if isinstance(status, str)}
    if all(isinstance(status, str) for status in statuses):
        mask = sum([1 << (int(name[0]) - 1) for name in classes])
        settings.put(CHECK_STATUS, mask, span_of(part))
        return
    settings.put(CHECK_STATUS, statuses[0], span_of(part))
    if len(statuses) > 1 and None not in statuses:
        settings.remarks.error(
            "E700", span_of(part), "a check asks for one status or for classes", "200, or 2xx, 3xx"
        )


def _read_outliers(part: Tree[Token], tokens: list[Token], settings: Settings) -> None:
    statuses = [read_status(token, settings.remarks) for token in tokens]
    for token, status in zip(tokens, statuses, strict=True):
        if status in ("1xx", "2xx"):
            settings.remarks.error(
                "E700", span_of(token), f"{status} never counts as a failure", "3xx, 4xx or 5xx"
            )
    text = None if None in statuses else "|".join(map(str, statuses))
    settings.put(("BackendConf", "OutlierDetectionHttpCode"), text, span_of(part))


_Reader = Callable[[Tree[Token], list[Token], Settings], None]
_OTHERS: Mapping[str, _Reader] = MappingProxyType(
    {
        "protocol": _read_protocol,
        "slow": _read_slow_start,
        "body": _read_body_limit,
        "tls_authority": _read_authorities,
        "check_http": _read_check,
        "check_https": _read_check,
        "check_status": _read_check_status,
        "hash_header": _read_client_id,
        "hash_cookie": _read_client_id,
        "outlier": _read_outliers,
    }
)
