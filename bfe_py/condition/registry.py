"""What a primitive is: a function whose signature is its type table and whose docstring its doc.

::

    @primitive(compares=Comparison.EQUALS, missing=Missing.EMPTY)
    def req_host_in(hosts: Hosts) -> Atom:
        \"\"\"The host equals one of the hosts.\"\"\"

The decorator turns the function into a `Primitive`; the catalogue finds those in the files of the
folder ``primitives``, each of which is a family.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, get_type_hints

from bfe_py.condition.arguments import PARAMETER, ArgumentError, Case
from bfe_py.condition.matching import Atom, Missing
from bfe_py.condition.nodes import Kind, Literal
from bfe_py.condition.problems import Finding

_ORDINARY_QUOTE = 1


class Comparison(Enum):
    """How a primitive compares its value with its arguments."""

    EQUALS = "equals"
    PREFIX = "starts with"
    ELEMENTS = "starts with the elements of"
    SUFFIX = "ends with"
    CONTAINS = "contains"
    REGEX = "matches"
    BUCKET = "falls into"
    RANGE = "lies within"
    EXISTS = "exists"
    HOLDS = "holds"


class Reads(Enum):
    """What must be known before a primitive can be evaluated."""

    NOTHING = "nothing"
    SESSION = "session"
    REQUEST = "request"
    BODY = "request body"
    RESPONSE = "response"
    NOTES = "what modules noted"
    CLOCK = "clock"


class ArgumentType(Protocol):
    """A type of arguments, parsed from the text of a literal."""

    KIND: Kind
    LABEL: str

    def parse(self, text: str, /) -> object:
        """Parsed argument.

        Raises:
            ArgumentError: the text is none.
        """


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a primitive: `kind` of literal, `label` of what the text means."""

    name: str
    kind: Kind
    label: str
    parse: Callable[[str], object]


@dataclass(frozen=True, slots=True)
class PrimitiveDoc:
    """A primitive as its documentation shows it; `parameters` are pairs of name and type."""

    name: str
    parameters: tuple[tuple[str, str], ...]
    doc: str
    missing: str
    family: str
    reads: str


@dataclass(frozen=True, slots=True)
class Primitive:
    """A primitive: its signature, its traits, and the function that builds an atom of it."""

    name: str
    family: str
    doc: str
    parameters: tuple[Parameter, ...]
    compares: Comparison
    missing: Missing
    reads: Reads
    is_secret: bool
    build: Callable[..., Atom]

    def parse_arguments(self, literals: tuple[Literal, ...]) -> tuple[object, ...]:
        """Parsed arguments for literals of the right number and kinds.

        Raises:
            ArgumentError: with the findings of all of them, in offsets of the condition.
        """
        values, findings = [], []
        for parameter, literal in zip(self.parameters, literals, strict=True):
            try:
                values.append(parameter.parse(literal.text))
            except ArgumentError as error:
                findings.extend(_placed(error, parameter, literal))
        if findings:
            raise ArgumentError(findings)
        return tuple(values)

    def bind(self, literals: tuple[Literal, ...]) -> Atom:
        """Atom for literals of the right number and kinds.

        Raises:
            ArgumentError: in offsets of the condition.
        """
        values = self.parse_arguments(literals)
        try:
            return self.build(*values)
        except ArgumentError as error:
            index = error.parameter
            raise ArgumentError(_placed(error, self.parameters[index], literals[index])) from None

    def document(self) -> PrimitiveDoc:
        """Entry of the documentation."""
        return PrimitiveDoc(
            self.name,
            tuple([(each.name, each.label) for each in self.parameters]),
            self.doc,
            self.missing.value,
            self.family,
            self.reads.value,
        )


def primitive(
    *,
    compares: Comparison,
    missing: Missing,
    reads: Reads = Reads.REQUEST,
    is_secret: bool = False,
) -> Callable[[Callable[..., Atom]], Primitive]:
    """Declare a function as the primitive of its name; secret values are not shown in traces."""

    def declare(function: Callable[..., Atom]) -> Primitive:
        hints = get_type_hints(function)
        parameters = [
            _parameter(name, hints[name]) for name in inspect.signature(function).parameters
        ]
        return Primitive(
            name=function.__name__,
            family=function.__module__.rpartition(".")[2],
            doc=(inspect.getdoc(function) or "").partition("\n")[0],
            parameters=tuple(parameters),
            compares=compares,
            missing=missing,
            reads=reads,
            is_secret=is_secret,
            build=function,
        )

    return declare


def _parameter(name: str, kind: ArgumentType | type[Case]) -> Parameter:
    if isinstance(kind, type) and issubclass(kind, Case):
        return Parameter(name, Kind.BOOL, "bool: ignore case", Case.parse)
    return Parameter(name, kind.KIND, kind.LABEL, kind.parse)


def _placed(error: ArgumentError, parameter: Parameter, literal: Literal) -> list[Finding]:
    """The findings of one argument, moved from offsets of its text to those of the condition."""
    first = literal.start + _ORDINARY_QUOTE
    placed = []
    for each in error.findings:
        start, end = literal.start, literal.end
        # In back-quotes carriage returns are dropped, so offsets may be off: show all of it.
        if each.end >= 0 and literal.end - first - 1 == len(literal.text):
            start, end = first + each.start, first + each.end
        reference = each.reference.replace(PARAMETER, parameter.name)
        placed.append(Finding(each.message, start, end, each.expected, each.suggestion, reference))
    return placed
