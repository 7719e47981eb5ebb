"""mod_block: refuse connections by address, and requests by rules."""

from bfe_py.modules.block.module import MODULE

__all__ = ["MODULE"]
