import msgspec

from bfe_py.config.static_own import Own, with_compatibility


def test_compatibility_turns_every_switch_on_and_nothing_else() -> None:
    own = Own(workers=3)
    compatible = with_compatibility(own)
    for entry in msgspec.structs.fields(Own):
        before, after = getattr(own, entry.name), getattr(compatible, entry.name)
        if entry.encode_name.startswith("Compat"):
            assert (before, after) == (False, True)
        else:
            assert before == after
