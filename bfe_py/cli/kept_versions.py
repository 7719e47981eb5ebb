"""Versions that are kept, as `bfe-py status` tells of them."""

from bfe_py.cli.columns import align
from bfe_py.manage import KeptVersion, VersionsStatus

_DIGEST = 12
_TITLES = ("version", "configuration", "in use since", "instead of", "state", "what changed")
_MOST_CHANGES = 3


def tell_versions(status: VersionsStatus) -> str:
    """A table of all of them, and what is held back."""
    if not status.kept:
        where = status.state or "there is no state directory"
        lines = [f"no versions are kept ({where})"]
    else:
        lines = [align(_TITLES, [_row(one, status) for one in status.kept])]
    return "\n".join([*lines, *tell_held(status)])


def tell_held(status: VersionsStatus) -> list[str]:
    """Lines about a rollback that still counts; none without."""
    if not status.held:
        return []
    return [
        f"rolled back to version {status.in_use}; newer on the disk, and not used: "
        + ", ".join(status.held)
    ]


def _row(one: KeptVersion, status: VersionsStatus) -> tuple[object, ...]:
    state = ""
    if one.is_in_use:
        state = "in use, rolled back" if status.held else "in use"
    shown = "; ".join(one.changes[:_MOST_CHANGES])
    if len(one.changes) > _MOST_CHANGES:
        shown += "; ..."
    since = status.since if one.is_in_use else one.at
    return (one.number, one.digest[:_DIGEST], since, one.before or "-", state, shown)
