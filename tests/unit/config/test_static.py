from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import field

from bfe_py.config.findings import Report
from bfe_py.config.static import (
    Static,
    default_settings,
    default_static,
    load_settings,
    load_static,
)
from bfe_py.pipeline import Findings, Module


def load(tmp_path: Path, text: str | bytes, **options: Any) -> tuple[Static | None, Report]:
    content = text if isinstance(text, bytes) else text.encode()
    (tmp_path / "bfe.conf").write_bytes(content)
    return load_static(tmp_path, **options)


def test_an_empty_file_is_all_defaults(tmp_path: Path) -> None:
    static, report = load(tmp_path, "")
    assert static == Static()
    assert len(report) == 0


def test_keys_of_all_sections_are_read(tmp_path: Path) -> None:
    static, report = load(
        tmp_path,
        "[server]\nhttpPort = 81\nModules = mod_header\n[HttpsBasic]\nCurvePreferences = CurveP384\n"
        "[SessionTicket]\nSessionTicketsDisabled = false\n[BfePy]\nWorkers = 2\nDisableTls\n",
    )
    assert static is not None
    assert report.ok
    assert (static.server.http_port, static.server.modules) == (81, ("mod_header",))
    assert static.https.curves == ("CurveP384",)
    assert not static.session_ticket.is_disabled
    assert (static.own.workers, static.own.is_tls_disabled) == (2, True)


def test_every_mistake_is_found_at_once_and_in_place(tmp_path: Path) -> None:
    static, report = load(
        tmp_path,
        "[Server]\nHttpPort = x\nMonitorInterval = 33\nFoo = 1\n?\n[HttpsBasic]\nCipherSuites = TLS_FOO\n",
    )
    assert static is None
    assert sorted((finding.line, finding.code) for finding in report.errors) == [
        (2, "E010"),
        (3, "E602"),
        (4, "E013"),
        (5, "E005"),
        (7, "E602"),
    ]


@pytest.mark.parametrize("content", [b"\xff", "[Server"])
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, content: str | bytes) -> None:
    static, report = load(tmp_path, content)
    assert static is None
    assert report.error_count == 1


def test_there_must_be_a_file(tmp_path: Path) -> None:
    static, report = load_static(tmp_path)
    assert static is None
    assert [(finding.code, finding.document) for finding in report] == [("E001", "bfe.conf")]


def test_modules_that_are_not_built_are_left_out(tmp_path: Path) -> None:
    text = "[Server]\nModules = mod_wasm\nModules = mod_header\n"
    static, report = load(tmp_path, text, built=["mod_header"])
    assert static is not None
    assert static.server.modules == ("mod_header",)
    assert [(finding.code, finding.line) for finding in report] == [("W620", 2)]


def test_compatibility_takes_the_defaults_of_bfe(tmp_path: Path) -> None:
    static, _ = load(tmp_path, "", compatible=True)
    assert static is not None
    server = static.server
    assert (server.handshake_timeout, server.read_timeout, server.header_bytes) == (30, 60, 1048576)
    assert static.https.newest_version == "VersionTLS12"
    assert static.own.compat_status


def test_compatibility_leaves_what_is_written(tmp_path: Path) -> None:
    text = "[Server]\nMaxHeaderBytes = 5\n[HttpsBasic]\nMaxTlsVersion = VersionTLS13\n"
    static, _ = load(tmp_path, text, compatible=True)
    assert static is not None
    assert (static.server.header_bytes, static.server.read_timeout) == (5, 60)
    assert static.https.newest_version == "VersionTLS13"


def test_without_bfe_conf_only_loopback_is_served_in_clear() -> None:
    static = default_static()
    server = static.server
    assert (server.http_address, server.http_port) == ("127.0.0.1", 8080)
    assert (server.monitor_address, server.monitor_port) == ("127.0.0.1", 8421)
    assert static.own.is_tls_disabled
    assert (static.own.rules_directory, server.host_rule, server.names) == ("rules", "", "")


class Basic(msgspec.Struct, frozen=True):
    path: str = field(name="DataPath", default="mod_x/x.data")


class Settings(msgspec.Struct, frozen=True):
    basic: Basic = field(name="Basic", default=Basic())


def refuse_other(settings: Settings, findings: Findings) -> None:
    if settings.basic.path == "other":
        findings.error(("Basic", "DataPath"), "not that one")
    findings.file((), "mod_x/mod_x.conf")


PLAIN = Module(name="mod_x", build=lambda _: {}, settings=Settings)
CHECKED = Module(name="mod_x", build=lambda _: {}, settings=Settings, check_settings=refuse_other)
BARE = Module(name="mod_x", build=lambda _: {})


def settings_of(tmp_path: Path, module: Module, text: str) -> tuple[Any, Report]:
    (tmp_path / "mod_x").mkdir()
    (tmp_path / "mod_x" / "mod_x.conf").write_text(text)
    report = Report()
    return load_settings(module, tmp_path, report), report


def test_settings_of_a_module_are_read(tmp_path: Path) -> None:
    settings, report = settings_of(
        tmp_path, PLAIN, "[basic]\ndatapath = y\n[log]\nOpenDebug = true"
    )
    assert settings == Settings(Basic("y"))
    assert len(report) == 0


def test_a_module_without_settings_needs_no_file(tmp_path: Path) -> None:
    report = Report()
    assert load_settings(BARE, tmp_path, report) is None
    assert default_settings(BARE) is None
    assert len(report) == 0


def test_a_module_with_settings_needs_its_file(tmp_path: Path) -> None:
    report = Report()
    assert load_settings(PLAIN, tmp_path, report) is None
    assert [finding.document for finding in report] == ["mod_x/mod_x.conf"]
    assert default_settings(PLAIN) == Settings()


def test_unknown_keys_of_a_module_are_errors(tmp_path: Path) -> None:
    settings, report = settings_of(tmp_path, PLAIN, "[Basic]\nDatPath = y")
    assert settings is None
    assert [(finding.code, finding.line) for finding in report] == [("E013", 2)]


def test_a_module_checks_its_settings(tmp_path: Path) -> None:
    settings, report = settings_of(tmp_path, CHECKED, "[Basic]\nDataPath = other")
    assert settings is None
    assert [(finding.code, finding.line, finding.column) for finding in report] == [("E300", 2, 12)]


def test_settings_that_pass_their_check_are_used(tmp_path: Path) -> None:
    assert settings_of(tmp_path, CHECKED, "")[0] == Settings()


class Needed(msgspec.Struct, frozen=True):
    basic: Basic = field(name="Basic")


def test_settings_that_lack_something_are_not_checked(tmp_path: Path) -> None:
    module = Module(name="mod_x", build=lambda _: {}, settings=Needed, check_settings=refuse_other)
    settings, report = settings_of(tmp_path, module, "")
    assert settings is None
    assert [finding.code for finding in report] == ["E011"]
