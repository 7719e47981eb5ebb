"""Privileges: who the processes are once the listening sockets are bound.

All of them become that user for good, the parent too: nothing that runs later, a new version
included, has more than the sockets that are open by then.
"""

import grp
import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from bfe_py.process.prctl import forgo_privileges


class IdentityError(Exception):
    """A user or group cannot be taken; the text is one line for an operator."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who to be: numbers of user and group, and of the further groups; `name` as people know it."""

    name: str
    user: int
    group: int
    groups: tuple[int, ...]

    @property
    def is_ours(self) -> bool:
        """Whether this process is that already, for good."""
        return os.getresuid() == (self.user,) * 3 and os.getresgid() == (self.group,) * 3


def find_identity(user: str, group: str) -> Identity | None:
    """Who `user` and `group` of the configuration are; None: whoever starts it.

    Each is a name or a number. Without `group` it is the main one of the user, whose further
    groups come along.

    Raises:
        IdentityError: there is no such user or group, or only root may become it.
    """
    if not user:
        return None
    number, main = _find_user(user)
    own_group = _find_group(group) if group else main
    if own_group is None:
        raise IdentityError(f"user {user} is not in /etc/passwd: name its group too (Group)")
    name = _name_of(number)
    groups = tuple(os.getgrouplist(name, own_group)) if name else (own_group,)
    found = Identity(user, number, own_group, groups)
    if os.geteuid() != 0 and not found.is_ours:
        us = _name_of(os.geteuid()) or str(os.geteuid())
        raise IdentityError(
            f"only root may become user {user}, and this is {us}: "
            "start it as root, or leave User and Group out"
        )
    return found


def _find_user(user: str) -> tuple[int, int | None]:
    """Number and main group of a user; without the group if only its number is known."""
    try:
        entry = pwd.getpwuid(int(user)) if user.isdigit() else pwd.getpwnam(user)
    except (KeyError, OverflowError):
        if user.isdigit() and int(user) < 2**32 - 1:
            return int(user), None
        raise IdentityError(
            f'there is no user "{user}": make it (useradd --system {user}), '
            "or name another one (User of [BfePy])"
        ) from None
    return entry.pw_uid, entry.pw_gid


def _find_group(group: str) -> int:
    try:
        return int(group) if group.isdigit() else grp.getgrnam(group).gr_gid
    except KeyError:
        raise IdentityError(
            f'there is no group "{group}": make it (groupadd --system {group}), '
            "or name another one (Group of [BfePy])"
        ) from None


def _name_of(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return ""


def provide(folder: Path, identity: Identity) -> None:
    """Make `folder` if it is not there, for `identity`, which may not be able to itself.

    A folder that is there stays whose it is. Parents that have to be made are made as well.

    Raises:
        OSError: it cannot be made.
    """
    if folder.is_dir():
        return
    missing = [folder, *[parent for parent in folder.parents if not parent.exists()]]
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        for made in missing:
            os.chown(made, identity.user, identity.group, follow_symlinks=False)


def become(identity: Identity) -> None:
    """Be `identity` from now on, for good: no way leads back, not even a program that is setuid.

    Who is that already, and was never anybody else, stays as it was started, with its capabilities.

    Raises:
        IdentityError: the system does not allow it, or would allow the way back.
    """
    if identity.is_ours:
        return
    try:
        os.setgroups(identity.groups)
        os.setresgid(identity.group, identity.group, identity.group)
        os.setresuid(identity.user, identity.user, identity.user)
    except OSError as error:
        raise IdentityError(f"cannot become user {identity.name}: {error.strerror}") from error
    try:
        forgo_privileges()
    except OSError as error:
        reason = f"cannot rule out setuid programs: {error.strerror}"
        raise IdentityError(f"user {identity.name}: {reason}") from error
    if identity.user != 0 and _leads_back():
        raise IdentityError(f"user {identity.name} could become root again: not started")


def _leads_back() -> bool:
    try:
        os.setuid(0)
    except OSError:
        return False
    return True
