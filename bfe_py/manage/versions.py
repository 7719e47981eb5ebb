"""What /rollback, /dump/versions and reloads that are only tried answer."""

import msgspec


class KeptVersion(msgspec.Struct, frozen=True):
    """One version to go back to; `at` is when it came into use (RFC 3339), in place of
    `before`."""

    number: int
    digest: str
    at: str
    before: int
    changes: list[str]
    is_in_use: bool


class VersionsStatus(msgspec.Struct, frozen=True):
    """/dump/versions: versions that are kept, and where things are.

    `held` are groups of documents that were rolled back, and are newer on the disk.
    """

    in_use: int = 0
    since: str = ""
    held: list[str] = []
    kept: list[KeptVersion] = []
    conf: str = ""
    rules: str = ""
    state: str = ""
    is_compatible: bool = False


class RolledBack(msgspec.Struct, frozen=True):
    """Version `number` is in use instead of `before`; or `error` says why it is not."""

    before: int = 0
    number: int = 0
    digest: str = ""
    changes: list[str] = []
    held: list[str] = []
    error: str = ""


class RefusedPlace(msgspec.Struct, frozen=True):
    """One thing that a reload would be refused for; a `line` of 0: the whole document."""

    document: str
    line: int
    column: int
    message: str
    expected: str = ""


class TriedReload(msgspec.Struct, frozen=True):
    """What a reload would change, in lines, and what would be refused."""

    changes: list[str] = []
    refused: list[RefusedPlace] = []
