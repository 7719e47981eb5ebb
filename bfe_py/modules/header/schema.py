"""What an operator writes: mod_header.conf and its rules."""

import msgspec
from msgspec import field


class BasicSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[Basic]`."""

    data_path: str = field(name="DataPath", default="mod_header/mod_header.data")
    """File with the rules."""
    disable_default_header: bool = field(name="DisableDefaultHeader", default=False)
    """Do not add X-Forwarded-For and its like to requests."""
    via: str = field(name="Via", default="")
    """Name of this proxy in the Via field of requests (RFC 9110 section 7.6.3); empty: no Via."""


class LogSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`[Log]`."""

    open_debug: bool = field(name="OpenDebug", default=False)
    """Accepted; fields of requests are never written to the log."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """mod_header.conf."""

    basic: BasicSettings = field(name="Basic", default=BasicSettings())
    log: LogSettings = field(name="Log", default=LogSettings())


class ActionEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One change."""

    cmd: str | None = None
    """Command, in capitals: REQ_HEADER_SET and so on."""
    params: list[str] | None = None
    """Parameters of the command; values may hold %variables."""


class RuleEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Changes for the messages that a condition matches."""

    cond: str | None = None
    """Condition."""
    actions: list[ActionEntry | None] | None = None
    """What is changed, in order; at least one."""
    last: bool | None = None
    """Whether further rules are left out once this one matched; for changes of the request and of
    the response apart."""


class HeaderDocument(msgspec.Struct, frozen=True, kw_only=True):
    """mod_header.data."""

    version: str | None = field(name="Version", default=None)
    """Opaque text."""
    config: dict[str, list[RuleEntry | None] | None] | None = field(name="Config", default=None)
    """Tenant -> rules in order; those of ``global`` come first, for every tenant."""
