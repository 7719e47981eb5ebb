"""mod_header: change fields and cookies of requests and responses."""

from bfe_py.modules.header.defaults import DEFAULT_FIELDS, DEFAULT_NAMES, DefaultField
from bfe_py.modules.header.module import MODULE

__all__ = ["DEFAULT_FIELDS", "DEFAULT_NAMES", "MODULE", "DefaultField"]
