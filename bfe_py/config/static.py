"""Static: bfe.conf and the `.conf` files of modules, read once at start."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import msgspec
from msgspec import field

from bfe_py.config.conditions import ConditionCache
from bfe_py.config.documents import Directory
from bfe_py.config.findings import Finding, Report
from bfe_py.config.ini import Ini, IniPlaces, parse_ini
from bfe_py.config.positioned import PositionedFindings
from bfe_py.config.settings import decode_ini
from bfe_py.config.static_check import (
    check_https,
    check_own,
    check_proxy_trust,
    check_server,
    check_session_cache,
    check_session_ticket,
)
from bfe_py.config.static_own import Own, with_compatibility
from bfe_py.config.static_schema import Https, Server, SessionCache, SessionTicket
from bfe_py.config.text import read_text
from bfe_py.pipeline import Module

FILE = "bfe.conf"

_BFE_DEFAULTS = (
    ("TlsHandshakeTimeout", "handshake_timeout", 30),
    ("ClientReadTimeout", "read_timeout", 60),
    ("MaxHeaderBytes", "header_bytes", 1048576),
)


class Static(msgspec.Struct, frozen=True, kw_only=True):
    """bfe.conf."""

    server: Server = field(name="Server", default=Server())
    https: Https = field(name="HttpsBasic", default=Https())
    session_cache: SessionCache = field(name="SessionCache", default=SessionCache())
    session_ticket: SessionTicket = field(name="SessionTicket", default=SessionTicket())
    own: Own = field(name="BfePy", default=Own())


def load_static(
    root: Path, *, compatible: bool = False, built: Collection[str] | None = None
) -> tuple[Static | None, Report]:
    """bfe.conf below `root`, None if it cannot be used; and everything that was found.

    `compatible` sets every Compat switch and takes BFE's default where ours differs. `built` are
    the names of the modules there are: others that BFE knows are warned of and left out.
    """
    report = Report()
    ini = _read(root, FILE, report)
    if ini is None:
        return None, report
    static = decode_ini(Static, ini, report)
    assert static is not None, "every key has a default"
    if compatible:
        static = _be_compatible(static, ini)
    findings = _findings(root, ini, report)
    check_session_cache(static.session_cache, findings)
    check_own(static.own, findings)
    check_proxy_trust(static.server, static.own, findings)
    static = msgspec.structs.replace(
        static,
        server=check_server(static.server, built, findings),
        https=check_https(static.https, findings),
        session_ticket=check_session_ticket(static.session_ticket, findings),
    )
    return (static if report.ok else None), report


def default_static(rules_directory: str = "rules") -> Static:
    """What runs with `.rules` documents alone: loopback only, in clear, no file of BFE's."""
    files = dict.fromkeys(
        (
            "host_rule",
            "vip_rule",
            "route_rule",
            "cluster_conf",
            "cluster_table",
            "gslb",
            "names",
        ),
        "",
    )
    server = Server(http_address="127.0.0.1", monitor_address="127.0.0.1")
    own = Own(rules_directory=rules_directory, is_tls_disabled=True)
    return Static(server=msgspec.structs.replace(server, **files), own=own)


def load_settings(module: Module, root: Path, report: Report) -> Any:
    """Settings of `module` from its `.conf` below `root`; None if it has none or they are wrong.

    Raises nothing: what is wrong is in `report`.
    """
    if module.settings is None:
        return None
    errors = report.error_count
    ini = _read(root, f"{module.name}/{module.name}.conf", report)
    if ini is None:
        return None
    settings = decode_ini(module.settings, ini, report, ignored=(("Log", "OpenDebug"),))
    if settings is not None and module.check_settings is not None:
        module.check_settings(settings, _findings(root, ini, report))
    return settings if report.error_count == errors else None


def default_settings(module: Module) -> Any:
    """Settings of `module` where there is no `.conf`; None if it has none."""
    return None if module.settings is None else module.settings()


def _be_compatible(static: Static, ini: Ini) -> Static:
    defaults = {
        attribute: default
        for key, attribute, default in _BFE_DEFAULTS
        if not ini.entries("Server", key)
    }
    https = static.https
    if not ini.entries("HttpsBasic", "MaxTlsVersion"):
        https = msgspec.structs.replace(https, newest_version="VersionTLS12")
    return msgspec.structs.replace(
        static,
        server=msgspec.structs.replace(static.server, **defaults),
        https=https,
        own=with_compatibility(static.own),
    )


def _read(root: Path, name: str, report: Report) -> Ini | None:
    content = Directory(root).get(name)
    if content is None:
        message = f"{root / name} cannot be read"
        report.add(Finding("error", "E001", message, document=name))
        return None
    text = read_text(content, name, report)
    return None if text is None else parse_ini(text, report)


def _findings(root: Path, ini: Ini, report: Report) -> PositionedFindings:
    return PositionedFindings(IniPlaces(ini), report, ConditionCache(), Directory(root).get)
