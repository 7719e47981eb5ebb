"""mod_compress: compress response bodies on their way to the client."""

from bfe_py.modules.compress.module import MODULE

__all__ = ["MODULE"]
