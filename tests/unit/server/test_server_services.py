import asyncio
import logging
import socket
from pathlib import Path

import pytest

from bfe_py.model import Fault, Headers, Kind, RequestHead, ResponseHead
from bfe_py.observe import LogCounters, Registry, Rotation
from bfe_py.server.services import (
    LoopResolver,
    ModuleFiles,
    ModuleServices,
    NoHttp,
    NoLog,
    NoStore,
    SystemClock,
    UpstreamHttp,
)
from tests.kit.loops import PatientLoop, run_patiently
from tests.kit.modules import FakeHttp, ManualClock, make_session


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.fixture
def files(tmp_path: Path, registry: Registry) -> ModuleFiles:
    return ModuleFiles(tmp_path, registry, ManualClock())


# --- files and logs


def test_files_are_found_below_the_root(files: ModuleFiles, tmp_path: Path):
    (tmp_path / "a").write_text("x")
    assert files.read("a") == b"x"
    with pytest.raises(FileNotFoundError):
        files.read("b")


def test_a_log_is_one_object_for_all_and_is_written_by_a_timer(
    files: ModuleFiles, tmp_path: Path, registry: Registry
):
    log = files.open_log("log/a.log", Rotation())
    assert files.open_log("log/a.log", Rotation()) is log

    async def main(loop: PatientLoop) -> None:
        files.start(loop)
        for number in range(3):
            log.write(f"{number}\n".encode())
            await asyncio.sleep(0.1)
            assert (tmp_path / "log/a.log").read_text().endswith(f"{number}\n")
        log.write(b"last\n")
        files.stop()
        assert (tmp_path / "log/a.log").read_text() == "0\n1\n2\nlast\n"

    run_patiently(main)
    assert registry.counters(LogCounters).lines == 4


def test_numbers_of_logs_can_be_read_like_all_others(files: ModuleFiles, registry: Registry):
    files.open_log("a.log", Rotation())
    samples = [one for one in registry.read().samples if one.name.startswith("bfe_log")]
    assert samples
    assert all(len(labels) == len(one.labels) for one in samples for labels, _ in one.values)


def test_a_log_that_was_renamed_is_made_again(files: ModuleFiles, tmp_path: Path):
    log = files.open_log("a.log", Rotation())
    log.write(b"one\n")
    files.flush()
    (tmp_path / "a.log").rename(tmp_path / "a.old")
    files.reopen()
    log.write(b"two\n")
    files.flush()
    assert (tmp_path / "a.old").read_text() == "one\n"
    assert (tmp_path / "a.log").read_text() == "two\n"


def test_a_log_that_cannot_be_opened_says_which_and_why(files: ModuleFiles, tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"the log .*/file/a.log cannot be opened: "):
        files.open_log("file/a.log", Rotation())


def test_who_only_checks_opens_no_log(tmp_path: Path, registry: Registry):
    files = ModuleFiles(tmp_path, registry, ManualClock(), is_writing=False)
    log = files.open_log("a.log", Rotation())
    log.write(b"x")
    log.reopen()
    files.stop()
    assert isinstance(log, NoLog)
    assert list(tmp_path.iterdir()) == []


# --- requests to other services


class FakeResponse:
    def __init__(self, pieces: list[bytes]) -> None:
        self.head = ResponseHead(200)
        self.body = self
        self.pieces = pieces
        self.finished = 0

    async def read(self) -> bytes:
        await asyncio.sleep(1.0)
        return self.pieces.pop(0) if self.pieces else b""

    def finish(self) -> None:
        self.finished += 1


class FakeUpstream:
    def __init__(self, response: FakeResponse) -> None:
        self.response = response
        self.sent: list[tuple[str, str, str, int, bytes]] = []

    async def send(self, cluster, attempt, head, body):
        self.sent.append(
            (cluster.name, cluster.protocol, attempt.host, attempt.port, await body.read())
        )
        return self.response


HEAD = RequestHead(b"POST", b"/check", Headers())


def sending(upstream: FakeUpstream, url: str, seconds: float = 10.0) -> tuple[ResponseHead, bytes]:
    async def main(_: PatientLoop) -> tuple[ResponseHead, bytes]:
        return await UpstreamHttp(upstream).send(url, HEAD, b"body", seconds)

    return run_patiently(main)


@pytest.mark.parametrize(
    ("url", "scheme", "host", "port"),
    [
        ("http://auth.test/x", "http", "auth.test", 80),
        ("https://auth.test", "https", "auth.test", 443),
        ("http://10.0.0.1:8080/", "http", "10.0.0.1", 8080),
        ("https://[2001:db8::1]:8443/", "https", "2001:db8::1", 8443),
    ],
)
def test_a_request_goes_to_the_host_of_its_url(url: str, scheme: str, host: str, port: int):
    response = FakeResponse([b"one", b"two"])
    upstream = FakeUpstream(response)
    assert sending(upstream, url) == (response.head, b"onetwo")
    assert upstream.sent == [(f"module:{scheme}", scheme, host, port, b"body")]
    assert response.finished == 1


def test_an_answer_that_is_late_is_a_fault():
    response = FakeResponse([b"x"] * 100)
    with pytest.raises(Fault) as caught:
        sending(FakeUpstream(response), "http://auth.test/", 5.0)
    assert caught.value.kind is Kind.RESPONSE_TIMEOUT
    assert response.finished == 1


def test_an_answer_that_is_too_long_is_a_fault():
    response = FakeResponse([b"x" * 600_000] * 3)
    with pytest.raises(Fault) as caught:
        sending(FakeUpstream(response), "http://auth.test/")
    assert caught.value.kind is Kind.BAD_RESPONSE
    assert response.finished == 1


def test_a_process_that_serves_nobody_asks_nobody():
    async def main(_: PatientLoop) -> None:
        with pytest.raises(Fault):
            await NoHttp().send("http://auth.test/", HEAD, b"", 1.0)
        with pytest.raises(OSError, match="sessions"):
            await NoStore("sessions").execute(b"GET", b"x")

    run_patiently(main)


# --- the rest


class FakeLoopResolver:
    async def getaddrinfo(self, name: str, port: int, **settings: int) -> list[tuple[object, ...]]:
        assert settings == {"type": socket.SOCK_STREAM}
        return [(2, 1, 6, "", ("10.0.0.1", port)), (10, 1, 6, "", ("::1", port, 0, 0))]


def test_names_are_resolved_by_the_loop(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(asyncio, "get_running_loop", FakeLoopResolver)
    resolving = LoopResolver().resolve("a.test", 80)
    with pytest.raises(StopIteration) as done:
        resolving.send(None)
    assert done.value.value == [("10.0.0.1", 80), ("::1", 80)]


@pytest.fixture
def services(files: ModuleFiles) -> ModuleServices:
    return ModuleServices(SystemClock(), files, FakeHttp())


def test_services_are_those_that_were_given(services: ModuleServices, files: ModuleFiles):
    assert services.files is files
    assert isinstance(services.http, FakeHttp)
    assert isinstance(services.resolver, LoopResolver)
    assert isinstance(services.store("x"), NoStore)
    assert isinstance(services.log("mod_x"), logging.Logger)
    assert services.log("mod_x").name == "bfe.modules.mod_x"
    assert len(services.random(16)) == 16
    assert services.random(16) != services.random(16)
    assert services.clock.monotonic() <= services.clock.monotonic()
    assert services.clock.wall() > 1_700_000_000


def test_slow_work_is_done_in_a_thread(services: ModuleServices):
    async def main() -> int:
        return await services.offload(lambda: 7)

    assert asyncio.run(main()) == 7


class UnopenedSocket(socket.socket):
    """Only its options are set."""


@pytest.fixture
def unopened() -> socket.socket:
    return UnopenedSocket.__new__(UnopenedSocket)


def test_options_are_set_on_the_socket_of_a_session(
    services: ModuleServices, unopened: socket.socket, monkeypatch: pytest.MonkeyPatch
):
    asked: list[tuple[int, int, int]] = []
    monkeypatch.setattr(
        UnopenedSocket, "setsockopt", lambda _, *option: asked.append(option), raising=False
    )
    session = make_session()
    assert not services.socket_options(session, ((1, 2, 3),))
    session.notes["socket"] = unopened
    assert services.socket_options(session, ((1, 2, 3), (4, 5, 6)))
    assert asked == [(1, 2, 3), (4, 5, 6)]


def test_options_that_cannot_be_set_are_told(
    services: ModuleServices, unopened: socket.socket, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(UnopenedSocket, "setsockopt", refuse, raising=False)
    session = make_session()
    session.notes["socket"] = unopened
    assert not services.socket_options(session, ((1, 2, 3),))
