"""Status and fields of the response; before there is one, nothing matches."""

from bfe_py.condition.arguments import Case, Name, Patterns
from bfe_py.condition.facts import Facts
from bfe_py.condition.fields import field_names, response_field
from bfe_py.condition.matching import Atom, Missing, compare, equals_one
from bfe_py.condition.registry import Comparison, Reads, primitive


def _status(facts: Facts) -> str | None:
    status = facts.status
    return None if status is None else str(status)


@primitive(compares=Comparison.EQUALS, missing=Missing.FALSE, reads=Reads.RESPONSE)
def res_code_in(codes: Patterns) -> Atom:
    """The status code as text equals one of the texts; no ranges, no classes."""
    return compare(_status, equals_one(codes, Case.SENSITIVE), Missing.FALSE)


@primitive(compares=Comparison.EXISTS, missing=Missing.FALSE, reads=Reads.RESPONSE)
def res_header_key_in(names: Patterns) -> Atom:
    """There is a field of one of the names, in any case, whose first value is not empty."""
    wanted = field_names(names)

    def matches(facts: Facts) -> bool:
        if facts.status is None:
            return False
        for name in wanted:  # noqa: SIM110  # a generator costs more than the loop
            if facts.response_header(name):
                return True
        return False

    def read(facts: Facts) -> object:
        if facts.status is None:
            return None
        return tuple([each for each in wanted if facts.response_header(each)])

    return Atom(matches, read)


@primitive(compares=Comparison.EQUALS, missing=Missing.EMPTY, reads=Reads.RESPONSE)
def res_header_value_in(name: Name, values: Patterns, case: Case) -> Atom:
    """The field equals one of the texts."""
    field = response_field(name)

    def read(facts: Facts) -> str | None:
        # A field that is not there is empty, but a response that is not there is nothing.
        return None if facts.status is None else field(facts) or ""

    return compare(read, equals_one(values, case), Missing.FALSE)
