import asyncio
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from bfe_py.config import TLS, Changes, Part, TlsGroup
from bfe_py.config.dynamic import Pem
from bfe_py.control import Down, FileSource
from bfe_py.pipeline import Chain, Close, Phase
from bfe_py.server import BoundListener, DataPlane, PlaneOptions, load_site
from bfe_py.server import certificate as certificate_module
from bfe_py.server import data_plane as data_plane_module
from bfe_py.server.data_plane import ChainPhases
from bfe_py.server.loading import make_reloader
from bfe_py.server.services import SystemClock
from bfe_py.snapshot import SnapshotStore
from bfe_py.tls import make_root
from tests.kit.documents import Reloading
from tests.kit.loops import PatientLoop, drive, run_patiently
from tests.kit.modules import make_session
from tests.kit.process import Tree, write_json

CERTIFICATES = Path(__file__).parents[2] / "conformance/data/config_tree/tls_conf/certs"
BROKEN = Changes("2", {("cluster", "web"): Part(b"?", b"\xc1")})
WEB: Down = ("web", "sub", "127.0.0.1", 81)


class FakeListener:
    """Stands for a listener; `fails` makes `start` raise."""

    made: list["FakeListener"] = []
    fails = False

    def __init__(self, loop, listening, endpoint, registry, *, name, tls=None, proxy=None) -> None:
        self.endpoint, self.name, self.tls, self.proxy = endpoint, name, tls, proxy
        self.calls: list[str] = []
        FakeListener.made.append(self)

    async def start(self) -> None:
        if FakeListener.fails:
            raise OSError("address taken")
        self.calls.append("start")

    is_arriving = False

    def stop(self, *, is_patient: bool = False) -> None:
        self.calls.append("stop patiently" if is_patient else "stop")


@pytest.fixture(autouse=True)
def listeners(monkeypatch: pytest.MonkeyPatch) -> list[FakeListener]:
    FakeListener.made, FakeListener.fails = [], False
    monkeypatch.setattr(data_plane_module, "Listener", FakeListener)
    return FakeListener.made


def packed(tree: Tree) -> Changes:
    """What a controller sends of it to a worker that has nothing."""
    site, report = load_site(tree.root, None)
    assert site is not None, report.errors
    reloader = make_reloader(site, SystemClock())
    outcome = drive(reloader.load(FileSource(site.root, None).take()))
    assert outcome.is_ok, outcome.text
    return reloader.packed.changes()


def good_tls(changes: Changes) -> TlsGroup:
    return msgspec.msgpack.decode(changes.put[TLS].packed, type=TlsGroup)


def with_tls(changes: Changes, pems: dict[str, Pem]) -> Changes:
    """Changes to the same certificates with other contents."""
    group = msgspec.structs.replace(good_tls(changes), pems=pems)
    return Changes("2", {TLS: Part(b"?", msgspec.msgpack.encode(group))})


class Worker:
    def __init__(self, plane: DataPlane, told: list[Down], tls: ssl.SSLContext) -> None:
        self.plane, self.told, self.tls = plane, told, tls


def serving(tree: Tree, main: Callable[[Worker], Awaitable[None]]) -> None:
    site, _ = load_site(tree.root, None)
    assert site is not None

    async def run(loop: PatientLoop) -> None:
        told: list[Down] = []
        tls = make_root()
        listeners = (
            BoundListener("http", None),  # type: ignore[arg-type]
            BoundListener("https", None, is_secure=True),  # type: ignore[arg-type]
        )
        plane = DataPlane(loop, PlaneOptions(0, site, listeners, tls, 2.0), told.append)
        await main(Worker(plane, told, tls))
        plane.close()

    run_patiently(run)


async def apply(plane: DataPlane, changes: Changes) -> str:
    """Prepare and use; why that cannot be, if so."""
    return await plane.prepare(changes) or await plane.use()


def test_listeners_start_with_the_first_configuration_only(tree: Tree, listeners):
    async def main(worker: Worker) -> None:
        plane = worker.plane
        assert not plane.is_serving
        assert list(plane.backends()) == []
        assert plane.connections == 0
        plane.drain()
        assert await apply(plane, packed(tree)) == ""
        assert plane.is_serving
        assert [(one.name, one.tls, one.calls) for one in listeners] == [
            ("http", None, ["start"]),
            ("https", worker.tls, ["start"]),
        ]
        tree.write_backends([82, 83], "2")
        assert await apply(plane, packed(tree)) == ""
        assert len(listeners) == 2
        assert [row[:6] for row in plane.backends()] == [
            ("web", "sub", "b82", "127.0.0.1:82", 100, True),
            ("web", "sub", "b83", "127.0.0.1:83", 100, True),
        ]

    serving(tree, main)


def test_what_cannot_be_used_leaves_the_one_before(tree: Tree, caplog: pytest.LogCaptureFixture):
    async def main(worker: Worker) -> None:
        plane = worker.plane
        assert (await apply(plane, BROKEN)).startswith("DecodeError: ")
        assert not plane.is_serving
        assert await apply(plane, packed(tree)) == ""
        before = list(plane.backends())
        assert await apply(plane, BROKEN)
        assert list(plane.backends()) == before
        assert "configuration not compiled" in caplog.text

    serving(tree, main)


def test_a_listener_that_cannot_start_is_told_and_nothing_is_served(tree: Tree):
    FakeListener.fails = True

    async def main(worker: Worker) -> None:
        assert await apply(worker.plane, packed(tree)) == "address taken"
        assert not worker.plane.is_serving
        FakeListener.fails = False
        assert await apply(worker.plane, packed(tree)) == ""

    serving(tree, main)


# --- certificates


def write_certificate(tree: Tree, key: str = "main.key") -> None:
    folder = tree.root / "tls_conf"
    (folder / "client_crl").mkdir(parents=True, exist_ok=True)
    entry = {
        "ServerCertFile": str(CERTIFICATES / "main.crt"),
        "ServerKeyFile": str(CERTIFICATES / key),
    }
    write_json(
        folder / "server_cert_conf.data",
        {"Version": "1", "Config": {"Default": "a", "CertConf": {"a": entry}}},
    )
    write_json(
        folder / "tls_rule_conf.data",
        {"Version": "1", "DefaultNextProtos": ["http/1.1"], "Config": {}},
    )


def test_the_default_certificate_is_presented_and_a_bad_one_never(tree: Tree, monkeypatch):
    tree.own = ""
    tree.write([81])
    write_certificate(tree)
    loads: list[str] = []
    real = data_plane_module.load_certificate

    def load(context: ssl.SSLContext, certificate) -> None:
        loads.append(certificate.name)
        real(context, certificate)

    for module in (certificate_module, data_plane_module):
        monkeypatch.setattr(module, "load_certificate", load)

    async def main(worker: Worker) -> None:
        good = packed(tree)
        assert await apply(worker.plane, good) == ""
        assert loads == ["a", "a"]  # tried, and then used
        tree.write_backends([82], "2")
        assert await apply(worker.plane, packed(tree)) == ""
        assert loads == ["a"] * 3  # tried; it is in use already
        pem = Pem(certificate=good_tls(good).pems["a"].certificate, key=b"nonsense")
        assert await apply(worker.plane, with_tls(good, {"a": pem}))
        assert [row[3] for row in worker.plane.backends()] == ["127.0.0.1:82"]
        assert not await apply(worker.plane, with_tls(good, {}))

    serving(tree, main)


# --- health


def test_backends_that_came_down_with_a_configuration_are_down_when_it_is_used(tree: Tree):
    async def main(worker: Worker) -> None:
        plane = worker.plane
        plane.health.expect([WEB])
        await apply(plane, packed(tree))
        assert [row[5] for row in plane.backends()] == [False]
        plane.health.told_up(WEB)
        assert [row[5] for row in plane.backends()] == [True]
        assert worker.told == []

    serving(tree, main)


# --- the end


class FakeConnection:
    def __init__(self) -> None:
        self.calls: list[str] = []

    is_ending = False

    def drain(self, *, is_patient: bool) -> None:
        self.calls.append("drain patiently" if is_patient else "drain")

    def abort(self) -> None:
        self.calls.append("abort")


def test_at_the_end_connections_drain_and_then_are_cut(tree: Tree, listeners, tmp_path: Path):
    log = tmp_path / "a.log"
    tree.modules = ("mod_access",)
    tree.write([81])
    (tree.root / "mod_access").mkdir()
    (tree.root / "mod_access/mod_access.conf").write_text(
        f'[Log]\nLogFile = {log}\n[Template]\nRequestTemplate = "$host"\n'
        'SessionTemplate = "$ses_keepalive_num"\n'
    )

    async def main(worker: Worker) -> None:
        plane = worker.plane
        assert await apply(plane, packed(tree)) == ""
        connection = FakeConnection()
        listeners[0].endpoint.connections.add(connection)
        assert plane.connections == 1
        log.rename(log.with_suffix(".old"))
        plane.reopen_logs()
        plane._files.open_log(str(log), None).write(b"line\n")  # type: ignore[arg-type]
        await asyncio.sleep(0.1)
        assert log.read_bytes() == b"line\n"
        plane.drain()
        assert connection.calls == ["drain"]
        assert [one.calls for one in listeners] == [["start", "stop"]] * 2
        plane.close()
        assert connection.calls == ["drain", "abort"]

    serving(tree, main)


def test_a_plane_that_is_held_accepts_nobody_until_it_is_told(tree: Tree, listeners):
    async def main(worker: Worker) -> None:
        plane = worker.plane
        plane.hold()
        assert await apply(plane, packed(tree)) == ""
        assert plane.is_serving
        plane.drain()
        assert [one.calls for one in listeners] == [[], []]
        await plane.accept()
        await plane.accept()
        assert [one.calls for one in listeners] == [["start"]] * 2

    serving(tree, main)


def test_a_plane_that_is_told_early_accepts_with_its_first_configuration(tree: Tree, listeners):
    async def main(worker: Worker) -> None:
        worker.plane.hold()
        await worker.plane.accept()
        assert await apply(worker.plane, packed(tree)) == ""
        assert [one.calls for one in listeners] == [["start"]] * 2

    serving(tree, main)


def test_connections_may_be_drained_patiently_and_who_arrives_is_waited_for(tree: Tree, listeners):
    async def main(worker: Worker) -> None:
        plane = worker.plane
        assert not plane.is_busy
        assert await apply(plane, packed(tree)) == ""
        connection = FakeConnection()
        listeners[0].endpoint.connections.add(connection)
        plane.drain(is_patient=True)
        assert connection.calls == ["drain patiently"]
        assert listeners[1].calls == ["start", "stop patiently"]
        assert plane.is_busy
        connection.is_ending = True
        assert not plane.is_busy
        listeners[1].is_arriving = True
        assert plane.is_busy

    serving(tree, main)


# --- phases of the connection


def test_phases_of_a_connection_are_those_of_the_chain_of_the_day():
    reloading = Reloading()
    reloading.load()
    first = reloading.reloader.snapshot
    closed: list[object] = []

    def snapshot(verdict: Close | None):
        chain = Chain(
            {
                Phase.ACCEPT: (("m", lambda _: verdict),),
                Phase.CLOSE: (("m", closed.append),),
            },
            first.chain._failures,
        )
        fields = {name: getattr(first, name) for name in first.__dataclass_fields__}
        return type(first)(**{**fields, "chain": chain})

    store = SnapshotStore(snapshot(None))
    phases = ChainPhases(store)
    session = make_session()
    assert not phases.accept(session)
    assert not phases.handshake(session)
    store.swap(snapshot(Close("blocked")))
    assert phases.accept(session)
    phases.close(session)
    assert closed == [session]
