"""HTTP/1.1 and HTTP/1.0, both roles."""

from bfe_py.protocol.h1.client import H1Client
from bfe_py.protocol.h1.quick import KnownLines
from bfe_py.protocol.h1.server import H1Server

__all__ = ["H1Client", "H1Server", "KnownLines"]
