import json
from pathlib import Path

import pytest

from bfe_py.config.conditions import ConditionCache
from bfe_py.config.documents import Directory
from bfe_py.config.dynamic import TicketGroup
from bfe_py.config.pki import PemFiles
from bfe_py.config.reading import Reading
from bfe_py.config.static_schema import Https, SessionTicket
from bfe_py.config.tls_group import read_ticket_key, read_tls

DATA = Path(__file__).parents[2] / "conformance" / "data" / "config_tree"
CERTIFICATE = (DATA / "tls_conf" / "certs" / "main.crt").read_bytes()
KEY = (DATA / "tls_conf" / "certs" / "main.key").read_bytes()
AUTHORITY_KEY = bytes.fromhex("0603551d23")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("client_ca", "client_crl", "certs"):
        (tmp_path / "tls_conf" / name).mkdir(parents=True)
    (tmp_path / "tls_conf" / "certs" / "main.crt").write_bytes(CERTIFICATE)
    (tmp_path / "tls_conf" / "certs" / "main.key").write_bytes(KEY)
    pair = {"ServerCertFile": "tls_conf/certs/main.crt", "ServerKeyFile": "tls_conf/certs/main.key"}
    table = {"Default": "main", "CertConf": {"main": pair}}
    write(tmp_path, "server_cert_conf.data", {"Version": "1", "Config": table})
    write_rules(tmp_path, CertName="main", SniConf=["www.golden.test"])
    return tmp_path


def write(root: Path, name: str, content: object) -> None:
    (root / "tls_conf" / name).write_text(json.dumps(content))


def write_rules(root: Path, **rule: object) -> None:
    write(root, "tls_rule_conf.data", {"Version": "1", "Config": {"a": rule}})


def reading(root: Path, **overrides: str) -> Reading:
    return Reading(Directory(root), overrides, PemFiles(), ConditionCache())


def codes(one: Reading) -> list[str]:
    return [found.code for found in one.report]


def test_certificates_and_rules_are_read(root: Path) -> None:
    one = reading(root)
    group = read_tls(Https(), one)
    assert codes(one) == []
    assert group.pems["main"].certificate == CERTIFICATE
    assert group.rules.version == "1"
    assert list(one.files) == [
        "tls_conf/server_cert_conf.data",
        "tls_conf/tls_rule_conf.data",
        "tls_conf/certs/main.crt",
        "tls_conf/certs/main.key",
        "tls_conf/client_crl",
    ]


def test_a_name_that_the_certificate_does_not_cover_is_refused(root: Path) -> None:
    write_rules(root, CertName="main", SniConf=["other.test"])
    one = reading(root)
    read_tls(Https(), one)
    assert codes(one) == ["E403"]


def test_an_unknown_certificate_is_refused_also_if_it_could_not_be_read(root: Path) -> None:
    write(root, "server_cert_conf.data", {"Version": "1", "Config": {"Default": "x"}})
    one = reading(root)
    read_tls(Https(), one)
    assert codes(one) == ["E401", "E401"]


def test_a_certificate_whose_file_is_gone_is_reported_once(root: Path) -> None:
    (root / "tls_conf" / "certs" / "main.crt").unlink()
    one = reading(root)
    read_tls(Https(), one)
    assert codes(one) == ["E001"]


def test_documents_that_are_gone_do_not_hide_each_other(root: Path) -> None:
    for name in ("server_cert_conf.data", "tls_rule_conf.data"):
        (root / "tls_conf" / name).unlink()
    one = reading(root)
    read_tls(Https(), one)
    assert codes(one) == ["E001", "E001"]


def test_a_document_without_a_table_is_reported(root: Path) -> None:
    write(root, "server_cert_conf.data", {"Version": "1"})
    one = reading(root)
    read_tls(Https(), one)
    assert codes(one) == ["E011", "E401"]


def test_the_directory_for_revocations_must_be_there(root: Path) -> None:
    (root / "tls_conf" / "client_crl").rmdir()
    one = reading(root)
    read_tls(Https(), one)
    assert codes(one) == ["E001"]


def test_authorities_and_their_revocations_are_read(root: Path) -> None:
    write_rules(root, CertName="main", ClientAuth=True, ClientCAName="ca")
    (root / "tls_conf" / "client_ca" / "ca.crt").write_bytes(CERTIFICATE)
    lists = root / "tls_conf" / "client_crl" / "ca"
    lists.mkdir()
    (lists / "1.crl").write_bytes(AUTHORITY_KEY)
    (lists / "readme").write_bytes(b"")
    one = reading(root)
    group = read_tls(Https(), one)
    assert codes(one) == []
    assert group.authorities == {"ca": CERTIFICATE}
    assert group.revocations == {"ca": [AUTHORITY_KEY]}
    assert "tls_conf/client_crl/ca/1.crl" in one.files


def test_an_authority_without_revocations_has_none(root: Path) -> None:
    write_rules(root, CertName="main", ClientAuth=True, ClientCAName="ca")
    (root / "tls_conf" / "client_ca" / "ca.crt").write_bytes(b"no certificate")
    one = reading(root)
    assert read_tls(Https(), one).revocations == {"ca": []}
    assert codes(one) == ["W423"]


def test_wrong_authorities_and_revocations_are_refused(root: Path) -> None:
    write_rules(root, CertName="main", ClientAuth=True, ClientCAName="ca")
    one = reading(root)
    read_tls(Https(), one)
    assert codes(one) == ["E407"]
    (root / "tls_conf" / "client_ca" / "ca.crt").write_bytes(CERTIFICATE)
    (root / "tls_conf" / "client_crl" / "ca" / "2.crl").mkdir(parents=True)
    (root / "tls_conf" / "client_crl" / "ca" / "1.crl").write_bytes(b"x")
    one = reading(root)
    read_tls(Https(), one)
    assert codes(one) == ["E407", "E407"]


def test_rules_that_are_null_or_ask_for_no_client_need_no_authority(root: Path) -> None:
    rules = {"a": None, "b": {"CertName": "main", "ClientCAName": "x"}}
    rules["c"] = {"CertName": "main", "ClientAuth": True}
    write(root, "tls_rule_conf.data", {"Version": "1", "Config": rules})
    one = reading(root)
    read_tls(Https(), one)
    assert codes(one) == ["E015", "E407"]
    write(root, "tls_rule_conf.data", {"Version": "1"})
    one = reading(root)
    read_tls(Https(), one)
    assert codes(one) == ["E011"]


def test_an_override_is_a_directory(root: Path) -> None:
    new = root / "new"
    new.mkdir()
    for name in ("server_cert_conf.data", "tls_rule_conf.data"):
        (root / "tls_conf" / name).rename(new / name)
    one = reading(root, path="new")
    read_tls(Https(), one)
    assert codes(one) == []


DIGITS = "0f" * 48
ENABLED = SessionTicket(is_disabled=False)


def ticket(root: Path, content: bytes | None) -> tuple[TicketGroup, list[str]]:
    if content is not None:
        (root / "tls_conf" / "session_ticket_key.data").write_bytes(content)
    one = reading(root)
    return read_ticket_key(ENABLED, one), codes(one)


def test_tickets_may_be_disabled(root: Path) -> None:
    one = reading(root)
    assert read_ticket_key(SessionTicket(), one) == TicketGroup()
    assert one.files == {}


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (json.dumps({"Version": "1", "SessionTicketKey": DIGITS}).encode(), b"\x0f" * 48),
        (b"\xff" * 48, b"\xff" * 48),
        (b"{" * 48, b"{" * 48),
    ],
)
def test_a_key_is_digits_in_json_or_48_bytes(root: Path, content: bytes, key: bytes) -> None:
    assert ticket(root, content) == (TicketGroup(key=key), [])


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (None, ["E001"]),
        (b"\xff" * 47, ["E003"]),
        (json.dumps({"Version": "", "SessionTicketKey": DIGITS}).encode(), ["E011"]),
        (json.dumps({"Version": "1", "SessionTicketKey": "00"}).encode(), ["E408"]),
        (json.dumps({"Version": "1"}).encode(), ["E408"]),
    ],
)
def test_other_keys_are_refused(root: Path, content: bytes | None, found: list[str]) -> None:
    assert ticket(root, content)[1] == found


def test_odd_keys_of_json_are_warned_of(root: Path) -> None:
    content = json.dumps({"version": "1", "SessionTicketKey": DIGITS}).encode()
    assert ticket(root, content) == (TicketGroup(key=b"\x0f" * 48), ["W021"])
