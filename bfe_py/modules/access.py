"""mod_access: one line in a log for each exchange, and one for each connection.

In values that a peer chose, ``"`` and ``\\`` get a backslash in front, and what is no printable
ASCII is written ``\\xHH``, so that such a value ends neither its quotes nor its line. With
``--compat bfe`` control characters alone are written so.
"""

from collections.abc import Callable, Mapping

import msgspec
from msgspec import field

from bfe_py.model import Exchange, Session
from bfe_py.observe import (
    ROTATION_UNITS,
    Environment,
    Rotation,
    TemplateError,
    check_request_template,
    check_session_template,
    compile_request_line,
    compile_session_line,
)
from bfe_py.pipeline import (
    Findings,
    Handler,
    LogFile,
    Module,
    Parts,
    Phase,
    Services,
    Verdict,
)


class LogSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[Log]`: either LogFile, or the other four."""

    file: str = field(name="LogFile", default="")
    """Path of a log that is never rotated; relative to the configuration root."""
    prefix: str = field(name="LogPrefix", default="")
    """The log is LogDir/LogPrefix.log."""
    directory: str = field(name="LogDir", default="")
    """Directory of the log; relative to the configuration root."""
    rotate_when: str = field(name="RotateWhen", default="")
    """M, H, D: after a minute, an hour, a day; NEXTHOUR, MIDNIGHT: at the full hour or day."""
    backups: int = field(name="BackupCount", default=0)
    """How many rotated logs are kept; at least 1."""


class TemplateSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[Template]`: what stands in a line."""

    request: str = field(name="RequestTemplate", default="")
    """Line of an exchange: text with $name and ${KEY}name, or COMMON, COMBINED or JSON."""
    session: str = field(name="SessionTemplate", default="")
    """Line of a connection: text with $name, or JSON."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """mod_access.conf."""

    log: LogSettings = field(name="Log", default=LogSettings())
    template: TemplateSettings = field(name="Template", default=TemplateSettings())


def _check_settings(settings: Settings, findings: Findings) -> None:
    _check_log(settings.log, findings)
    _check_template(settings.template.request, "RequestTemplate", check_request_template, findings)
    _check_template(settings.template.session, "SessionTemplate", check_session_template, findings)


def _check_log(log: LogSettings, findings: Findings) -> None:
    others = {
        "LogPrefix": log.prefix,
        "LogDir": log.directory,
        "RotateWhen": log.rotate_when,
        "BackupCount": log.backups > 0,
    }
    if log.file:
        for key, value in others.items():
            if value:
                findings.error(("Log", key), f"{key} does not go together with LogFile")
        return
    for key in ("LogPrefix", "LogDir"):
        if not others[key]:
            findings.error(("Log", key), f"{key} is missing", expected="LogFile, or a path")
    if log.rotate_when.upper() not in ROTATION_UNITS:
        findings.error(
            ("Log", "RotateWhen"),
            f'"{log.rotate_when}" is no time to rotate',
            expected=", ".join(ROTATION_UNITS),
        )
    if log.backups <= 0:
        findings.error(
            ("Log", "BackupCount"), f"BackupCount is {log.backups}", expected="1 or more"
        )


def _check_template(
    template: str, key: str, check: Callable[[str], None], findings: Findings
) -> None:
    if not template:
        findings.error(("Template", key), f"{key} is missing")
        return
    try:
        check(template)
    except TemplateError as error:
        findings.error(("Template", key), str(error))


def _open_log(settings: Settings, services: Services) -> LogFile:
    log = settings.log
    if log.file:
        return services.files.open_log(log.file, Rotation())
    rotation = Rotation(log.rotate_when.upper(), log.backups)
    return services.files.open_log(f"{log.directory}/{log.prefix}.log", rotation)


def _build(parts: Parts) -> Mapping[Phase, Handler]:
    settings: Settings = parts.settings
    log: LogFile = parts.state
    environment = Environment(parts.services.clock, parts.is_compatible)
    request_line = compile_request_line(settings.template.request, environment)
    session_line = compile_session_line(settings.template.session, environment)
    write = log.write

    def log_exchange(exchange: Exchange) -> Verdict:
        write(request_line(exchange))
        return None

    def log_session(session: Session) -> Verdict:
        write(session_line(session))
        return None

    return {Phase.FINISH: log_exchange, Phase.CLOSE: log_session}


MODULE = Module(
    name="mod_access",
    build=_build,
    settings=Settings,
    after=(
        "mod_trust_clientip",
        "mod_logid",
        "mod_tcp_keepalive",
        "mod_userid",
        "mod_geo",
        "mod_tag",
        "mod_trace",
        "mod_cors",
        "mod_block",
        "mod_prison",
        "mod_auth_basic",
        "mod_auth_jwt",
        "mod_secure_link",
        "mod_waf",
        "mod_doh",
        "mod_redirect",
        "mod_static",
        "mod_rewrite",
        "mod_header",
        "mod_auth_request",
        "mod_errors",
        "mod_markdown",
        "mod_compress",
        "mod_key_log",
        "mod_http_code",
    ),
    state=_open_log,
    check_settings=_check_settings,
    description="One line in a log for each exchange and each connection.",
)
