"""mod_auth_basic: ask for a user name and a password."""

from bfe_py.modules.auth_basic.module import MODULE

__all__ = ["MODULE"]
