"""Backend by hash."""

import pytest

from bfe_py.balance import BackendState
from bfe_py.balance.policies.hashed import Hashed


def backends(*weights: int, host: str = "127.0.0.1") -> list[BackendState]:
    return [
        BackendState("c", "s", f"{host}:{80 + i}", host, 80 + i, f"b{i + 1}", w, w, w)
        for i, w in enumerate(weights)
    ]


def picked(states: list[BackendState], key: bytes) -> str:
    state = Hashed().pick(Hashed().arrange(states), key)
    return "-" if state is None else state.name


def test_one_key_stays_with_one_backend_whatever_the_order() -> None:
    states = backends(300, 200, 100)
    assert [picked(states, b"\x01") for _ in range(3)] == ["b1"] * 3
    assert picked(states[::-1], b"\x01") == "b1"
    states[0].is_up = False
    assert [picked(states, b"\x01") for _ in range(3)] == ["b3"] * 3


@pytest.mark.parametrize(
    ("key", "name"), [(b"alice", "b1"), (b"bob", "b1"), (b"user-1", "b2"), (b"val", "b1")]
)
def test_keys_fall_by_weight(key: bytes, name: str) -> None:
    first = BackendState("c", "s", "10.1.0.1:8000", "10.1.0.1", 8000, "b1", 300, 300, 300)
    second = BackendState("c", "s", "10.1.0.2:8000", "10.1.0.2", 8000, "b2", 100, 100, 100)
    assert picked([second, first], key) == name


def test_addresses_are_ordered_as_text() -> None:
    states = backends(1, host="9.0.0.1") + backends(1, host="10.0.0.1")
    assert [state.host for state in Hashed().arrange(states)] == ["10.0.0.1", "9.0.0.1"]


def test_no_weight_takes_no_key() -> None:
    assert picked(backends(0, -100), b"x") == "-"
    assert picked([], b"x") == "-"
    assert picked(backends(0, 100, -100), b"x") == "b2"


def test_it_needs_the_key() -> None:
    assert Hashed().needs_key
