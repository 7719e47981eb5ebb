"""What a tree is compiled with, and the chain of modules that their documents make."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bfe_py.balance import LiveBackends
from bfe_py.config.compile_modules import CompiledDocument, add_body_phases, first_phase
from bfe_py.config.lazy_conditions import Conditions
from bfe_py.observe import Registry
from bfe_py.pipeline import GLOBAL, Chain, ChainCounters, Handler, Module, Parts, Phase, Services
from bfe_py.route import RouteTable


@dataclass(frozen=True, slots=True)
class CompileParts:
    """What a tree is compiled with; the same for every snapshot of a process.

    `modules` are those enabled, in their order; `settings` and `states` are by module, for those
    that have any. `offset`: see `Balancer`. `deferred`: rules of tenants with up to so many slabs
    are compiled at their tenant's first request.
    """

    modules: Mapping[str, Module]
    settings: Mapping[str, object]
    registry: Registry
    services: Services
    live: LiveBackends
    conditions: Conditions
    states: Mapping[str, object] = field(default_factory=dict)
    is_compatible: bool = False
    offset: int = 0
    deferred: int = 0


@dataclass(frozen=True, slots=True)
class BuiltChain:
    """A chain; `body_phases`: by tenant the first of its phases that needs the body."""

    chain: Chain
    body_phases: Mapping[str, Phase]


def build_chain(
    parts: CompileParts, documents: Mapping[tuple[str, str], CompiledDocument]
) -> BuiltChain:
    """The chain of all modules; `documents` are by module and name."""
    chain: dict[Phase, list[tuple[str, Handler]]] = {phase: [] for phase in Phase}
    phases: dict[str, Phase] = {}
    for name, module in parts.modules.items():
        own = {key[1]: document for key, document in documents.items() if key[0] == name}
        handlers = module.build(
            Parts(
                settings=parts.settings.get(name),
                documents={key: document.value for key, document in own.items()},
                registry=parts.registry,
                services=parts.services,
                state=parts.states.get(name),
                is_compatible=parts.is_compatible,
            )
        )
        for phase, handler in handlers.items():
            chain[phase].append((name, handler))
        for document in own.values():
            add_body_phases(phases, document.body_tenants, handlers)
    named = {phase: tuple(handlers) for phase, handlers in chain.items()}
    return BuiltChain(Chain(named, parts.registry.family(ChainCounters)), phases)


def find_body_phases(
    built: BuiltChain, routes: Mapping[str, RouteTable]
) -> tuple[dict[str, Phase], Phase | None]:
    """By tenant the first phase that needs the body, and that of rules for everybody."""
    phases = dict(built.body_phases)
    any_phase = phases.pop(GLOBAL, None)
    for tenant, table in routes.items():
        if table.reads_body:
            # Routes are looked up behind the handlers of TENANT: later is too late.
            phases[tenant] = first_phase(phases.get(tenant), Phase.TENANT)
    return {tenant: first_phase(phase, any_phase) for tenant, phase in phases.items()}, any_phase
