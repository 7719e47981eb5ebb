"""Finding modules in a package and putting them in order; with two modules of the tests."""

import asyncio
import sys
from pathlib import Path
from types import ModuleType

import pytest

from bfe_py.pipeline import Module, ModuleError, Phase, load_modules, module_names, order_modules
from tests.kit.modules import build_module, make_exchange, make_response

ASKING = '''
"""mod_asking: asks another service whether a request may pass."""

from bfe_py.model import Headers, RequestHead, ResponseHead
from bfe_py.pipeline import Module, Phase, Respond


def build(parts):
    async def ask(exchange):
        head, _ = await parts.services.http.send(
            "http://auth.test/", RequestHead(b"GET", b"/", Headers()), b"", 1.0
        )
        return None if head.status == 200 else Respond(ResponseHead(403, Headers()))

    return {Phase.TENANT: ask}


MODULE = Module("mod_asking", build, after=("mod_upper",))
'''

UPPER = '''
"""mod_upper: answers in capitals."""

from bfe_py.pipeline import Module, Phase


class Upper:
    def feed(self, piece):
        return piece.upper()

    def finish(self):
        return b"!"


def build(parts):
    def attach(exchange):
        exchange.transforms = [*(exchange.transforms or []), Upper()]

    return {Phase.RESPONSE: attach}


MODULE = Module("mod_upper", build)
'''


def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **files: str) -> ModuleType:
    name = "dropped_modules"
    folder = tmp_path / name
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    for file, content in files.items():
        (folder / f"{file}.py").write_text(content)
    monkeypatch.syspath_prepend(str(tmp_path))
    for known in [known for known in sys.modules if known.split(".")[0] == name]:
        monkeypatch.delitem(sys.modules, known)
    return __import__(name)


def module(name: str, *after: str) -> Module:
    return Module(name, lambda _: {}, after=after)


def test_a_module_that_is_dropped_in_is_found_and_ordered(tmp_path, monkeypatch):
    found = load_modules(package(tmp_path, monkeypatch, asking=ASKING, upper=UPPER))
    assert list(found) == ["mod_upper", "mod_asking"]


@pytest.mark.parametrize(("status", "answer"), [(200, None), (500, 403)])
def test_a_handler_may_wait_for_another_service(tmp_path, monkeypatch, status, answer):
    found = load_modules(package(tmp_path, monkeypatch, asking=ASKING, upper=UPPER))
    built = build_module(found["mod_asking"], {})
    built.services.http.answers.append((make_response(status), b""))
    verdict = asyncio.run(built.wait(Phase.TENANT, make_exchange()))
    assert (None if verdict is None else verdict.head.status) == answer


def test_a_module_may_transform_what_streams(tmp_path, monkeypatch):
    found = load_modules(package(tmp_path, monkeypatch, asking=ASKING, upper=UPPER))
    exchange = make_exchange()
    exchange.response = make_response(200)
    build_module(found["mod_upper"], {}).run(Phase.RESPONSE, exchange)
    (transform,) = exchange.transforms
    assert transform.feed(b"abc") + transform.finish() == b"ABC!"


def test_of_those_that_are_wanted_no_other_is_imported(tmp_path, monkeypatch):
    files = package(tmp_path, monkeypatch, asking=ASKING, upper=UPPER)
    assert module_names(files) == ("mod_asking", "mod_upper")
    assert list(load_modules(files, ["mod_upper", "mod_gone"])) == ["mod_upper"]
    assert f"{files.__name__}.upper" in sys.modules
    assert f"{files.__name__}.asking" not in sys.modules


def test_a_file_that_declares_nothing_stops_the_start(tmp_path, monkeypatch):
    with pytest.raises(ModuleError, match="declares no MODULE"):
        load_modules(package(tmp_path, monkeypatch, empty=""))


def test_a_name_stands_once(tmp_path, monkeypatch):
    with pytest.raises(ModuleError, match="two modules"):
        load_modules(package(tmp_path, monkeypatch, one=UPPER, two=UPPER))


def test_each_runs_behind_those_it_names():
    found = order_modules([module("a", "c"), module("b", "a", "absent"), module("c")])
    assert list(found) == ["c", "a", "b"]


def test_names_decide_where_order_does_not():
    assert list(order_modules([module("b"), module("a")])) == ["a", "b"]


def test_a_circle_is_an_error():
    with pytest.raises(ModuleError, match="wait for each other"):
        order_modules([module("a", "b"), module("b", "a")])
