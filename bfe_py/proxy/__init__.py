"""The way of one request, from its head to its log line. Read `Proxy.serve` top to bottom."""

from bfe_py.proxy.policy import Policy
from bfe_py.proxy.serve import Proxy
from bfe_py.proxy.touched import find_touched

__all__ = ["Policy", "Proxy", "find_touched"]
