"""An exchange ends, and leaves nothing in flight, whatever goes wrong."""

from hypothesis import given
from hypothesis import strategies as st

from bfe_py.balance import Backend, Balancer, Cluster, LiveBackends, Retry, SubCluster
from bfe_py.model import Fault, Kind

FAULTS = st.sampled_from([Kind.CONNECT, Kind.READ_RESPONSE, Kind.CONNECTION_BROKEN])
SUB_CLUSTERS = st.lists(st.tuples(st.integers(-1, 2), st.integers(0, 3)), min_size=1, max_size=4)


@given(
    SUB_CLUSTERS,
    st.tuples(st.integers(0, 5), st.integers(0, 3)),
    st.lists(st.tuples(FAULTS, st.booleans()), min_size=30, max_size=30),
    st.booleans(),
)
def test_every_exchange_ends_and_lets_go(
    sizes: list[tuple[int, int]],
    retry: tuple[int, int],
    faults: list[tuple[Kind, bool]],
    is_compatible: bool,
) -> None:
    sub_clusters = tuple(
        SubCluster(f"s{i}", weight, tuple(Backend("b", f"h{i}", port, 1) for port in range(count)))
        for i, (weight, count) in enumerate(sizes)
    )
    cluster = Cluster("c", sub_clusters, retry=Retry(*retry, idempotent=True))
    own = Balancer(cluster, LiveBackends(), is_compatible=is_compatible, choose=lambda below: 0)
    attempts, tries, most = own.start(b"key"), 0, sum(retry) + 1
    for kind, reused in faults:
        try:
            attempts.next(0.0)
        except Fault:
            break
        tries += 1
        if reused and kind is Kind.CONNECTION_BROKEN and not is_compatible:
            most += 1
        fault = Fault(kind, request_sent=True)
        if not attempts.failed(fault, method=b"GET", has_body=False, reused=reused):
            break
    attempts.finish()
    assert tries <= min(20, most)
    assert sum(state.in_flight for one in own.sub_clusters for state in one.states) == 0
