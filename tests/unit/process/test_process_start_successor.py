"""Starts as another user, and behind another version."""

from pathlib import Path

import pytest

from bfe_py.config import Finding, Report
from bfe_py.process import folders, options
from bfe_py.process import start as start_module
from bfe_py.process.given import Given
from bfe_py.process.handover import Predecessor
from bfe_py.process.messages import (
    Failed,
    FromSuccessor,
    HandedSocket,
    Heritage,
    Lines,
    UpgradeEnded,
    encode_line,
)
from bfe_py.process.parent import Times
from bfe_py.process.privileges import Identity, IdentityError
from bfe_py.process.sockets import ListenAddress
from tests.kit.process import Tree
from tests.kit.starting import LINKS, FakeSocket


def rules_of(tmp_path: Path) -> Path:
    (tmp_path / "rules").mkdir()
    return tmp_path / "rules"


# --- another user


NOBODY = Identity("nobody", 65534, 65534, (65534,))


@pytest.fixture
def becoming(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is done on the way to another user, in order."""
    done: list[str] = []
    monkeypatch.setattr(
        start_module, "find_identity", lambda *named: done.append(f"{named}") or NOBODY
    )
    monkeypatch.setattr(folders, "provide", lambda folder, _: done.append(f"provide {folder.name}"))
    monkeypatch.setattr(start_module, "import_later", lambda: done.append("import"))
    monkeypatch.setattr(start_module, "become", lambda _: done.append("become"))
    return done


def test_another_user_is_taken_behind_sockets_and_folders(
    start, tree: Tree, tmp_path: Path, becoming: list[str]
):
    tree.own = "DisableTls = true\nUser = nobody\nGroup = www"
    tree.write([81])
    state = tmp_path / "state"
    started = start(tree, rules=rules_of(tmp_path), state_directory=state, command=("/bin/sh",))
    assert started.status == 7
    assert becoming == ["('nobody', 'www')", "import", "provide log", "provide state", "become"]
    assert started.reported == []


def test_a_program_that_the_user_cannot_run_is_a_warning(start, tree: Tree, becoming: list[str]):
    started = start(tree, command=("/no/such/python",))
    assert started.reported == [
        "warning: user nobody cannot run /no/such/python: there can be no upgrade"
    ]


def test_a_folder_that_cannot_be_made_is_told_by_who_needs_it(
    start, tree: Tree, tmp_path: Path, becoming: list[str], monkeypatch: pytest.MonkeyPatch
):
    def fail(*_: object) -> None:
        raise OSError(13, "Permission denied")

    (tmp_path / "file").write_text("")
    monkeypatch.setattr(folders, "provide", fail)
    started = start(tree, log_directory=tmp_path / "file/log", command=("/bin/sh",))
    assert started.reported == [
        f"error: cannot log to {tmp_path}/file/log: Not a directory (as user nobody)"
    ]


def test_a_user_that_cannot_be_taken_is_one_line(start, tree: Tree, monkeypatch):
    def refuse(*_: object) -> None:
        raise IdentityError("there is no user")

    monkeypatch.setattr(start_module, "find_identity", refuse)
    started = start(tree)
    assert (started.status, started.reported) == (1, ["error: there is no user"])
    assert started.parent is None


# --- behind another version


class FakeLink:
    """The connection to the version that runs."""

    def __init__(self, *, is_gone: bool = False) -> None:
        self.sent: list[bytes] = []
        self.is_gone = is_gone

    def sendall(self, data: bytes) -> None:
        if self.is_gone:
            raise BrokenPipeError
        self.sent.append(data)


@pytest.fixture
def predecessor(monkeypatch: pytest.MonkeyPatch) -> FakeLink:
    link = FakeLink()
    heritage = Heritage(5, [HandedSocket("http", "127.0.0.1", 8080, [4])], 2)
    found = Predecessor(heritage, link)  # type: ignore[arg-type]
    monkeypatch.setattr(start_module, "find_predecessor", lambda _: found)
    monkeypatch.setattr(
        start_module,
        "open_handed",
        lambda handed: [
            Given(ListenAddress(one.name, one.host, one.port), [HANDED]) for one in handed
        ],
    )
    return link


HANDED = FakeSocket()


def test_what_the_version_before_listens_on_is_listened_on(start, tree: Tree, predecessor):
    HANDED.is_closed = False
    started = start(tree, workers=1)
    assert list(started.bound) == ["management"]
    parent = started.parent
    assert parent is not None
    assert (parent.takes_over, parent.upgrades) == (True, 2)
    parent.workers[0].main(LINKS)
    assert started.workers[0].listeners[0].socket is HANDED
    assert predecessor.sent == []


def test_the_first_of_all_takes_over_from_nobody(start, tree: Tree):
    parent = start(tree).parent
    assert parent is not None
    assert (parent.takes_over, parent.upgrades) == (False, 0)


def test_why_it_does_not_start_is_told_to_the_version_that_runs(start, tree: Tree, predecessor):
    (tree.root / "bfe.conf").write_text("[Server]\nHttpPort = many\n")
    assert start(tree).status == 1
    (told,) = Lines(FromSuccessor).feed(predecessor.sent[0])
    assert isinstance(told, Failed)
    assert told.reason.startswith("bfe.conf:2:12: ")
    assert "HttpPort" in told.reason


def test_an_address_that_is_taken_is_told_to_the_version_that_runs(start, tree: Tree, predecessor):
    started = start(tree, unbindable="management", workers=1)
    assert started.status == 1
    assert predecessor.sent == [encode_line(Failed("cannot listen on 127.0.0.1:8421"))]


def test_a_version_that_is_gone_need_not_be_told(start, tree: Tree, predecessor):
    predecessor.is_gone = True
    assert start(tree, unbindable="management", workers=1).status == 1


def test_a_handover_that_is_none_is_one_line(start, tree: Tree, monkeypatch):
    monkeypatch.setenv("BFE_PY_HANDOVER", "x")
    started = start(tree)
    assert started.status == 1
    assert started.reported[0].startswith("error: BFE_PY_HANDOVER is set, but no version before")


def test_times_of_an_upgrade_are_those_of_the_configuration(start, tree: Tree):
    tree.own = "DisableTls = true\nUpgradeSeconds = 7\nUpgradeDrainSeconds = 600"
    tree.write([81])
    started = start(tree, workers=1)
    assert started.parent is not None
    assert started.parent.times == Times(2, 600, 7)
    started.parent.workers[0].main(LINKS)
    (options,) = started.workers
    assert (options.grace, options.leave_seconds) == (2, 600)


@pytest.mark.parametrize(
    ("ended", "line", "logged"),
    [
        (
            UpgradeEnded(pid=7),
            "upgraded: process 7 serves; this one ends with its connections",
            "upgrade done pid=7",
        ),
        (
            UpgradeEnded(error="no such file"),
            "upgrade failed: no such file; this version goes on",
            "upgrade failed reason='no such file'",
        ),
        (
            UpgradeEnded(error="busy", is_refused=True),
            "upgrade refused: busy",
            "upgrade refused reason='busy'",
        ),
    ],
)
def test_what_became_of_an_upgrade_is_told_on_the_terminal_and_in_one_line_of_the_log(
    start, tree: Tree, tmp_path: Path, ended: UpgradeEnded, line: str, logged: str
):
    started = start(tree)
    assert started.parent is not None
    started.parent.voice.upgrade_ended(ended)
    assert started.reported == [line]
    assert (tmp_path / "log/bfe-py.log").read_text().count(logged) == 1


def test_without_an_error_it_is_said_that_something_is_wrong():
    assert options.first_error(Report()) == "the configuration cannot be used"
    lines = Report([Finding("error", "E001", "no\nsuch file")])
    assert options.first_error(lines) == "no such file"
