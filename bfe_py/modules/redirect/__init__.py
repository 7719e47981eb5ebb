"""mod_redirect: answer with a redirect."""

from bfe_py.modules.redirect.module import MODULE

__all__ = ["MODULE"]
