"""What is configured about a cluster."""

from bfe_py.balance import Backend, Cluster


def test_the_address_of_a_backend_is_host_and_port() -> None:
    assert Backend("b", "10.0.0.1", 8000, 1).address == "10.0.0.1:8000"


def test_a_cluster_starts_from_the_defaults_of_the_files() -> None:
    cluster = Cluster("c")
    assert (cluster.policy, cluster.protocol, cluster.has_balance) == ("WRR", "http", True)
    assert (cluster.retry.same_cluster, cluster.retry.cross_cluster) == (2, 0)
    assert (cluster.probe.failures, cluster.probe.successes) == (5, 1)
