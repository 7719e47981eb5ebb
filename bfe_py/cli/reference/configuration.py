"""docs/configuration.md: bfe.conf and BFE's data files."""

import msgspec

from bfe_py.cli.reference.markdown import block, document, paragraph
from bfe_py.cli.reference.schemas import describe, describe_all, resolve
from bfe_py.config import BalanceGroup, NameConf, ServerGroup, Static, TlsGroup

_INTRODUCTION = """
# Configuration

A configuration root is a directory with `bfe.conf` and the files that it names, as BFE has them;
`conf/` is one that runs. `bfe.conf` and the `.conf` files of modules are read once, at start. The
`.data` files are JSON; they are read again when they change, those of one group together: all of
them are good, or the ones before stay in use. What modules have is in [modules.md](modules.md),
`.rules` files are in [rules.md](rules.md), and what findings mean in [errors.md](errors.md).

`bfe-py check -c DIR` says what is wrong with a configuration, with the place of everything.
"""

_STATIC = """
## bfe.conf

Sections and keys may be written in any case. A list has one line for each element. A key that is
not known is an error.
"""

_DATA = """
## Data files

Keys that are not known are ignored, with a warning, as BFE ignores them; `--strict` makes warnings
errors. Every file has a `Version`, an opaque text that `bfe-py status versions` shows.
"""

_EXAMPLE = """
[Server]
HttpPort = 8080
Modules  = mod_header
Modules  = mod_access
"""


def configuration_page() -> str:
    """Content of the page."""
    parts = [_INTRODUCTION, _STATIC, block(_EXAMPLE, "ini")]
    for field in msgspec.structs.fields(Static):
        section = resolve(Static, field.type)
        parts += [f"### [{field.encode_name}]", paragraph(section.__doc__), describe(section)]
    parts.append(_DATA)
    for file in _files():
        parts += describe_all(file, 3)
    return document(*parts)


def _files() -> list[type[msgspec.Struct]]:
    """Schemas of whole files."""
    found: list[type[msgspec.Struct]] = []
    for group in (ServerGroup, BalanceGroup, TlsGroup):
        for field in msgspec.structs.fields(group):
            schema = resolve(group, field.type)
            if isinstance(schema, type) and issubclass(schema, msgspec.Struct):
                found.append(schema)
    found.insert(-2, NameConf)
    return found
