"""Rules of mod_auth_basic: the file, the user files it names, and what they are compiled into."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from msgspec import field

from bfe_py.modules.auth_basic.secrets import Secret, UnsupportedHashError, compile_secret
from bfe_py.pipeline import Findings, Path, RuleTable, compile_table

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_DEFAULT_REALM = "Restricted"


class RuleSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One rule of a tenant; the first that matches decides."""

    condition: str | None = field(name="Cond", default=None)
    """Requests that it is for."""
    user_file: str | None = field(name="UserFile", default=None)
    """File with one user in a line, ``user:hash`` or ``user:hash:comment``; a line with a ``#``
    does not count. Hashes: Apache MD5 (``$apr1$``), MD5 crypt (``$1$``), ``{SHA}``, and bcrypt
    (``$2y$``), which needs the package bcrypt."""
    realm: str | None = field(name="Realm", default=None)
    """What the client shows to the user; Restricted unless given."""


class RulesFile(msgspec.Struct, frozen=True, kw_only=True):
    """auth_basic_rule.data."""

    version: str | None = field(name="Version", default=None)
    """Text of your choice that tells one state of the file from another."""
    tenants: dict[str, list[RuleSpec]] | None = field(name="Config", default=None)
    """Rules of each tenant, in order."""


@dataclass(frozen=True, slots=True)
class Protection:
    """Who gets past a rule, and the realm for the others; a user without a secret never does."""

    users: Mapping[bytes, Secret | None]
    realm: bytes


def compile_rules(file: RulesFile, findings: Findings) -> RuleTable[Protection]:
    """Table of the rules in `file`; everything wrong with it goes to `findings`."""
    return compile_table(file, findings, _compile_rule)


def _compile_rule(spec: RuleSpec, path: Path, findings: Findings) -> Protection:
    if not spec.user_file:
        findings.error(path, "UserFile is missing")
    realm = spec.realm or _DEFAULT_REALM
    if _CONTROL.search(realm) is not None:
        findings.error((*path, "Realm"), "a realm cannot have control characters")
    users: dict[bytes, Secret | None] = {}
    if spec.user_file:
        place = (*path, "UserFile")
        content = findings.file(place, spec.user_file)
        if content is not None:
            users = compile_users(content, place, findings)
    return Protection(users, realm.encode("utf-8"))


def compile_users(content: bytes, path: Path, findings: Findings) -> dict[bytes, Secret | None]:
    """Users of a user file with their secrets; findings name lines, never a hash."""
    users: dict[bytes, Secret | None] = {}
    for number, line in enumerate(content.split(b"\n"), 1):
        line = line.strip(b" \t\r")
        if not line or b"#" in line:
            continue
        fields = line.split(b":")
        if len(fields) not in (2, 3):
            findings.error(
                path,
                f"line {number} has {len(fields)} fields",
                expected="user:hash or user:hash:comment",
            )
            continue
        user = fields[0].strip()
        if user in users:
            findings.warning(path, f"line {number}: the user stands here a second time")
        try:
            users[user] = compile_secret(fields[1].strip())
        except UnsupportedHashError as error:
            findings.error(path, f"line {number}: {error}", expected="bfe-py[auth] with bcrypt")
            continue
        if users[user] is None:
            findings.warning(
                path,
                f"line {number}: no password fits this hash",
                expected="$apr1$, $1$, {SHA} or bcrypt; not $5$ or $6$",
            )
    return users
