"""Modules that are dropped into a package are found, ordered and run, and may wait and transform."""

import importlib

import pytest

from bfe_py.balance import LiveBackends
from bfe_py.config import CompileParts, LazyConditions, Tree, compile_tree
from bfe_py.model import Exchange, Fault, Kind, ResponseHead
from bfe_py.observe import Registry
from bfe_py.pipeline import Chain, ChainCounters, Phase, Respond, load_modules
from tests.kit.loops import drive
from tests.kit.modules import FakeServices, make_exchange, make_response

DROPPED = importlib.import_module("tests.kit.dropped")


@pytest.fixture
def services() -> FakeServices:
    return FakeServices()


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.fixture
def chain(services: FakeServices, registry: Registry) -> Chain:
    """What a worker makes of the package and an empty configuration."""
    parts = CompileParts(
        modules=load_modules(DROPPED),
        settings={},
        registry=registry,
        services=services,
        live=LiveBackends(),
        conditions=LazyConditions(),
    )
    return compile_tree(Tree(), parts).snapshot.chain


def test_they_are_found_and_run_in_the_order_that_they_ask_for(chain: Chain):
    assert list(load_modules(DROPPED)) == ["mod_marking", "mod_asking"]
    assert chain.names[Phase.TENANT] == ("mod_marking", "mod_asking")
    assert chain.names[Phase.RESPONSE] == ("mod_marking",)


@pytest.mark.parametrize(("status", "answer"), [(200, None), (401, 403)])
def test_a_handler_waits_for_another_service(
    chain: Chain, services: FakeServices, status: int, answer: int | None
):
    services.http.answers.append((make_response(status), b""))
    exchange = make_exchange(host=b"shop.test")
    verdict = drive(chain.ask(Phase.TENANT, exchange))
    assert (verdict.head.status if isinstance(verdict, Respond) else verdict) == answer
    (sent,) = services.http.sent
    assert sent.url == "http://auth.test/check"
    assert sent.head.headers.get(b"x-host") == b"shop.test"
    assert exchange.tags == {"seen": ["marking"]}


def test_a_service_that_fails_is_the_fault_of_the_exchange(
    chain: Chain, services: FakeServices, registry: Registry
):
    services.http.answers.append(Fault(Kind.RESPONSE_TIMEOUT))
    with pytest.raises(Fault) as caught:
        drive(chain.ask(Phase.TENANT, make_exchange()))
    assert caught.value.kind is Kind.RESPONSE_TIMEOUT
    assert list(registry.family(ChainCounters).items()) == []


def test_a_service_that_breaks_the_handler_counts_against_the_module(
    chain: Chain, services: FakeServices, registry: Registry
):
    services.http.answers.append(ZeroDivisionError())
    with pytest.raises(Fault) as caught:
        drive(chain.ask(Phase.TENANT, make_exchange()))
    assert (caught.value.kind, caught.value.detail) == (Kind.MODULE, "mod_asking")
    ((labels, counters),) = registry.family(ChainCounters).items()
    assert (labels, counters.failures) == (("mod_asking",), 1)


def stream(exchange: Exchange, pieces: list[bytes]) -> list[bytes]:
    """What goes to the client, piece by piece and then at the end."""
    sent = []
    for piece in pieces:
        for transform in exchange.transforms or ():
            piece = transform.feed(piece)
        sent.append(piece)
    rest = b""
    for transform in exchange.transforms or ():
        rest = (transform.feed(rest) if rest else b"") + transform.finish()
    return [*sent, rest]


@pytest.mark.parametrize(
    ("pieces", "sent"),
    [
        ([b"hello"], [b"HELL", b"O!"]),
        ([b"he", b"l", b"lo"], [b"H", b"E", b"LL", b"O!"]),
        ([], [b"!"]),
    ],
)
def test_a_response_is_transformed_as_it_streams(
    chain: Chain, pieces: list[bytes], sent: list[bytes]
):
    exchange = make_exchange(response=ResponseHead(200))
    assert chain.ask(Phase.RESPONSE, exchange) is None
    assert stream(exchange, pieces) == sent
