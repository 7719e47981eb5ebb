"""Checks of cluster_conf.data."""

import re

from bfe_py.config.check_ai import check_ai
from bfe_py.config.dynamic import (
    BackendConf,
    CheckConf,
    ClusterConf,
    ClusterEntry,
    GslbBasic,
    HashConf,
    HttpsConf,
)
from bfe_py.config.findings import one_of, suggest
from bfe_py.config.positioned import PositionedFindings
from bfe_py.pipeline import Path

PROTOCOLS = ("http", "https", "h2c", "fcgi", "ws", "tcp")
SCHEMES = ("http", "https", "tcp", "tls")
MODES = ("WRR", "WLC", "EPP")
HOST_TYPES = ("HOST", "Instance_IP")
PROXY_VERSIONS = ("v1", "v2")

_RANGE = re.compile(r"[0-9xX]{3}(?:\|[0-9xX]{3})*")


def check_cluster_conf(conf: ClusterConf, findings: PositionedFindings) -> None:
    """What BFE refuses in cluster_conf.data; asks for the files that it names."""
    if conf.version is None:
        findings.error((), '"Version" is missing', code="E011")
    if conf.clusters is None:
        findings.error((), '"Config" is missing', code="E011")
    for name, entry in (conf.clusters or {}).items():
        path: Path = ("Config", name)
        if entry is None:
            findings.error(path, f'cluster "{name}" is null', code="E015")
        else:
            check_cluster(path, entry, findings)


def check_cluster(path: Path, entry: ClusterEntry, findings: PositionedFindings) -> None:
    """What is wrong with one cluster; asks for the files that it names."""
    if entry.backend is not None:
        _check_backend((*path, "BackendConf"), entry.backend, findings)
    if entry.check is not None:
        _check_probe((*path, "CheckConf"), entry.check, findings)
    if entry.gslb is not None:
        _check_balancing((*path, "GslbBasic"), entry.gslb, findings)
    if entry.ai is not None:
        check_ai((*path, "AIConf"), entry.ai, findings)
    protocol = "" if entry.backend is None else (entry.backend.protocol or "").lower()
    if entry.https is not None and protocol == "https":
        _check_files((*path, "HTTPSConf"), entry.https, findings)


def _check_backend(path: Path, conf: BackendConf, findings: PositionedFindings) -> None:
    protocol = conf.protocol
    if protocol is not None and protocol.lower() not in PROTOCOLS:
        _refuse(findings, (*path, "Protocol"), "unknown protocol", protocol, PROTOCOLS)
    version = conf.proxy_protocol
    if version is not None and version not in PROXY_VERSIONS:
        _refuse(findings, (*path, "ProxyProtocol"), "unknown version", version, PROXY_VERSIONS)
    if conf.connect_ms is not None and conf.connect_ms <= 0:
        _doubt(findings, (*path, "TimeoutConnSrv"), "no time to connect")
    if conf.retry_level not in (None, 0, 1):
        _doubt(findings, (*path, "RetryLevel"), "counts as 0")
    for token in (conf.outlier_statuses or "").lower().split("|"):
        if token and token not in ("3xx", "4xx", "5xx") and not token.isdecimal():
            place = (*path, "OutlierDetectionHttpCode")
            _doubt(findings, place, f'"{token}" is ignored', "3xx, 4xx, 5xx or a status")


def _check_probe(path: Path, conf: CheckConf, findings: PositionedFindings) -> None:
    scheme = "http" if conf.scheme is None else conf.scheme
    if scheme not in SCHEMES:
        _refuse(findings, (*path, "Schem"), "unknown scheme", scheme, SCHEMES)
    if conf.host_type not in (None, *HOST_TYPES):
        place = (*path, "HostType")
        _doubt(findings, place, f'"{conf.host_type}" counts as HOST', one_of(HOST_TYPES))
    if scheme in ("http", "https"):
        _check_answer(path, conf, findings)
    if conf.successes is not None and conf.successes < 1:
        findings.error((*path, "SuccNum"), "at least one probe must succeed", code="E501")
    if conf.failures is not None and conf.failures < 1:
        _doubt(findings, (*path, "FailNum"), "backends go down without a failure", "1 or more")
    if conf.interval_ms is not None and conf.interval_ms < 1:
        _doubt(findings, (*path, "CheckInterval"), "no pause between probes", "1 or more")


def _check_answer(path: Path, conf: CheckConf, findings: PositionedFindings) -> None:
    if conf.path is not None and not conf.path.startswith("/"):
        findings.error((*path, "Uri"), f'"{conf.path}" does not begin with /', code="E501")
    status = conf.status
    if status is not None and not (0 <= status <= 31 or 100 <= status <= 599):
        expected = "100 to 599, 0 for any, or 1 to 31 for classes"
        message = f"{status} is no status"
        findings.error((*path, "StatusCode"), message, expected=expected, code="E501")
    statuses = (conf.status_range or "").replace(" ", "")
    if not statuses:
        return
    place = (*path, "StatusCodeRange")
    if not _RANGE.fullmatch(statuses):
        message = f'"{conf.status_range}" is no list of statuses'
        findings.error(place, message, expected="200|3xx, for example", code="E501")
    elif "X" in statuses:
        _doubt(findings, place, "an upper-case X stands for no digit", "x")


def _check_balancing(path: Path, conf: GslbBasic, findings: PositionedFindings) -> None:
    mode = None if conf.mode is None else conf.mode.upper()
    if mode is not None and mode not in MODES:
        _refuse(findings, (*path, "BalanceMode"), "unknown mode", conf.mode or "", MODES)
    if mode == "EPP" and not conf.epp_addresses:
        findings.error(path, '"EPPAddr" is missing', expected="an address", code="E501")
    if conf.hashing is not None:
        _check_hashing((*path, "HashConf"), conf.hashing, findings)


def _check_hashing(path: Path, conf: HashConf, findings: PositionedFindings) -> None:
    strategy = 1 if conf.strategy is None else conf.strategy
    if strategy not in range(4):
        message = f"unknown strategy {strategy}"
        findings.error((*path, "HashStrategy"), message, expected="0, 1, 2 or 3", code="E501")
    if strategy not in (0, 2):
        return
    place = (*path, "HashHeader")
    kind, colon, cookie = (conf.header or "").partition(":")
    if not conf.header:
        expected = "a header, or Cookie:NAME"
        findings.error(place, '"HashHeader" is missing', expected=expected, code="E501")
    elif colon and not cookie.strip():
        findings.error(place, "the cookie has no name", expected="Cookie:NAME", code="E501")
    elif colon and kind.strip().lower() != "cookie":
        _doubt(findings, place, f'"{kind}" is taken for Cookie', "Cookie:NAME")


def _check_files(path: Path, conf: HttpsConf, findings: PositionedFindings) -> None:
    """Authorities are asked for where backends are verified."""
    if not conf.skips_verification:
        for index, name in enumerate(conf.authorities or ()):
            findings.file((*path, "RSCAList", index), name)
    for key, file in (("BFECertFile", conf.certificate), ("BFEKeyFile", conf.key)):
        if file:
            findings.file((*path, key), file)
    if bool(conf.certificate) != bool(conf.key):
        _doubt(findings, path, "a certificate and its key are needed together")


def _refuse(
    findings: PositionedFindings, path: Path, message: str, value: str, options: tuple[str, ...]
) -> None:
    findings.error(
        path,
        f'{message} "{value}"',
        expected=one_of(options),
        code="E501",
        hint=suggest(value, options),
    )


def _doubt(findings: PositionedFindings, path: Path, message: str, expected: str = "") -> None:
    findings.warning(path, message, expected=expected, code="W520")
