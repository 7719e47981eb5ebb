import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bfe_py.control import Ended, Ends, Inheritance
from bfe_py.process import folders
from bfe_py.process import start as start_module
from bfe_py.process.children import Child
from bfe_py.server import ControlOptions
from tests.kit.process import Tree
from tests.kit.starting import LINKS, Started


def test_a_parent_with_all_its_children_is_made_and_run(start, tree: Tree, tmp_path: Path):
    tree.own = "DisableTls = true\nRestartMinMs = 50\nRestartMaxMs = 3000"
    tree.grace = 4
    tree.write([81])
    started = start(tree)
    assert started.status == 7
    assert started.reported == []
    parent = started.parent
    assert parent is not None
    assert (parent.times.grace, parent.times.leave, parent.times.upgrade) == (4, 4, 60)
    assert (parent.pauses.first, parent.pauses.most) == (0.05, 3.0)
    assert parent.controller.name == "controller"
    assert [worker.name for worker in parent.workers] == ["worker 0", "worker 1"]
    assert (tmp_path / "log/bfe-py.log").exists()


def test_each_child_closes_what_is_not_its_own(start, tree: Tree):
    started = start(tree)
    parent = started.parent
    assert parent is not None
    sockets, (management,) = started.bound["http"], started.bound["management"]
    assert parent.workers[1].main(LINKS) == 0
    assert [one.is_closed for one in sockets] == [True, False]
    assert management.is_closed
    (options,) = started.workers
    assert options.worker == 1
    assert [(one.name, one.is_secure) for one in options.listeners] == [("http", False)]
    assert options.listeners[0].socket is sockets[1]


def test_the_controller_keeps_only_the_management_listener(start, tree: Tree):
    started = start(tree)
    assert started.parent is not None
    assert started.parent.controller.main(LINKS) == 0
    assert all(one.is_closed for one in started.bound["http"])
    (options,) = started.controllers
    assert options.management is started.bound["management"][0]
    assert not options.management.is_closed
    assert isinstance(options.control, ControlOptions)
    assert options.control.workers == 2
    assert options.control.state is None


def test_the_parent_lets_go_of_every_listening_socket(start, tree: Tree):
    started = start(tree)
    assert started.parent is not None
    started.parent.release()
    assert all(one.is_closed for one in started.bound["http"])


def test_a_unix_listener_is_shared_and_closed_by_no_worker(start, tree: Tree, tmp_path: Path):
    conf = tree.root / "bfe.conf"
    conf.write_text(conf.read_text().replace("HttpAddr = 127.0.0.1", f"HttpAddr = {tmp_path}/s"))
    started = start(tree)
    assert started.parent is not None
    started.parent.workers[0].main(LINKS)
    assert not started.bound["http"][0].is_closed


def test_with_tls_there_is_a_second_listener_with_one_context_for_all(start, tree: Tree):
    tree.own = ""
    tree.write([81])
    started = start(tree)
    assert started.parent is not None
    for worker in started.parent.workers:
        worker.main(LINKS)
    one, two = started.workers
    assert [(listener.name, listener.is_secure) for listener in one.listeners] == [
        ("http", False),
        ("https", True),
    ]
    assert one.tls is two.tls is not None


def test_without_a_monitor_nobody_listens_for_it(start, tree: Tree):
    tree.server = "MonitorEnabled = false"
    tree.write([81])
    started = start(tree)
    assert "management" not in started.bound
    assert started.parent is not None
    started.parent.workers[0].main(LINKS)
    started.parent.controller.main(LINKS)
    assert started.controllers[0].management is None
    started.parent.voice.announce("loaded")
    assert not any("management" in line for line in started.reported)


@pytest.mark.parametrize(
    "error",
    [ImportError("other files"), PermissionError(13, "no"), SyntaxError("half"), ValueError("odd")],
)
def test_a_program_of_which_a_part_is_gone_serves_on(
    start, tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
):
    def refuse() -> None:
        raise error

    monkeypatch.setattr(start_module, "import_later", refuse)
    started = start(tree)
    assert started.parent is not None
    started.parent.voice.announce("loaded")
    assert any("loaded" in line for line in started.reported)
    assert "program not whole" in (tmp_path / "log/bfe-py.log").read_text()


# --- how many, and where


@pytest.mark.parametrize(
    ("asked", "own", "server", "workers"),
    [
        (3, "Workers = 5", "MaxCpus = 4", 3),
        (None, "Workers = 5", "MaxCpus = 4", 5),
        (None, "", "MaxCpus = 4", 4),
        (None, "", "", 2),
    ],
)
def test_how_many_workers_there_are(start, tree: Tree, asked, own, server, workers):
    tree.own, tree.server = f"DisableTls = true\n{own}", server
    tree.write([81])
    started = start(tree, workers=asked)
    assert started.parent is not None
    assert len(started.parent.workers) == workers


@pytest.mark.parametrize(("workers", "cores"), [(1, []), (2, [4, 5]), (3, [])])
def test_workers_are_pinned_where_each_has_a_core(start, tree: Tree, workers, cores):
    started = start(tree, workers=workers)
    assert started.parent is not None
    for child in started.parent.workers:
        child.main(LINKS)
    assert started.pinned == [(worker, cores) for worker in range(workers)]


def test_pinning_can_be_turned_off(start, tree: Tree):
    tree.own = "DisableTls = true\nPinWorkers = false"
    tree.write([81])
    started = start(tree, workers=2)
    assert started.parent is not None
    started.parent.workers[0].main(LINKS)
    assert started.pinned == [(0, [])]


def test_every_worker_knows_how_many_there_are_and_how_often_to_say_that_it_lives(
    start, tree: Tree
):
    tree.own = "DisableTls = true\nHeartbeatSeconds = 2"
    tree.write([81])
    started = start(tree, workers=3)
    assert started.parent is not None
    for child in started.parent.workers:
        child.main(LINKS)
    assert [(one.worker, one.workers, one.beat_seconds) for one in started.workers] == [
        (0, 3, 0.5),
        (1, 3, 0.5),
        (2, 3, 0.5),
    ]


def test_what_the_parent_counts_a_controller_reads(start, tree: Tree):
    started = start(tree)
    assert started.parent is not None
    started.parent.voice.ended(started.parent.workers[1], "SIGKILL")
    started.parent.controller.main(LINKS)
    (options,) = started.controllers
    found = Inheritance(options.control.memory.ends, Ends).find()
    assert found == Ends([Ended("1", "SIGKILL", 1)])


# --- what the operator is told


def test_where_it_listens_is_told_when_all_is_ready(start, tree: Tree):
    started = start(tree)
    assert started.parent is not None
    started.parent.voice.announce("1 tenant; ready in 9 ms")
    assert started.reported == [
        "listening on http://127.0.0.1:8080",
        "management on http://127.0.0.1:8421",
        "1 tenant; ready in 9 ms, 2 workers",
    ]
    one = start(tree, workers=1)
    assert one.parent is not None
    one.parent.voice.announce("loaded")
    assert one.reported[-1] == "loaded, 1 worker"


def test_complaints_go_to_the_terminal_and_to_the_log(start, tree: Tree, tmp_path: Path):
    started = start(tree)
    assert started.parent is not None
    started.parent.voice.complain("worker 0 ended")
    assert started.reported == ["worker 0 ended"]
    assert "worker 0 ended" in (tmp_path / "log/bfe-py.log").read_text()


def test_a_child_that_hangs_is_one_line_on_both(start, tree: Tree, tmp_path: Path):
    started = start(tree)
    assert started.parent is not None
    started.parent.voice.hung(Child("controller", lambda _: 0, pid=4711))
    assert started.reported == ["controller hangs (process 4711); killing it"]
    assert "ERROR bfe.process controller hangs pid=4711" in (
        (tmp_path / "log/bfe-py.log").read_text()
    )


def test_a_terminal_that_was_closed_ends_nothing(start, tree: Tree, monkeypatch):
    started = start(tree)
    assert started.parent is not None

    def broken(_: str) -> None:
        raise BrokenPipeError

    object.__setattr__(started.options, "report", broken)
    started.parent.voice.complain("worker 0 ended")
    started.parent.voice.announce("loaded")


# --- what goes wrong


def test_a_broken_configuration_is_shown(start, tree: Tree):
    (tree.root / "bfe.conf").write_text("[Server]\nHttpPort = many\n")
    started = start(tree)
    assert started.status == 1
    assert started.parent is None
    assert "HttpPort" in started.reported[0]


def test_a_warning_is_shown_and_no_hindrance(start, tree: Tree):
    tree.modules = ("mod_wasm",)
    tree.write([81])
    started = start(tree)
    assert started.status == 7
    assert "mod_wasm" in started.reported[0]


@pytest.mark.parametrize("name", ["http", "management"])
def test_an_address_that_cannot_be_bound_is_one_line(start, tree: Tree, name: str):
    started = start(tree, unbindable=name)
    assert started.status == 1
    assert len(started.reported) == 1
    assert started.reported[0].startswith("error: cannot listen on 127.0.0.1:")


def test_a_log_folder_that_cannot_be_written_is_one_line(start, tree: Tree, tmp_path: Path):
    (tmp_path / "file").write_text("")
    started = start(tree, log_directory=tmp_path / "file/log")
    assert started.status == 1
    assert started.reported == [f"error: cannot log to {tmp_path}/file/log: Not a directory"]


def test_a_machine_without_room_is_one_line(start, tree: Tree, monkeypatch: pytest.MonkeyPatch):
    def full(**_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folders.tempfile, "mkdtemp", full)
    started = start(tree)
    assert (started.status, started.reported) == (1, ["error: [Errno 28] No space left on device"])


def test_a_long_temporary_folder_is_no_hindrance(
    start, tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    long = tmp_path / ("x" * 100)
    long.mkdir()
    monkeypatch.setattr(folders.tempfile, "tempdir", str(long))
    assert start(tree).status == 7
    assert list(long.iterdir()) == []


def private_of(started: Started) -> Path:
    assert started.parent is not None
    started.parent.controller.main(LINKS)
    return Path(started.controllers[0].control.talking).parent


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder with a name that leaves room for that of a socket."""
    with tempfile.TemporaryDirectory(dir="/tmp") as made:
        yield Path(made)


def test_the_runtime_folder_of_the_service_manager_is_used(
    start, tree: Tree, short: Path, monkeypatch: pytest.MonkeyPatch
):
    for name in ("one", "other"):
        (short / name).mkdir()
    monkeypatch.setenv("RUNTIME_DIRECTORY", f"{short}/one:{short}/other")
    assert private_of(start(tree)).parent == short / "one"
    assert list((short / "one").iterdir()) == list((short / "other").iterdir()) == []


LONG = "x" * 100


@pytest.mark.parametrize(
    "text", ["", "{}/none", "{}/file", "{}/none:{}", "one", "{}/locked", f"{{}}/{LONG}"]
)
def test_without_a_runtime_folder_that_can_be_used_it_is_a_temporary_one(
    start, tree: Tree, short: Path, monkeypatch: pytest.MonkeyPatch, text: str
):
    (short / "file").touch()
    for name in ("one", "locked", LONG):
        (short / name).mkdir()
    monkeypatch.chdir(short)
    monkeypatch.setattr(folders.os, "access", lambda path, _: not path.endswith("locked"))
    monkeypatch.setenv("RUNTIME_DIRECTORY", text.replace("{}", str(short)))
    assert not private_of(start(tree)).is_relative_to(short)


# --- where good versions are kept


def rules_of(tmp_path: Path) -> Path:
    (tmp_path / "rules").mkdir()
    return tmp_path / "rules"


def state_of(started: Started) -> Path | None:
    assert started.parent is not None
    started.parent.controller.main(LINKS)
    state: Path | None = started.controllers[0].control.state
    return state


def test_good_versions_are_kept_where_the_command_line_or_the_configuration_says(
    start, tree: Tree, tmp_path: Path
):
    rules = rules_of(tmp_path)
    asked = tmp_path / "asked/state"
    assert state_of(start(tree, rules=rules, state_directory=asked)) == asked
    assert asked.is_dir()
    tree.own = "DisableTls = true\nStateDir = kept"
    tree.write([81])
    assert state_of(start(tree, rules=rules, state_directory=asked)) == tree.root / "kept"
    assert state_of(start(tree, rules=rules)) == tree.root / "kept"


def test_without_rules_what_was_checked_is_kept_all_the_same(start, tree: Tree, tmp_path: Path):
    assert state_of(start(tree, state_directory=tmp_path / "state")) == tmp_path / "state"
    assert state_of(start(tree)) is None


def test_without_rules_a_state_folder_that_cannot_be_written_is_no_matter(
    start, tree: Tree, tmp_path: Path
):
    (tmp_path / "file").write_text("")
    started = start(tree, state_directory=tmp_path / "file/state")
    assert state_of(started) is None
    assert started.reported == []


def test_a_state_folder_that_cannot_be_written_is_a_warning(start, tree: Tree, tmp_path: Path):
    (tmp_path / "file").write_text("")
    state = tmp_path / "file/state"
    started = start(tree, rules=rules_of(tmp_path), state_directory=state)
    assert started.status == 7
    assert started.reported == [
        "warning: last good .rules documents are not kept over a restart: "
        f"cannot write to {state}: Not a directory"
    ]
    assert state_of(started) is None
