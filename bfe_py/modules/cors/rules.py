"""Rules of mod_cors: the file, and what it is compiled into."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from msgspec import field

from bfe_py.model import Field
from bfe_py.pipeline import Findings, Path, RuleTable, compile_table

METHODS = frozenset(
    {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"}
)
"""Methods that a preflight may ask for."""

_ORIGIN = re.compile(r"[\x21-\x7e]+")
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_DAY = 86400


class RuleSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One rule of a tenant; the first that matches decides."""

    condition: str | None = field(name="Cond", default=None)
    """Requests that it is for."""
    origins: list[str] | None = field(name="AccessControlAllowOrigins", default=None)
    """Origins that may: exact ones like ``https://app.example``; or alone ``*`` for every origin,
    or alone ``null``; or ``%origin`` for whatever origin asks, named as it is."""
    allows_credentials: bool | None = field(name="AccessControlAllowCredentials", default=None)
    """Whether requests may carry cookies and authorization; not together with ``*``."""
    exposed: list[str] | None = field(name="AccessControlExposeHeaders", default=None)
    """Response fields that scripts may read, or ``*`` alone."""
    methods: list[str] | None = field(name="AccessControlAllowMethods", default=None)
    """Methods that may be used, or ``*`` alone."""
    headers: list[str] | None = field(name="AccessControlAllowHeaders", default=None)
    """Request fields that may be sent, or ``*`` alone."""
    max_age: int | None = field(name="AccessControlMaxAge", default=None)
    """Seconds for which a preflight's answer may be kept; -1: not at all; at most 86400."""


class RulesFile(msgspec.Struct, frozen=True, kw_only=True):
    """cors_rule.data."""

    version: str | None = field(name="Version", default=None)
    """Text of your choice that tells one state of the file from another."""
    tenants: dict[str, list[RuleSpec]] | None = field(name="Config", default=None)
    """Rules of each tenant, in order."""


@dataclass(frozen=True, slots=True)
class Sharing:
    """What a rule allows: to whom, and the fields that say what, on preflights and on responses."""

    echoes: bool
    has_any: bool
    origins: frozenset[bytes]
    preflight: tuple[Field, ...]
    response: tuple[Field, ...]

    def find_origin(self, origin: bytes) -> bytes | None:
        """Value of Access-Control-Allow-Origin for a request from `origin`; None: not allowed."""
        if self.has_any:
            return b"*"
        return origin if self.echoes or origin in self.origins else None


def compile_rules(file: RulesFile, findings: Findings) -> RuleTable[Sharing]:
    """Table of the rules in `file`; everything wrong with it goes to `findings`."""
    if file.version == "":
        findings.error(("Version",), "Version is empty")
    return compile_table(file, findings, _compile_rule)


def _compile_rule(spec: RuleSpec, path: Path, findings: Findings) -> Sharing:
    origins = spec.origins or []
    credentials = bool(spec.allows_credentials)
    _check_origins(spec, path, findings)
    _check_names(spec.exposed, (*path, "AccessControlExposeHeaders"), findings, _check_field)
    _check_names(spec.headers, (*path, "AccessControlAllowHeaders"), findings, _check_field)
    _check_names(spec.methods, (*path, "AccessControlAllowMethods"), findings, _check_method)
    if spec.max_age is not None and not -1 <= spec.max_age <= _DAY:
        findings.error(
            (*path, "AccessControlMaxAge"),
            f"{spec.max_age} seconds is out of range",
            expected=f"-1 to {_DAY}",
        )
    allowing = [(b"Access-Control-Allow-Credentials", b"true")] if credentials else []
    preflight = [
        *allowing,
        *_list_field(b"Access-Control-Allow-Methods", spec.methods),
        *_list_field(b"Access-Control-Allow-Headers", spec.headers),
    ]
    if spec.max_age is not None:
        preflight.append((b"Access-Control-Max-Age", b"%d" % spec.max_age))
    response = [*allowing, *_list_field(b"Access-Control-Expose-Headers", spec.exposed)]
    return Sharing(
        echoes="%origin" in origins,
        has_any="*" in origins,
        origins=frozenset([origin.encode("utf-8") for origin in origins]),
        preflight=tuple(preflight),
        response=tuple(response),
    )


def _list_field(name: bytes, values: list[str] | None) -> list[Field]:
    return [(name, ",".join(values).encode("utf-8"))] if values else []


def _check_origins(spec: RuleSpec, path: Path, findings: Findings) -> None:
    origins = spec.origins or []
    here = (*path, "AccessControlAllowOrigins")
    if not origins:
        findings.error(
            path if spec.origins is None else here,
            "AccessControlAllowOrigins is missing",
            expected="origins, * or %origin",
        )
    for index, origin in enumerate(origins):
        problem = _find_problem(origin, len(origins))
        if problem:
            findings.error((*here, index), problem, expected="an origin, *, null or %origin")
    if spec.allows_credentials and "*" in origins:
        findings.error(
            (*path, "AccessControlAllowCredentials"),
            "credentials are not allowed for the origin *",
            expected="a list of origins, or no credentials",
        )
    if spec.allows_credentials and "%origin" in origins:
        findings.warning(here, "every site may act with the credentials of its visitors")


def _find_problem(origin: str, count: int) -> str:
    if origin in ("*", "null"):
        return f"{origin} must stand alone" if count > 1 else ""
    if origin == "%origin":
        return ""
    if origin.startswith("%") or "*" in origin or _ORIGIN.fullmatch(origin) is None:
        return f"not an origin: {origin!r}"
    return ""


Check = Callable[[str], str]


def _check_names(names: list[str] | None, path: Path, findings: Findings, check: Check) -> None:
    for index, name in enumerate(names or ()):
        if name == "*":
            if len(names or ()) > 1:
                findings.error((*path, index), "* must stand alone")
            continue
        problem = check(name)
        if problem:
            findings.error((*path, index), problem)


def _check_field(name: str) -> str:
    # A star is a letter of field names, but to browsers it would look like a pattern.
    if "*" in name or _TOKEN.fullmatch(name) is None:
        return f"not the name of a field: {name!r}"
    return ""


def _check_method(name: str) -> str:
    return "" if name in METHODS else f"not a method: {name!r}"
