"""What tests read: answers of the plane, and what it counted."""

from tests.kit.plane import Plane, until


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def body(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


def values(plane: Plane, name: str) -> dict[tuple[str, ...], float]:
    for sample in plane.registry.read().samples:
        if sample.name == name:
            return dict(sample.values)
    raise AssertionError(f"no metric {name}")


def count(plane: Plane, name: str) -> float:
    return sum(values(plane, name).values())


def in_flight(plane: Plane) -> int:
    return sum(state.in_flight for state in plane.live.states())


async def settle(plane: Plane) -> None:
    """Wait for the plane to be at rest; then every count that goes up and down is where it was."""

    def is_at_rest() -> bool:
        return (
            not plane.endpoint.connections
            and in_flight(plane) == 0
            and count(plane, "bfe_client_connections_active") == 0
            and count(plane, "bfe_client_requests_active") == 0
            and count(plane, "bfe_upstream_open_connections")
            == count(plane, "bfe_upstream_idle_connections")
        )

    try:
        await until(is_at_rest)
    except TimeoutError:
        raise AssertionError(
            f"connections={len(plane.endpoint.connections)} in_flight={in_flight(plane)}"
            f" active={count(plane, 'bfe_client_connections_active')}"
            f" requests={count(plane, 'bfe_client_requests_active')}"
            f" open={count(plane, 'bfe_upstream_open_connections')}"
            f" idle={count(plane, 'bfe_upstream_idle_connections')}"
        ) from None
