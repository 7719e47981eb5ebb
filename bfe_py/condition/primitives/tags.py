"""What modules noted earlier: tags, and values by name."""

from bfe_py.condition.arguments import Case, Name, Patterns, Text
from bfe_py.condition.facts import Facts
from bfe_py.condition.matching import Atom, Missing, Source, compare, equals_one
from bfe_py.condition.registry import Comparison, Reads, primitive


def _noted(name: Name) -> Source:
    key = name.value

    def read(facts: Facts) -> str | None:
        value = facts.context.get(key) if key else None
        return value if isinstance(value, str) else None

    return read


@primitive(compares=Comparison.EQUALS, missing=Missing.FALSE, reads=Reads.NOTES)
def req_tag_match(name: Name, value: Text) -> Atom:
    """One of the tags of that name, cut at its first colon, equals the text; it is no list."""
    key, wanted = name.value, value.value

    def matches(facts: Facts) -> bool:
        for tag in facts.tags.get(key, ()):  # noqa: SIM110  # a generator costs more than the loop
            if tag.partition(":")[0] == wanted:
                return True
        return False

    return Atom(matches, lambda facts: tuple(facts.tags.get(key, ())))


@primitive(compares=Comparison.EQUALS, missing=Missing.FALSE, reads=Reads.NOTES)
def req_context_value_in(name: Name, values: Patterns, case: Case) -> Atom:
    """What was noted by that name is text and equals one of the texts."""
    return compare(_noted(name), equals_one(values, case), Missing.FALSE)
