"""Checks of server_cert_conf.data, tls_rule_conf.data and session_ticket_key.data."""

import re
from collections.abc import Mapping, Sequence

from bfe_py.config.dynamic import CertificateEntry, Pem, ServerCertConf, TlsRule, TlsRuleConf
from bfe_py.config.findings import Names, one_of
from bfe_py.config.next_protocols import NextProtocolError, parse_protocol, parse_protocols
from bfe_py.config.pki import Pki
from bfe_py.config.positioned import PositionedFindings
from bfe_py.model import parse_address
from bfe_py.pipeline import Path

RESERVED = "BFE_DEFAULT_CERT"
GRADES = ("A+", "A", "B", "C")

_TICKET_KEY = re.compile(r"[0-9a-fA-F]{96}")


def check_certificates(
    conf: ServerCertConf, pki: Pki, findings: PositionedFindings
) -> dict[str, Pem]:
    """What BFE refuses in server_cert_conf.data; answers the contents of the files."""
    if not conf.version:
        findings.error((), '"Version" is missing or empty', code="E011")
    table = conf.table
    if table is None:
        findings.error((), '"Config" is missing', code="E011")
        return {}
    entries = table.certificates or {}
    if table.default not in entries:
        named = table.default or ""
        message = f'unknown certificate "{named}"' if named else '"Default" is missing'
        hint = Names(entries).hint(named)
        expected = "a certificate of CertConf"
        findings.error(("Config", "Default"), message, expected=expected, code="E401", hint=hint)
    pems = {}
    for name, entry in entries.items():
        path: Path = ("Config", "CertConf", name)
        if name == RESERVED:
            findings.error(path, f'the name "{name}" is reserved', code="E409")
        if entry is None:
            findings.error(path, f'certificate "{name}" is null', code="E015")
            continue
        pem = _read_pair(path, entry, pki, findings)
        if pem is not None:
            pems[name] = pem
    return pems


def _read_pair(
    path: Path, entry: CertificateEntry, pki: Pki, findings: PositionedFindings
) -> Pem | None:
    contents = []
    for key, file in (
        ("ServerCertFile", entry.certificate),
        ("ServerKeyFile", entry.key),
    ):
        if not file:
            findings.error(path, f'"{key}" is missing or empty', code="E011")
            continue
        content = findings.file((*path, key), file)
        if content is not None:
            contents.append(content)
    if entry.ocsp_response:
        place = (*path, "OcspResponseFile")
        findings.file(place, entry.ocsp_response)
        findings.warning(place, "OCSP responses are not stapled", code="W420")
    if len(contents) < 2:
        return None
    certificate, key_content = contents
    problem = pki.verify_pair(certificate, key_content)
    if problem is not None:
        findings.error((*path, "ServerKeyFile"), problem, code="E402")
    return Pem(certificate=certificate, key=key_content)


def check_tls_rules(
    conf: TlsRuleConf,
    names: Mapping[str, Sequence[str] | None] | None,
    findings: PositionedFindings,
) -> None:
    """What BFE refuses in tls_rule_conf.data.

    `names` are the certificates with the names in them, None where those are not known; None if
    the certificates' own document is wrong.
    """
    if not conf.version:
        findings.error((), '"Version" is missing or empty', code="E011")
    if conf.rules is None:
        findings.error((), '"Config" is missing', code="E011")
    _check_protocols(("DefaultNextProtos",), conf.default_protocols or (), findings)
    taken: dict[object, str] = {}
    for label, rule in (conf.rules or {}).items():
        path: Path = ("Config", label)
        if rule is None:
            findings.error(path, f'rule "{label}" is null', code="E015")
            continue
        _check_rule(path, rule, names, findings)
        _check_addresses(path, label, rule, taken, findings)
        _check_protocols((*path, "NextProtos"), rule.protocols or (), findings)


def _check_rule(
    path: Path,
    rule: TlsRule,
    names: Mapping[str, Sequence[str] | None] | None,
    findings: PositionedFindings,
) -> None:
    if names is not None and rule.certificate not in names:
        message = f'unknown certificate "{rule.certificate}"'
        expected = "a certificate of server_cert_conf.data"
        hint = Names(names).hint(rule.certificate)
        place = (*path, "CertName")
        findings.error(place, message, expected=expected, code="E401", hint=hint)
    grade = rule.grade.upper()
    if grade not in GRADES:
        message = f'unknown grade "{rule.grade}"'
        findings.error((*path, "Grade"), message, expected=one_of(GRADES), code="E406")
    elif grade == "B":
        message = "SSLv3 is not offered; the oldest version of OpenSSL is"
        findings.warning((*path, "Grade"), message, code="W421")
    if rule.authenticates_client and not rule.client_authority:
        message = '"ClientAuth" needs a "ClientCAName"'
        findings.error((*path, "ClientAuth"), message, code="E407")
    known = None if names is None else names.get(rule.certificate)
    for index, name in enumerate(rule.server_names or ()):
        if known is not None and not any(_covers(each, name) for each in known):
            message = f'"{name}" is not in certificate "{rule.certificate}"'
            expected = f"a name it covers: {', '.join(known)}"
            place = (*path, "SniConf", index)
            findings.error(place, message, expected=expected, code="E403")


def _covers(pattern: str, name: str) -> bool:
    """Whether the `pattern` of a certificate is for `name`, label by label."""
    labels, wanted = pattern.split("."), name.split(".")
    if len(labels) != len(wanted):
        return False
    return all(label in ("*", other) for label, other in zip(labels, wanted, strict=True))


def _check_addresses(
    path: Path, label: str, rule: TlsRule, taken: dict[object, str], findings: PositionedFindings
) -> None:
    """Addresses are addresses, and like server names in one rule only."""
    claims: list[tuple[Path, object, str]] = [
        ((*path, "SniConf", index), name, name)
        for index, name in enumerate(rule.server_names or ())
    ]
    for index, text in enumerate(rule.vips or ()):
        place = (*path, "VipConf", index)
        address = parse_address(text)
        if address is None:
            message = f'"{text}" is no IP address'
            findings.error(place, message, expected="an IP address", code="E106")
        else:
            claims.append((place, address.value, text))
    for place, claim, text in claims:
        if claim in taken:
            message = f'"{text}" is already in rule "{taken[claim]}"'
            findings.error(place, message, code="E404")
        taken.setdefault(claim, label)


def _check_protocols(path: Path, items: Sequence[str], findings: PositionedFindings) -> None:
    is_sound = True
    for index, item in enumerate(items):
        try:
            parse_protocol(item)
        except NextProtocolError as error:
            is_sound = False
            place = (*path, index)
            findings.error(place, str(error), expected=error.expected, code="E405")
    if not is_sound:
        return
    try:
        parse_protocols(items)
    except NextProtocolError as error:
        findings.error(path, str(error), expected=error.expected, code="E405")


def parse_ticket_key(text: str) -> bytes | None:
    """48 bytes of 96 hexadecimal digits."""
    return bytes.fromhex(text) if _TICKET_KEY.fullmatch(text) else None
