"""mod_cors: say which other origins may use a resource."""

from bfe_py.modules.cors.module import MODULE

__all__ = ["MODULE"]
