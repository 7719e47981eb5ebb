"""Checks of bfe.conf that its types do not make; what BFE replaces by a default, is replaced."""

from collections.abc import Collection
from ipaddress import ip_network
from typing import TypeVar

import msgspec

from bfe_py.config.findings import one_of, suggest
from bfe_py.config.known_modules import BFE_MODULES
from bfe_py.config.positioned import PositionedFindings
from bfe_py.config.static_own import Own
from bfe_py.config.static_schema import Https, Server, SessionCache, SessionTicket

S = TypeVar("S", bound=msgspec.Struct)

_BODY_DEFAULT = 2097152
_BODY_LIMIT = 8388608
_INTERVALS = (20, 30, 60)
_VERSIONS = ("VersionSSL30", "VersionTLS10", "VersionTLS11", "VersionTLS12", "VersionTLS13")
_CURVES = ("CurveP256", "CurveP384", "CurveP521", "X25519")
_WEAK = ("RC4", "3DES")
_SUITES = (
    "TLS_RSA_WITH_RC4_128_SHA",
    "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_RC4_128_SHA",
    "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
)
_SERVER_PATHS = (
    "host_rule",
    "vip_rule",
    "route_rule",
    "cluster_conf",
    "cluster_table",
    "gslb",
)
_HTTPS_PATHS = ("certificates", "rules", "authority_directory", "revocation_directory")


def check_server(
    server: Server, built: Collection[str] | None, findings: PositionedFindings
) -> Server:
    """`server` as it is used. `built` are the modules that exist, None if that is not known."""
    server = _fill_paths(server, "Server", _SERVER_PATHS, findings)
    if server.is_monitored and not 1 <= server.monitor_port <= 65535:
        _refuse(findings, "Server", "MonitorPort", "is no port", "1 to 65535")
    if server.load_balancer not in ("", "PROXY", "NONE"):
        _refuse(findings, "Server", "Layer4LoadBalancer", "is not known", "PROXY or NONE")
    if server.is_ai_gateway:
        path = ("Server", "EnableAiGateway")
        findings.warning(path, "the model gateway is not built", code="W622")
    server = _check_body_size(server, findings)
    server = _check_interval(server, findings)
    modules = _check_modules(server.modules, built, findings)
    return msgspec.structs.replace(server, modules=modules)


def check_https(https: Https, findings: PositionedFindings) -> Https:
    """`https` as it is used."""
    for index, line in enumerate(https.suites):
        for suite in line.split("|"):
            path = ("HttpsBasic", "CipherSuites", index)
            if suite not in _SUITES:
                hint = suggest(suite, _SUITES)
                message = f'unknown cipher suite "{suite}"'
                findings.error(path, message, code="E602", hint=hint)
            elif any(weak in suite for weak in _WEAK):
                findings.warning(path, f"{suite} is not offered by OpenSSL", code="W623")
    for index, curve in enumerate(https.curves):
        if curve not in _CURVES:
            path = ("HttpsBasic", "CurvePreferences", index)
            message = f'unknown curve "{curve}"'
            hint = "one curve on each line" if "," in curve else suggest(curve, _CURVES)
            findings.error(path, message, expected=one_of(_CURVES), code="E602", hint=hint)
    _check_versions(https, findings)
    return _fill_paths(https, "HttpsBasic", _HTTPS_PATHS, findings)


def check_session_cache(cache: SessionCache, findings: PositionedFindings) -> None:
    """What BFE asks of an enabled cache; we have no use for it."""
    if cache.is_disabled:
        return
    findings.warning(
        ("SessionCache", "SessionCacheDisabled"),
        "sessions are resumed by tickets; the cache is not used",
        code="W622",
    )
    if not cache.servers:
        _refuse(findings, "SessionCache", "Servers", "is empty", "name of a service")
    for key, value in (
        ("ReadTimeout", cache.read_ms),
        ("WriteTimeout", cache.write_ms),
        ("MaxIdle", cache.idle_connections),
        ("SessionExpire", cache.expiry),
    ):
        if value <= 0:
            _refuse(findings, "SessionCache", key, "must be written and more than 0", "")


def check_session_ticket(ticket: SessionTicket, findings: PositionedFindings) -> SessionTicket:
    """`ticket` as it is used."""
    return _fill_paths(ticket, "SessionTicket", ("key_file",), findings)


def check_own(own: Own, findings: PositionedFindings) -> None:
    """`[BfePy]` beyond its types."""
    _check_networks("ProxyProtocolTrusted", own.proxy_trusted, findings)
    _check_networks("TenantBackends", own.tenant_backends, findings)
    if own.group and not own.user:
        _refuse(findings, "BfePy", "Group", "has no User", "User as well")
    if own.restart_min_ms > own.restart_max_ms:
        _refuse(findings, "BfePy", "RestartMinMs", "is more than RestartMaxMs", "")


def check_proxy_trust(server: Server, own: Own, findings: PositionedFindings) -> None:
    """Whose PROXY headers count should be written down: they say who the client is."""
    if server.load_balancer != "PROXY" or own.proxy_trusted:
        return
    whose = "everybody's" if own.compat_proxy_trust else "those of loopback and private addresses"
    findings.warning(
        ("Server", "Layer4LoadBalancer"),
        f"nobody says whose PROXY headers count: {whose} do",
        expected="ProxyProtocolTrusted in [BfePy]",
        code="W624",
    )


def _check_networks(key: str, texts: tuple[str, ...], findings: PositionedFindings) -> None:
    for index, text in enumerate(texts):
        try:
            ip_network(text, strict=False)
        except ValueError:
            message = f'"{text}" is no address and no network'
            hint = "one on each line" if "," in text or " " in text else ""
            expected = "10.0.0.0/8, for example"
            path = ("BfePy", key, index)
            findings.error(path, message, expected=expected, code="E602", hint=hint)


def _check_body_size(server: Server, findings: PositionedFindings) -> Server:
    if server.accessible_body_bytes > _BODY_LIMIT:
        _refuse(findings, "Server", "AccessibleBodySize", "is too large", f"at most {_BODY_LIMIT}")
    if server.accessible_body_bytes > 0:
        return server
    _replaced(findings, "Server", "AccessibleBodySize", _BODY_DEFAULT)
    return msgspec.structs.replace(server, accessible_body_bytes=_BODY_DEFAULT)


def _check_interval(server: Server, findings: PositionedFindings) -> Server:
    interval = server.monitor_interval
    if interval in _INTERVALS:
        return server
    if 0 < interval < 60:
        _refuse(findings, "Server", "MonitorInterval", "does not fit a minute", "20, 30 or 60")
        return server
    fitting = 20 if interval <= 0 else 60
    _replaced(findings, "Server", "MonitorInterval", fitting)
    return msgspec.structs.replace(server, monitor_interval=fitting)


def _check_modules(
    modules: tuple[str, ...], built: Collection[str] | None, findings: PositionedFindings
) -> tuple[str, ...]:
    """Those of `modules` that run, each once."""
    running: dict[str, None] = {}
    for index, name in enumerate(modules):
        path = ("Server", "Modules", index)
        if name in (BFE_MODULES if built is None else built):
            running[name] = None
        elif name in BFE_MODULES:
            message = f"{name} is not built; the rest runs without it"
            findings.warning(path, message, code="W620")
        else:
            hint = suggest(name, BFE_MODULES.union(built or ()))
            findings.error(path, f'unknown module "{name}"', code="E601", hint=hint)
    return tuple(running)


def _check_versions(https: Https, findings: PositionedFindings) -> None:
    places = []
    for key, version in (
        ("MinTlsVersion", https.oldest_version),
        ("MaxTlsVersion", https.newest_version),
    ):
        if version in _VERSIONS:
            places.append(_VERSIONS.index(version))
        else:
            expected = one_of(_VERSIONS)
            _refuse(findings, "HttpsBasic", key, f'"{version}" is not known', expected)
    if len(places) == 2 and places[0] > places[1]:
        _refuse(findings, "HttpsBasic", "MaxTlsVersion", "is older than MinTlsVersion", "")


def _fill_paths(
    section: S, name: str, attributes: tuple[str, ...], findings: PositionedFindings
) -> S:
    """`section` with the default in place of every empty path."""
    for entry in msgspec.structs.fields(section):
        if entry.name in attributes and not getattr(section, entry.name):
            _replaced(findings, name, entry.encode_name, entry.default)
            section = msgspec.structs.replace(section, **{entry.name: entry.default})
    return section


def _refuse(
    findings: PositionedFindings, section: str, key: str, message: str, expected: str
) -> None:
    findings.error((section, key), f"{key} {message}", expected=expected, code="E602")


def _replaced(findings: PositionedFindings, section: str, key: str, default: object) -> None:
    message = f"{key} counts as {default}"
    findings.warning((section, key), message, code="W621")
