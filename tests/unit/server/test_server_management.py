"""What the management pages see, and their listener as its clients meet it."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest

from bfe_py.control import BackendReading, Prepare
from bfe_py.downstream import Endpoint
from bfe_py.manage import CONTROLLER
from bfe_py.server import management_listener as listener_module
from tests.kit.client_connection import ClientCase
from tests.kit.control import Control
from tests.kit.loops import settle
from tests.kit.process import Tree

HEAD = b"Host: 127.0.0.1:8421\r\n"


class FakeListener:
    made: list["FakeListener"] = []

    def __init__(self, loop, listening, endpoint: Endpoint, registry, *, name: str) -> None:
        self.endpoint = endpoint
        self.name = name
        self.calls: list[str] = []
        FakeListener.made.append(self)

    async def start(self) -> None:
        self.calls.append("start")

    def stop(self) -> None:
        self.calls.append("stop")


Visit = Callable[[Control, FakeListener, ClientCase], Awaitable[None]]


@pytest.fixture
def visiting(control, monkeypatch: pytest.MonkeyPatch) -> Callable[[Visit], None]:
    """Runs a test with a control plane that listens, and a client of it on this machine."""
    monkeypatch.setattr(listener_module, "Listener", FakeListener)
    FakeListener.made = []

    def run(visit: Visit) -> None:
        async def main(made: Control) -> None:
            await made.plane.management.start(asyncio.get_running_loop(), None)
            (listener,) = FakeListener.made
            client = ClientCase(endpoint=listener.endpoint, peer=("127.0.0.1", 4711))
            await visit(made, listener, client.connect())

        control(main)

    return run


def content(answer: bytes) -> object:
    assert answer.startswith(b"HTTP/1.1 200 "), answer
    return json.loads(answer.partition(b"\r\n\r\n")[2])


def test_it_answers_until_the_end(visiting):
    async def visit(control: Control, listener: FakeListener, client: ClientCase) -> None:
        assert (listener.name, listener.calls) == ("management", ["start"])
        answer = await client.say(b"GET /healthz HTTP/1.1\r\n" + HEAD + b"\r\n")
        assert content(answer) == {"status": "ok"}
        control.plane.close()
        assert listener.calls == ["start", "stop"]

    visiting(visit)


def test_another_version_may_be_asked_for_and_then_has_the_listener(visiting):
    async def visit(control: Control, listener: FakeListener, client: ClientCase) -> None:
        answer = await client.say(b"POST /upgrade HTTP/1.1\r\n" + HEAD + b"\r\n")
        assert content(answer) == {"pid": 4711, "error": ""}
        assert control.said == [("upgrade", "")]
        assert control.plane.management.is_answering
        control.plane.management.retire()
        assert listener.calls == ["start", "stop"]
        last = await client.say(b"GET /healthz HTTP/1.1\r\n" + HEAD + b"\r\n")
        assert b"Connection: close" in last
        assert not control.plane.management.is_answering

    visiting(visit)


def test_without_a_listener_there_is_nothing_to_leave(control):
    async def main(control: Control) -> None:
        control.plane.management.retire()
        assert not control.plane.management.is_answering

    control(main)


def test_what_a_client_reloads_is_in_use_when_it_is_answered(visiting, tree: Tree):
    async def visit(control: Control, listener: FakeListener, client: ClientCase) -> None:
        worker = control.join()
        worker.apply(1)
        tree.write_backends([82], "2")
        request = b"GET /reload/gslb_data_conf HTTP/1.1\r\n" + HEAD + b"\r\n"
        assert await client.say(request) == b""
        while len(worker.sent(Prepare)) < 2:  # noqa: ASYNC110 - it compiles in steps
            await asyncio.sleep(0.01)
        worker.prepare(2)
        await asyncio.sleep(0)
        assert client.transport.take() == b""
        worker.apply(2)
        assert content(await client.heard()) == {"error": None}

    visiting(visit)


def test_a_body_that_comes_late_is_waited_for(visiting):
    async def visit(control: Control, listener: FakeListener, client: ClientCase) -> None:
        request = b"POST /healthz HTTP/1.1\r\n" + HEAD + b"Content-Length: 2\r\n\r\n"
        assert await client.say(request) == b""
        assert (await client.say(b"hi")).startswith(b"HTTP/1.1 405 ")
        assert not client.transport.is_closing()

    visiting(visit)


def test_numbers_of_workers_are_waited_for(visiting):
    async def visit(control: Control, listener: FakeListener, client: ClientCase) -> None:
        worker = control.join()
        assert await client.say(b"GET /monitor/proxy_state HTTP/1.1\r\n" + HEAD + b"\r\n") == b""
        worker.leave()
        assert (await client.heard()).startswith(b"HTTP/1.1 200 ")

    visiting(visit)


def test_the_pages_see_the_whole_plane(control, tree: Tree):
    async def main(control: Control) -> None:
        observed = control.observed
        one, two = control.join(0), control.join(1)
        one.apply(1)
        assert observed.started == 1000.0
        assert observed.counts.backends == 1
        assert observed.snapshot.version == observed.generation.version
        assert set(observed.reload_names) >= {"gslb_data_conf", "server_data_conf"}
        assert observed.modules_enabled == ()
        assert "mod_block" in observed.modules_available
        assert observed.module_versions == {}
        reading = control.tasks.create_task(observed.readings())
        await settle()
        one.answer(1, (BackendReading("web", "sub", "b", "127.0.0.1:81", 100, True, 2, 1),))
        two.answer(1, (BackendReading("web", "sub", "b", "127.0.0.1:81", 100, False, 3, 0),))
        readings = await reading
        assert {one.worker for one in readings} == {CONTROLLER, 0, 1}
        (backend,) = observed.backends()
        assert (backend.name, backend.weight, backend.is_up) == ("b", 100, False)
        assert (backend.in_flight, backend.failures) == (5, 1)
        two.leave()
        (backend,) = observed.backends()
        assert backend.in_flight == 2
        assert not observed.is_draining
        control.plane.drain()
        assert observed.is_draining

    control(main)
