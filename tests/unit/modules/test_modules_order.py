import pytest

from bfe_py.modules import auth_basic, block, compress, cors, redirect, rewrite
from bfe_py.pipeline import Module, order_modules

# The order in which BFE registers its modules, of those that take part in requests here.
REGISTERED = (
    "mod_trust_clientip",
    "mod_logid",
    "mod_cors",
    "mod_block",
    "mod_auth_basic",
    "mod_redirect",
    "mod_rewrite",
    "mod_header",
    "mod_compress",
)
KNOWN = {
    package.MODULE.name: package.MODULE
    for package in (auth_basic, block, compress, cors, redirect, rewrite)
}


def others(*names: str) -> list[Module]:
    """Modules of these names, each behind those before it."""
    return [
        Module(name=name, build=lambda _: {}, after=REGISTERED[: REGISTERED.index(name)])
        for name in names
    ]


def test_handlers_run_in_the_order_of_bfe():
    modules = [*KNOWN.values(), *others("mod_trust_clientip", "mod_logid", "mod_header")]
    assert tuple(order_modules(modules)) == REGISTERED


@pytest.mark.parametrize("absent", sorted(KNOWN))
def test_the_order_does_not_depend_on_one_of_them(absent):
    modules = [module for name, module in KNOWN.items() if name != absent]
    expected = [name for name in REGISTERED if name in KNOWN and name != absent]
    assert list(order_modules(modules)) == expected


@pytest.mark.parametrize("module", KNOWN.values(), ids=list(KNOWN))
def test_a_module_says_what_it_is(module):
    assert module.description
    assert module.settings is not None
    assert all(document.default.startswith(f"{module.name}/") for document in module.documents)
