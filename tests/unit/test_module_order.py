"""In which order the built-in modules run, phase by phase: a new module must say where it stands."""

from collections.abc import Mapping
from itertools import combinations

import pytest

from bfe_py import modules as built_in
from bfe_py.pipeline import Module, Phase, load_modules, module_names
from tests.kit.modules import build_module

ORDER: Mapping[Phase, list[str]] = {
    Phase.ACCEPT: ["mod_trust_clientip", "mod_logid", "mod_block"],
    Phase.HANDSHAKE: [],
    Phase.REQUEST: ["mod_logid"],
    Phase.TENANT: ["mod_cors", "mod_block", "mod_auth_basic", "mod_redirect"],
    Phase.ROUTE: ["mod_rewrite", "mod_header"],
    Phase.FORWARD: [],
    Phase.RESPONSE: ["mod_cors", "mod_header", "mod_compress"],
    Phase.FINISH: ["mod_access"],
    Phase.CLOSE: ["mod_access"],
}

HEADER_RULE = {
    "cond": "default_t()",
    "last": True,
    "actions": [
        {"cmd": "REQ_HEADER_SET", "params": ["X-A", "1"]},
        {"cmd": "RSP_HEADER_SET", "params": ["X-A", "1"]},
    ],
}
DOCUMENTS: Mapping[str, Mapping[str, object]] = {
    "mod_header": {"rules": {"Version": "1", "Config": {"shop": [HEADER_RULE]}}}
}
"""Documents with which a module does all that it can; for others those without a rule."""

SETTINGS: Mapping[str, Mapping[str, object]] = {
    "mod_access": {
        "Log": {"LogFile": "a.log"},
        "Template": {"RequestTemplate": "$host", "SessionTemplate": "$ses_keepalive_num"},
    }
}
"""Settings of modules that cannot do without."""


def phases_of(module: Module) -> list[Phase]:
    """Phases that a module takes part in."""
    documents = DOCUMENTS.get(module.name) or {
        document.name: b"" if document.schema is None else {"Version": "1", "Config": {}}
        for document in module.documents
    }
    return list(build_module(module, documents, SETTINGS.get(module.name)).handlers)


def order() -> dict[Phase, list[str]]:
    found: dict[Phase, list[str]] = {phase: [] for phase in Phase}
    for name, module in load_modules(built_in).items():
        for phase in phases_of(module):
            found[phase].append(name)
    return found


def test_every_phase_runs_its_modules_in_the_golden_order():
    assert order() == ORDER


def test_every_module_takes_part_somewhere():
    assert set(load_modules(built_in)) == {name for names in ORDER.values() for name in names}


def test_a_module_is_called_as_its_file_so_that_it_is_found_without_the_others():
    assert set(module_names(built_in)) == set(load_modules(built_in))


def test_the_order_of_two_does_not_depend_on_others_that_are_not_there():
    order = list(load_modules(built_in))
    for pair in combinations(order, 2):
        assert tuple(load_modules(built_in, pair)) == pair


@pytest.mark.parametrize("name", load_modules(built_in))
def test_a_module_names_only_modules_that_are_or_will_be_there(name: str):
    module = load_modules(built_in)[name]
    assert all(other.startswith("mod_") for other in module.after)
    assert name not in module.after
