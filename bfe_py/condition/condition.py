"""Compiling a condition: from its text to a function, or to everything that is wrong with it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from bfe_py.condition.arguments import ArgumentError
from bfe_py.condition.build import build
from bfe_py.condition.catalogue import PRIMITIVES
from bfe_py.condition.check import check_arguments, unknown_primitive
from bfe_py.condition.facts import Facts
from bfe_py.condition.matching import Matches
from bfe_py.condition.nodes import Call, Node, Ref, walk
from bfe_py.condition.parse import find_mixes, parse
from bfe_py.condition.problems import ConditionError, Finding, Problem, locate_all
from bfe_py.condition.registry import Reads
from bfe_py.condition.resolve import resolve_names


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition; ``condition.matches(facts)`` decides.

    `node` is the tree with definitions in the place of names. `reads_body` and `reads_response`
    tell what must be there before it can be decided. `warnings` are about what is allowed but not
    clear.
    """

    text: str
    matches: Callable[[Facts], bool]
    reads_body: bool
    reads_response: bool
    node: Node
    warnings: tuple[Problem, ...]


def compile_condition(
    text: str,
    *,
    names: Mapping[str, Node] | None = None,
    mixed: Literal["warn", "error"] = "warn",
) -> Condition:
    """Condition for `text`; `names` are conditions that may be used by name.

    Args:
        text: an expression of BFE's condition language.
        names: trees from `parse_condition`; they may use each other.
        mixed: whether ``&&`` beside ``||`` without parentheses is a warning or an error.

    Raises:
        ConditionError: with all errors, in text order.
    """
    parsed = parse(text)
    findings = list(parsed.findings)
    node, used = parsed.node, _Used(findings)
    for each in walk(node):
        used.size += 1
        if isinstance(each, Call):
            used.add_call(each)
        elif isinstance(each, Ref):
            used.refs.append(each)
    if used.refs:
        node = _resolve(node, names or {}, used)
    mixes = tuple(find_mixes(parsed.node)) if not parsed.findings else ()
    if mixed == "error":
        used.findings.extend(mixes)
    if used.findings:
        raise ConditionError(locate_all(text, used.findings))
    return Condition(
        text=text,
        matches=build(node, used.atoms, used.size),
        reads_body=Reads.BODY in used.reads,
        reads_response=Reads.RESPONSE in used.reads,
        node=node,
        warnings=locate_all(text, mixes) if mixes else (),
    )


class _Used:
    """What a condition is made of, gathered call by call."""

    __slots__ = ("_broken", "atoms", "findings", "reads", "refs", "size")

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings
        self.atoms: dict[int, Matches] = {}
        self.reads: set[Reads] = set()
        self.refs: list[Ref] = []
        self.size = 0
        self._broken = tuple(findings)

    def add_call(self, call: Call) -> None:
        """Check `call` and build its atom; errors go to `findings`."""
        if self._broken and self.is_broken(call.name_at, call.name_at + len(call.name)):
            return
        primitive = PRIMITIVES.get(call.name)
        if primitive is None:
            self.findings.append(unknown_primitive(call))
            return
        self.reads.add(primitive.reads)
        if self._broken and self.is_broken(call.name_at, call.end):
            return
        wrong = check_arguments(call, primitive)
        if wrong:
            self.findings.extend(wrong)
            return
        try:
            self.atoms[id(call)] = primitive.bind(call.arguments).matches
        except ArgumentError as error:
            self.findings.extend(error.findings)

    def is_broken(self, start: int, end: int) -> bool:
        """A syntax error touches the stretch, so that more errors in it would say nothing new."""
        return any(each.start < end and each.end >= start for each in self._broken)


def _resolve(node: Node, names: Mapping[str, Node], used: _Used) -> Node:
    """`node` with definitions in the place of names, whose calls are added to `used`."""
    resolved, wrong = resolve_names(node, names)
    used.findings.extend([each for each in wrong if not used.is_broken(each.start, each.end)])
    for name, ref in {each.name: each for each in reversed(used.refs)}.items():
        if name not in names or any(each.start == ref.name_at for each in wrong):
            continue
        inside = _Used([])
        for each in walk(resolve_names(ref, names)[0]):
            used.size += 1
            if isinstance(each, Call):
                inside.add_call(each)
        if inside.findings:
            message = f"the definition of `{name}` is wrong: {inside.findings[0].message}"
            used.findings.append(Finding(message, ref.name_at, ref.name_at + len(name)))
        used.atoms.update(inside.atoms)
        used.reads |= inside.reads
    return resolved
