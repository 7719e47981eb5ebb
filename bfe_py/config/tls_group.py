"""The documents for TLS towards clients: certificates, rules, and the key of session tickets."""

from posixpath import join

from bfe_py.config.check_tls import check_certificates, check_tls_rules, parse_ticket_key
from bfe_py.config.decode import decode_text
from bfe_py.config.dynamic import ServerCertConf, TicketGroup, TicketKeyConf, TlsGroup, TlsRuleConf
from bfe_py.config.findings import Finding, Report
from bfe_py.config.pki import holds_certificate, names_authority_key
from bfe_py.config.places import JsonPlaces
from bfe_py.config.positioned import PositionedFindings
from bfe_py.config.reading import Reading
from bfe_py.config.static_schema import Https, SessionTicket
from bfe_py.config.text import Text
from bfe_py.pipeline import Path

KEY_SIZE = 48


def read_tls(https: Https, reading: Reading) -> TlsGroup:
    """server_cert_conf.data with tls_rule_conf.data and the files that they name."""
    path = reading.find_beside(https.certificates)
    certificates, cert_findings = reading.decode(ServerCertConf, path)
    rules, findings = reading.decode(TlsRuleConf, reading.find_beside(https.rules))
    pems = {}
    names: dict[str, list[str] | None] | None = None
    if certificates is not None:
        pems = check_certificates(certificates, reading.pki, cert_findings)
        table = certificates.table
        names = dict.fromkeys((table and table.certificates) or ())
        names |= {name: reading.pki.names_of(pem.certificate) for name, pem in pems.items()}
    authorities: dict[str, bytes] = {}
    revocations: dict[str, list[bytes]] = {}
    if rules is not None:
        check_tls_rules(rules, names, findings)
        authorities, revocations = _read_authorities(https, rules, reading, findings)
    if reading.names(https.revocation_directory) is None:
        message = "ClientCRLBaseDir is no directory"
        path = https.revocation_directory
        reading.report.add(Finding("error", "E001", message, document=path))
    return TlsGroup(
        certificates=certificates or ServerCertConf(),
        rules=rules or TlsRuleConf(),
        pems=pems,
        authorities=authorities,
        revocations=revocations,
    )


def _read_authorities(
    https: Https, rules: TlsRuleConf, reading: Reading, findings: PositionedFindings
) -> tuple[dict[str, bytes], dict[str, list[bytes]]]:
    authorities: dict[str, bytes] = {}
    revocations: dict[str, list[bytes]] = {}
    for label, rule in (rules.rules or {}).items():
        if rule is None or not rule.authenticates_client or not rule.client_authority:
            continue
        name = rule.client_authority
        path: Path = ("Config", label, "ClientCAName")
        file = join(https.authority_directory, f"{name}.crt")
        content = reading.read(file)
        if content is None:
            findings.error(path, f"{file} cannot be read", code="E407")
            continue
        if not holds_certificate(content):
            findings.warning(path, f"{file} holds no certificate: no client is let in", code="W423")
        authorities[name] = content
        directory = join(https.revocation_directory, name)
        revocations[name] = _read_revocations(directory, path, reading, findings)
    return authorities, revocations


def _read_revocations(
    directory: str, path: Path, reading: Reading, findings: PositionedFindings
) -> list[bytes]:
    lists = []
    for name in reading.names(directory) or ():
        if not name.endswith(".crl"):
            continue
        file = join(directory, name)
        content = reading.read(file)
        if content is None or not names_authority_key(content):
            message = f"{file} is no revocation list that names its authority's key"
            findings.error(path, message, code="E407")
        else:
            lists.append(content)
    return lists


def read_ticket_key(ticket: SessionTicket, reading: Reading) -> TicketGroup:
    """The key of session tickets; empty where there are none."""
    if ticket.is_disabled:
        return TicketGroup()
    path = reading.find_file(ticket.key_file)
    content = reading.require(path)
    if content is None:
        return TicketGroup()
    report = Report()
    text = Text(path, content.decode(errors="replace"))
    conf = decode_text(TicketKeyConf, text, report)
    if conf is None and len(content) == KEY_SIZE:
        return TicketGroup(key=content)
    reading.report.merge(report)
    if conf is None:
        return TicketGroup()
    findings = reading.findings(JsonPlaces(text))
    if not conf.version:
        findings.error((), '"Version" is missing or empty', code="E011")
    key = parse_ticket_key(conf.key or "")
    if key is None:
        message = "the key is not 48 bytes"
        expected = "96 hexadecimal digits"
        findings.error(("SessionTicketKey",), message, expected=expected, code="E408")
    return TicketGroup(key=key or b"")
