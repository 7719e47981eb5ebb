"""State of a backend."""

from bfe_py.balance import BackendState


def test_a_backend_is_known_by_cluster_sub_cluster_and_address() -> None:
    state = BackendState("c", "s", "10.0.0.1:80", "10.0.0.1", 80, "b", 100, 100, 100)
    assert state.key == ("c", "s", "10.0.0.1:80")
    assert state.is_up
    assert state.in_flight == state.failures == state.total_attempts == 0


def test_two_states_with_equal_fields_are_two_backends() -> None:
    first = BackendState("c", "s", "a:1", "a", 1, "b", 100, 100, 100)
    second = BackendState("c", "s", "a:1", "a", 1, "b", 100, 100, 100)
    assert first != second
    assert len({first, second}) == 2
