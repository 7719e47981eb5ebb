"""What every policy keeps, whatever its way to choose."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bfe_py.balance import BackendState, get_policy, policy_names

BACKENDS = st.lists(
    st.tuples(
        st.integers(-2, 5).map(lambda weight: weight * 100),  # weight
        st.integers(-500, 500),  # current
        st.integers(0, 9),  # in flight
        st.booleans(),  # up
    ),
    max_size=8,
)


def build(rows: list[tuple[int, int, int, bool]]) -> list[BackendState]:
    return [
        BackendState("c", "s", f"h:{i}", "h", i, f"b{i}", weight, weight, current, in_flight, is_up)
        for i, (weight, current, in_flight, is_up) in enumerate(rows)
    ]


@pytest.mark.parametrize("name", policy_names())
@given(rows=BACKENDS, key=st.binary(max_size=16), count=st.integers(1, 5))
def test_a_pick_is_up_and_has_a_weight_and_comes_whenever_there_is_one(
    name: str, rows: list[tuple[int, int, int, bool]], key: bytes, count: int
) -> None:
    policy = get_policy(name)
    states = policy.arrange(build(rows))
    eligible = [state for state in states if state.is_up and state.weight > 0]
    for _ in range(count):
        picked = policy.pick(states, key)
        assert (picked is None) == (not eligible)
        assert picked is None or picked in eligible


@pytest.mark.parametrize("name", policy_names())
@given(rows=BACKENDS)
def test_arranging_keeps_every_backend(name: str, rows: list[tuple[int, int, int, bool]]) -> None:
    states = build(rows)
    arranged = get_policy(name).arrange(states)
    assert len(arranged) == len(states)
    assert set(arranged) == set(states)


@pytest.mark.parametrize("name", policy_names())
@given(rows=BACKENDS, key=st.binary(max_size=16))
def test_a_pick_from_a_part_is_in_that_part(
    name: str, rows: list[tuple[int, int, int, bool]], key: bytes
) -> None:
    policy = get_policy(name)
    part = policy.arrange(build(rows))[1:]
    picked = policy.pick(part, key)
    assert picked is None or picked in part


@pytest.mark.parametrize("name", policy_names())
@given(rows=BACKENDS, keys=st.lists(st.binary(max_size=4), min_size=2, max_size=5))
def test_only_a_policy_that_needs_the_key_looks_at_it(
    name: str, rows: list[tuple[int, int, int, bool]], keys: list[bytes]
) -> None:
    def addresses(chosen: list[bytes]) -> list[str]:
        policy = get_policy(name)
        states = policy.arrange(build(rows))
        picked = [policy.pick(states, key) for key in chosen]
        return ["" if state is None else state.address for state in picked]

    if get_policy(name).needs_key:
        assert len(set(addresses([keys[0]] * 3))) == 1
    else:
        assert addresses(keys) == addresses([b""] * len(keys))
