"""Who the processes become."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from bfe_py.process import prctl, privileges
from bfe_py.process.privileges import Identity, IdentityError, become, find_identity, provide


@dataclass
class User:
    pw_name: str
    pw_uid: int
    pw_gid: int


@dataclass
class Group:
    gr_gid: int


USERS = (User("root", 0, 0), User("bfe", 900, 901), User("alice", 1000, 1000))
GROUPS = {"bfe": 901, "www": 33}


class Us:
    """This process as the system has it."""

    def __init__(self, user: int = 0, group: int = 0) -> None:
        self.users = (user,) * 3
        self.groups = (group,) * 3
        self.calls: list[tuple[object, ...]] = []
        self.refuses = False
        self.leads_back = False
        self.keeps_setuid = False


def find(users: list[User]) -> User:
    if not users:
        raise KeyError
    return users[0]


@pytest.fixture
def us(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Us:  # pytest asks for users too
    made = Us()

    def set_all(call: str):
        def act(*given: object, **more: object) -> None:
            if made.refuses:
                raise OSError(1, "Operation not permitted")
            made.calls.append((call, *given, *more.items()))

        return act

    def set_user(number: int) -> None:
        made.calls.append(("setuid", number))
        if not made.leads_back:
            raise OSError(1, "Operation not permitted")

    class Library:
        def prctl(self, *given: int) -> int:
            made.calls.append(("prctl", *given))
            return -1 if made.keeps_setuid else 0

    monkeypatch.setattr(
        privileges.pwd, "getpwnam", lambda name: find([u for u in USERS if u.pw_name == name])
    )
    monkeypatch.setattr(
        privileges.pwd, "getpwuid", lambda uid: find([u for u in USERS if u.pw_uid == uid])
    )
    monkeypatch.setattr(privileges.grp, "getgrnam", lambda name: Group(GROUPS[name]))
    monkeypatch.setattr(os, "getgrouplist", lambda name, group: [group, 33])
    monkeypatch.setattr(os, "geteuid", lambda: made.users[1])
    monkeypatch.setattr(os, "getresuid", lambda: made.users)
    monkeypatch.setattr(os, "getresgid", lambda: made.groups)
    for call in ("setgroups", "setresgid", "setresuid", "chown"):
        monkeypatch.setattr(os, call, set_all(call))
    monkeypatch.setattr(os, "setuid", set_user)
    monkeypatch.setattr(prctl.ctypes, "CDLL", lambda _, **__: Library())
    monkeypatch.setattr(prctl.ctypes, "get_errno", lambda: 22)
    return made


@pytest.mark.parametrize(
    ("user", "group", "numbers"),
    [
        ("bfe", "", (900, 901, (901, 33))),
        ("900", "", (900, 901, (901, 33))),
        ("bfe", "www", (900, 33, (33, 33))),
        ("bfe", "44", (900, 44, (44, 33))),
        ("4711", "www", (4711, 33, (33,))),
    ],
)
def test_a_user_is_found_by_name_or_number_with_its_groups(us: Us, user, group, numbers):
    found = find_identity(user, group)
    assert found is not None
    assert (found.user, found.group, found.groups) == numbers


def test_nobody_named_is_whoever_starts_it(us: Us):
    assert find_identity("", "") is None


@pytest.mark.parametrize(
    ("user", "group", "text"),
    [
        ("bef", "", 'there is no user "bef": make it (useradd --system bef), or name another'),
        ("bfe", "wwww", 'there is no group "wwww": make it (groupadd --system wwww), or name'),
        ("4711", "", "user 4711 is not in /etc/passwd: name its group too (Group)"),
        ("99999999999", "", 'there is no user "99999999999"'),
    ],
)
def test_who_is_not_there_is_told_with_what_to_do(us: Us, user: str, group: str, text: str):
    with pytest.raises(IdentityError) as caught:
        find_identity(user, group)
    assert text in str(caught.value)


@pytest.mark.parametrize(("number", "name"), [(1000, "alice"), (4711, "4711")])
def test_only_root_becomes_another(us: Us, number: int, name: str):
    us.users = (number,) * 3
    with pytest.raises(IdentityError, match=f"only root may become user bfe, and this is {name}"):
        find_identity("bfe", "")


def test_who_is_that_user_already_need_not_be_root(us: Us):
    us.users, us.groups = (900,) * 3, (901,) * 3
    found = find_identity("bfe", "")
    assert found is not None
    become(found)
    assert us.calls == []


BFE = Identity("bfe", 900, 901, (901, 33))


def test_privileges_go_for_good_groups_first(us: Us):
    become(BFE)
    assert us.calls == [
        ("setgroups", (901, 33)),
        ("setresgid", 901, 901, 901),
        ("setresuid", 900, 900, 900),
        ("prctl", 38, 1, 0, 0, 0),
        ("setuid", 0),
    ]


def test_a_way_back_is_no_start(us: Us):
    us.leads_back = True
    with pytest.raises(IdentityError, match="could become root again"):
        become(BFE)


def test_a_system_that_refuses_is_told_of(us: Us):
    us.refuses = True
    with pytest.raises(IdentityError, match="cannot become user bfe: Operation not permitted"):
        become(BFE)


def test_a_system_that_lets_setuid_programs_be_is_no_start(us: Us):
    us.keeps_setuid = True
    with pytest.raises(IdentityError, match="cannot rule out setuid programs: Invalid argument"):
        become(BFE)


def test_root_may_be_asked_for(us: Us):
    us.groups = (5, 5, 5)
    become(Identity("root", 0, 0, (0,)))
    assert ("setuid", 0) not in us.calls


def test_folders_are_made_for_who_writes_to_them(us: Us, tmp_path: Path):
    folder = tmp_path / "var/log"
    provide(folder, BFE)
    assert folder.is_dir()
    # A link that somebody put there meanwhile is not followed.
    own = (900, 901, ("follow_symlinks", False))
    assert us.calls == [("chown", folder, *own), ("chown", tmp_path / "var", *own)]
    provide(folder, BFE)
    provide(tmp_path, BFE)
    assert len(us.calls) == 2


def test_who_is_not_root_makes_folders_of_its_own(us: Us, tmp_path: Path):
    us.users = (900,) * 3
    provide(tmp_path / "log", BFE)
    assert (tmp_path / "log").is_dir()
    assert us.calls == []
