"""mod_rewrite: send another host, path or query to the backend than the client asked for."""

from bfe_py.modules.rewrite.module import MODULE

__all__ = ["MODULE"]
