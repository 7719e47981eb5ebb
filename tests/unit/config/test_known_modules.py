from bfe_py.config.known_modules import BFE_MODULES


def test_bfe_has_34_modules() -> None:
    assert len(BFE_MODULES) == 34
    assert {"mod_header", "mod_wasm", "mod_access_pb3"} <= BFE_MODULES
    assert all(name.startswith("mod_") for name in BFE_MODULES)
