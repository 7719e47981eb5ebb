"""Fields of the request; only the first value of each counts."""

from bfe_py.condition.arguments import Buckets, Case, Name, Patterns, Regex
from bfe_py.condition.facts import Facts
from bfe_py.condition.fields import field_names, request_field
from bfe_py.condition.matching import (
    Atom,
    Missing,
    compare,
    contains_one,
    ends_with_one,
    equals_one,
    in_buckets,
    starts_with_one,
)
from bfe_py.condition.registry import Comparison, primitive


@primitive(compares=Comparison.EXISTS, missing=Missing.FALSE)
def req_header_key_in(names: Patterns) -> Atom:
    """There is a field of one of the names, in any case, whose first value is not empty."""
    wanted = field_names(names)

    def matches(facts: Facts) -> bool:
        for name in wanted:  # noqa: SIM110  # a generator costs more than the loop
            if facts.header(name):
                return True
        return False

    return Atom(matches, lambda facts: tuple([each for each in wanted if facts.header(each)]))


@primitive(compares=Comparison.EQUALS, missing=Missing.EMPTY)
def req_header_value_in(name: Name, values: Patterns, case: Case) -> Atom:
    """The field equals one of the texts."""
    return compare(request_field(name), equals_one(values, case), Missing.EMPTY)


@primitive(compares=Comparison.PREFIX, missing=Missing.EMPTY)
def req_header_value_prefix_in(name: Name, prefixes: Patterns, case: Case) -> Atom:
    """The field starts with one of the texts."""
    return compare(request_field(name), starts_with_one(prefixes, case), Missing.EMPTY)


@primitive(compares=Comparison.SUFFIX, missing=Missing.EMPTY)
def req_header_value_suffix_in(name: Name, suffixes: Patterns, case: Case) -> Atom:
    """The field ends with one of the texts."""
    return compare(request_field(name), ends_with_one(suffixes, case), Missing.EMPTY)


@primitive(compares=Comparison.CONTAINS, missing=Missing.EMPTY)
def req_header_value_contain(name: Name, parts: Patterns, case: Case) -> Atom:
    """The field contains one of the texts."""
    return compare(request_field(name), contains_one(parts, case), Missing.EMPTY)


@primitive(compares=Comparison.REGEX, missing=Missing.EMPTY)
def req_header_value_regmatch(name: Name, pattern: Regex) -> Atom:
    """The pattern is found in the field."""
    return compare(request_field(name), pattern.test, Missing.EMPTY)


@primitive(compares=Comparison.BUCKET, missing=Missing.EMPTY)
def req_header_value_hash_in(name: Name, buckets: Buckets, case: Case) -> Atom:
    """The field falls into one of the buckets."""
    return compare(request_field(name), in_buckets(buckets, case), Missing.EMPTY)


@primitive(compares=Comparison.REGEX, missing=Missing.EMPTY)
def req_ua_regmatch(pattern: Regex) -> Atom:
    """The pattern is found in the field User-Agent."""
    return compare(request_field(Name("user-agent")), pattern.test, Missing.EMPTY)
