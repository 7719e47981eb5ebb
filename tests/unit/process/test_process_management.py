import pytest

from bfe_py.config import Server, Static
from bfe_py.process.start import management_host
from bfe_py.server import Site


@pytest.mark.parametrize(
    ("said", "is_compatible", "host"),
    [("", False, "127.0.0.1"), ("", True, ""), ("10.0.0.1", False, "10.0.0.1")],
)
def test_the_management_listener_is_on_loopback_unless_it_is_said(said, is_compatible, host):
    static = Static(server=Server(monitor_address=said))
    assert management_host(Site(None, None, static, {}, {}, (), is_compatible)) == host
