"""How another version is started, and how it finds out."""

import os
import signal
import socket
from dataclasses import dataclass, field

import pytest

from bfe_py.process import handover
from bfe_py.process.handover import VARIABLE, Predecessor, find_predecessor, same_command, spawn
from bfe_py.process.messages import Go, HandedSocket, Heritage, Prepared, encode_line


@dataclass
class Spawned:
    """What the system was asked to start."""

    calls: list[tuple[str, list[str], dict[str, str]]] = field(default_factory=list)
    inherited: list[set[int]] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    watched: set[int] = field(default_factory=set)
    fails: bool = False

    def posix_spawn(self, path: str, command: list[str], environment: dict, **more: object) -> int:
        assert more == {"setsigmask": [], "setsigdef": [signal.SIGPIPE, signal.SIGXFSZ]}
        if self.fails:
            raise FileNotFoundError(2, "No such file or directory")
        self.calls.append((path, command, environment))
        end = int(environment[VARIABLE])
        self.inherited.append(
            {number for number in (*self.watched, end) if os.get_inheritable(number)} - {end}
        )
        assert os.get_inheritable(end)
        self.ends.append(os.dup(end))
        return 77


@pytest.fixture
def spawned(monkeypatch: pytest.MonkeyPatch) -> Spawned:
    made = Spawned()
    monkeypatch.setattr(handover.os, "posix_spawn", made.posix_spawn)
    return made


def test_the_command_line_is_the_one_that_started_this_process():
    command = same_command()
    assert os.path.isabs(command[0])  # noqa: PTH117
    assert "pytest" in " ".join(command)


def test_another_version_gets_the_sockets_and_a_connection_and_nothing_of_our_start(
    spawned: Spawned,
):
    one, other = socket.socketpair()
    with one, other:
        spawned.watched = {one.fileno(), other.fileno()}
        heritage = Heritage(5, [HandedSocket("http", "", 80, [one.fileno()])], 2)
        environment = {"HOME": "/", "LISTEN_FDS": "1", "LISTEN_PID": "5", "WATCHDOG_PID": "5"}
        pid, link = spawn(("/bin/python", "-m", "bfe_py"), heritage, environment)
        assert pid == 77
        ((path, command, given),) = spawned.calls
        assert (path, command) == ("/bin/python", ["/bin/python", "-m", "bfe_py"])
        assert given == {"HOME": "/", VARIABLE: given[VARIABLE]}
        assert spawned.inherited == [{one.fileno()}]
        assert not os.get_inheritable(one.fileno())
        environment = {VARIABLE: str(spawned.ends[0]), "HOME": "/"}
        found = find_predecessor(environment)
        assert found is not None
        assert found.heritage == heritage
        assert environment == {"HOME": "/"}
        link.sendall(encode_line(Go()))
        assert found.link.recv(100) == encode_line(Go())
        found.tell(Prepared())
        assert link.recv(100) == encode_line(Prepared())
        link.close()
        with pytest.raises(OSError):
            found.tell(Prepared())
        found.link.close()


def test_one_that_cannot_be_started_leaves_nothing(spawned: Spawned):
    spawned.fails = True
    before = set(os.listdir("/proc/self/fd"))  # noqa: PTH208
    with pytest.raises(FileNotFoundError):
        spawn(("/bin/none",), Heritage(5), {})
    assert set(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_most_processes_have_nobody_before_them():
    assert find_predecessor({"HOME": "/"}) is None


@pytest.mark.parametrize("content", [b"", b"no line", b"no heritage\n", b'{"type":"Go"}\n'])
def test_what_is_no_handover_is_told(content: bytes):
    ours, theirs = socket.socketpair()
    with ours:
        ours.sendall(content)
        ours.shutdown(socket.SHUT_WR)
        with pytest.raises(OSError, match="is set, but no version before hands over"):
            find_predecessor({VARIABLE: str(theirs.detach())})


@pytest.mark.parametrize("text", ["x", "-1", "999999"])
def test_what_is_no_descriptor_is_told(text: str):
    with pytest.raises(OSError, match="is set, but no version before hands over"):
        find_predecessor({VARIABLE: text})


def test_what_comes_behind_the_heritage_is_left_for_later():
    ours, theirs = socket.socketpair()
    with ours:
        ours.sendall(encode_line(Heritage(3)) + encode_line(Go()))
        found = find_predecessor({VARIABLE: str(theirs.detach())})
        assert isinstance(found, Predecessor)
        assert found.link.recv(100) == encode_line(Go())
        found.link.close()
