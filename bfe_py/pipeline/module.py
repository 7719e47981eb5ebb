"""Module: what a module declares, and what it is given."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import msgspec

from bfe_py.condition import Condition
from bfe_py.model.exchange import Exchange
from bfe_py.model.session import Session
from bfe_py.observe import Registry
from bfe_py.pipeline.phases import Phase
from bfe_py.pipeline.services import Services
from bfe_py.pipeline.verdict import Verdict

ExchangeHandler = Callable[[Exchange], "Verdict | Awaitable[Verdict]"]
SessionHandler = Callable[[Session], Verdict]
Handler = ExchangeHandler | SessionHandler

Path = tuple[str | int, ...]
"""Where in a document: keys and list positions from the outside in."""


class Findings(Protocol):
    """Takes what is wrong with a document; every finding, not only the first.

    `path` is resolved to file, line and column by who gave the object.
    """

    def error(self, path: Path, message: str, *, expected: str = "") -> None:
        """Something that BFE refuses: the document is not used."""

    def warning(self, path: Path, message: str, *, expected: str = "") -> None:
        """Something that works but is likely not meant; an error under ``--strict``."""

    def condition(self, path: Path, text: str) -> Condition:
        """`text` compiled; a condition that does not compile is reported and never matches."""

    def file(self, path: Path, name: str) -> bytes | None:
        """Content of the file `name` (relative to the configuration root); reported if missing."""


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Document:
    """One file with rules that a module owns, re-read at every reload.

    `setting` is (section, key) of the module's .conf that names it, `default` its path otherwise
    (empty: there is no such file unless named); `schema` what its JSON decodes into, None for text;
    `compile` turns the decoded value into what `build` gets; `reload` its name under /reload/.
    """

    name: str
    setting: tuple[str, str]
    default: str
    schema: type[msgspec.Struct] | None
    compile: Callable[[Any, Findings], object]
    reload: str


@dataclass(frozen=True, slots=True)
class Parts:
    """What `build` is given.

    `settings` is the decoded .conf (an instance of `Module.settings`), `documents` the compiled
    documents by name, `registry` where counters are made, `state` what `Module.state` returned.
    """

    settings: Any
    documents: Mapping[str, Any]
    registry: Registry
    services: Services
    state: Any = None
    is_compatible: bool = False


@dataclass(frozen=True, slots=True)
class Module:
    """Declaration of one module; importing it has no effect beyond making this value.

    `build` is pure but for its counters; `state` makes what outlives snapshots (called once a
    process); `check_settings` reports what the types of the settings cannot say. `after` names
    modules whose handlers run before this one's. `monitor` is the name of its page under /monitor,
    empty for none.
    """

    name: str
    build: Callable[[Parts], Mapping[Phase, Handler]]
    settings: type[msgspec.Struct] | None = None
    documents: tuple[Document, ...] = ()
    after: tuple[str, ...] = ()
    monitor: str = ""
    state: Callable[[Any, Services], object] | None = None
    check_settings: Callable[[Any, Findings], None] | None = None
    description: str = field(default="")
