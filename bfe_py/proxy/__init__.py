"""The way of one request, from its head to its log line. Read `Proxy.serve` top to bottom."""

from bfe_py.proxy.policy import Policy
from bfe_py.proxy.serve import Proxy

__all__ = ["Policy", "Proxy"]
