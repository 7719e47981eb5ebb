"""What a variable is: one row of a table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from bfe_py.model.clock import Clock
from bfe_py.model.exchange import Exchange

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Environment:
    """What variables need besides their subject; `is_compatible`: BFE's values to the letter."""

    clock: Clock
    is_compatible: bool = False


@dataclass(frozen=True, slots=True)
class Inline:
    """How a line has a value without a call: `layout` % (`values`).

    `values` and `unless` are Python expressions over `subject`, the names of `inline.LOCALS`, and
    ``{name}`` of `names`, which are objects. Expressions are constants of this package: what was
    configured may only be among the objects. Where one of `unless` holds, the value is another one
    than this, and only the reader knows it.
    """

    layout: bytes
    values: tuple[str, ...] = ()
    names: Mapping[str, object] = field(default_factory=dict)
    unless: tuple[str, ...] = ()


MakeInline = Callable[[str, Environment], Inline]


@dataclass(frozen=True, slots=True)
class Variable(Generic[S]):
    """``$name`` of an access log.

    `make` is given the key in braces (the name itself where there are none) and answers the
    function that reads the value. `is_keyed`: the key says which header or cookie. `is_foreign`:
    the value may hold bytes that a peer chose. `inline` makes the same value for less.
    """

    name: str
    help: str
    make: Callable[[str, Environment], Callable[[S], bytes]]
    is_keyed: bool = False
    is_foreign: bool = False
    inline: MakeInline | None = None


@dataclass(frozen=True, slots=True)
class RuleVariable:
    """``%name`` of a header rule; the value never holds a control character."""

    name: str
    help: str
    read: Callable[[Exchange], bytes]


def plain(read: Callable[[S], bytes]) -> Callable[[str, Environment], Callable[[S], bytes]]:
    """Make function of a variable that needs neither key nor environment."""

    def make(_key: str, _environment: Environment) -> Callable[[S], bytes]:
        return read

    return make
