import pytest

from bfe_py.config.check_tls import check_certificates, check_tls_rules, parse_ticket_key
from bfe_py.config.dynamic import Pem, ServerCertConf, TlsRuleConf
from bfe_py.config.findings import Report


class Judge:
    """Refuses the key that says so."""

    def verify_pair(self, certificate: bytes, key: bytes) -> str | None:
        return "no pair" if key == b"wrong" else None

    def names_of(self, certificate: bytes) -> list[str] | None:
        return None


ENTRY = {"ServerCertFile": "crt", "ServerKeyFile": "key"}


def certificates(examine, document: object) -> tuple[Report, dict[str, Pem]]:
    examine.files = {"crt": b"CRT", "key": b"KEY", "bad": b"wrong", "ocsp": b""}
    pems: dict[str, Pem] = {}
    report = examine(
        ServerCertConf,
        document,
        lambda value, findings: pems.update(check_certificates(value, Judge(), findings)),
    )
    return report, pems


def conf(certs: object, default: str | None = "main") -> dict:
    return {"Version": "1", "Config": {"Default": default, "CertConf": certs}}


def test_certificates_are_read(examine) -> None:
    report, pems = certificates(examine, conf({"main": ENTRY}))
    assert len(report) == 0
    assert pems == {"main": Pem(certificate=b"CRT", key=b"KEY")}


@pytest.mark.parametrize(
    ("document", "codes"),
    [
        ({"Version": "", "Config": conf({"main": ENTRY})["Config"]}, ["E011"]),
        ({"Version": "1"}, ["E011"]),
        (conf({"main": ENTRY}, "mian"), ["E401"]),
        (conf({"main": ENTRY}, None), ["E401"]),
        (conf(None), ["E401"]),
        (conf({"main": ENTRY, "BFE_DEFAULT_CERT": ENTRY}), ["E409"]),
        (conf({"main": ENTRY, "none": None}), ["E015"]),
        (conf({"main": {"ServerCertFile": "crt"}}), ["E011"]),
        (conf({"main": {}}), ["E011", "E011"]),
        (conf({"main": ENTRY | {"ServerCertFile": "gone"}}), ["E001"]),
        (conf({"main": ENTRY | {"ServerKeyFile": "bad"}}), ["E402"]),
        (conf({"main": ENTRY | {"OcspResponseFile": "ocsp"}}), ["W420"]),
        (conf({"main": ENTRY | {"OcspResponseFile": "gone"}}), ["E001", "W420"]),
    ],
)
def test_wrong_certificates(examine, document: dict, codes: list[str]) -> None:
    assert [finding.code for finding in certificates(examine, document)[0]] == codes


NAMES = {"main": ["www.a.test", "*.b.test"], "odd": None}


def rules(examine, document: dict, names=NAMES) -> Report:
    return examine(
        TlsRuleConf,
        {"Version": "1"} | document,
        lambda value, findings: check_tls_rules(value, names, findings),
    )


def rule(**fields: object) -> dict:
    return {"Config": {"a": {"CertName": "main"} | fields}}


@pytest.mark.parametrize(
    "document",
    [
        {"Config": {}},
        rule(),
        rule(Grade="b+".replace("b", "a"), SniConf=["www.a.test", "x.b.test"]),
        rule(VipConf=["192.0.2.1", "2001:db8::1"], NextProtos=["h2", "http/1.1"]),
        rule(NextProtos=[]),
        rule(CertName="odd", SniConf=["anything"]),
        rule(ClientAuth=True, ClientCAName="ca"),
        {"DefaultNextProtos": ["h2;level=2"], "Config": {}},
    ],
)
def test_good_rules_say_nothing(examine, document: dict) -> None:
    assert [finding.code for finding in rules(examine, document)] == []


@pytest.mark.parametrize(
    ("document", "codes"),
    [
        ({"Version": None, "Config": {}}, ["E011"]),
        ({"Version": "", "Config": {}}, ["E011"]),
        ({}, ["E011"]),
        ({"Config": {"a": None}}, ["E015"]),
        (rule(CertName="mian"), ["E401"]),
        (rule(CertName=None), ["E401"]),
        (rule(Grade="D"), ["E406"]),
        (rule(Grade="b"), ["W421"]),
        (rule(ClientAuth=True), ["E407"]),
        (rule(SniConf=["other.test"]), ["E403"]),
        (rule(SniConf=["WWW.a.test"]), ["E403"]),
        (rule(SniConf=["x.y.b.test"]), ["E403"]),
        (rule(SniConf=["www.a.test", "www.a.test"]), ["E404"]),
        (rule(VipConf=["x"]), ["E106"]),
        (rule(VipConf=["192.0.2.1", "::ffff:192.0.2.1"]), ["E404"]),
        (rule(NextProtos=["h3", "h2;rate=101"]), ["E405", "E405"]),
        (rule(NextProtos=["h2"]), ["E405"]),
        ({"DefaultNextProtos": ["h2"], "Config": {}}, ["E405"]),
    ],
)
def test_wrong_rules(examine, document: dict, codes: list[str]) -> None:
    assert [finding.code for finding in rules(examine, document)] == codes


def test_an_item_of_next_protos_is_marked(examine) -> None:
    (finding,) = rules(examine, rule(NextProtos=["http/1.1", "h2;rate=101"]))
    start = finding.column - 1
    assert finding.excerpt[start : finding.end_column - 1] == '"h2;rate=101"'
    assert finding.expected == "0 to 100"


def test_a_name_is_taken_by_the_first_rule_that_has_it(examine) -> None:
    shared = {"CertName": "odd", "SniConf": ["x"]}
    (finding,) = rules(examine, {"Config": {"a": shared, "b": shared}})
    assert (finding.code, finding.message) == ("E404", '"x" is already in rule "a"')


def test_without_certificates_nothing_is_said_of_them(examine) -> None:
    assert len(rules(examine, rule(CertName="none", SniConf=["x"]), names=None)) == 0


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("00" * 48, bytes(48)),
        ("aF" * 48, b"\xaf" * 48),
        ("0" * 95, None),
        ("0" * 97, None),
        ("g" * 96, None),
        ("", None),
    ],
)
def test_a_ticket_key_has_96_digits(text: str, key: bytes | None) -> None:
    assert parse_ticket_key(text) == key
