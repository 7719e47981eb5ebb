"""Parameters of the query; only the first value of each counts."""

from bfe_py.condition.arguments import Buckets, Case, Name, Patterns, Regex
from bfe_py.condition.facts import Facts
from bfe_py.condition.matching import (
    Atom,
    Missing,
    Source,
    compare,
    contains_one,
    ends_with_one,
    equals_one,
    in_buckets,
    starts_with_one,
)
from bfe_py.condition.registry import Comparison, primitive


def _parameter(name: Name) -> Source:
    key = name.value
    return lambda facts: facts.query.get(key)


def _names(facts: Facts) -> object:
    return tuple(facts.query)


def _has_query(facts: Facts) -> bool:
    return bool(facts.query)


@primitive(compares=Comparison.EXISTS, missing=Missing.FALSE)
def req_query_exist() -> Atom:
    """The query has at least one well-formed parameter."""
    return Atom(_has_query, _names)


@primitive(compares=Comparison.EXISTS, missing=Missing.FALSE)
def req_query_key_in(names: Patterns) -> Atom:
    """There is a parameter of one of the names, with any value."""
    wanted = frozenset(names.values)
    if len(wanted) == 1:
        key = names.values[0]
        return Atom(lambda facts: key in facts.query, _names)
    return Atom(lambda facts: not wanted.isdisjoint(facts.query), _names)


@primitive(compares=Comparison.EXISTS, missing=Missing.FALSE)
def req_query_key_prefix_in(prefixes: Patterns) -> Atom:
    """There is a parameter whose name starts with one of the texts."""
    wanted = prefixes.values

    def matches(facts: Facts) -> bool:
        for name in facts.query:  # noqa: SIM110  # a generator costs more than the loop
            if name.startswith(wanted):
                return True
        return False

    return Atom(matches, _names)


@primitive(compares=Comparison.EQUALS, missing=Missing.EMPTY)
def req_query_value_in(name: Name, values: Patterns, case: Case) -> Atom:
    """The parameter equals one of the texts."""
    return compare(_parameter(name), equals_one(values, case), Missing.EMPTY)


@primitive(compares=Comparison.PREFIX, missing=Missing.EMPTY)
def req_query_value_prefix_in(name: Name, prefixes: Patterns, case: Case) -> Atom:
    """The parameter starts with one of the texts."""
    return compare(_parameter(name), starts_with_one(prefixes, case), Missing.EMPTY)


@primitive(compares=Comparison.SUFFIX, missing=Missing.EMPTY)
def req_query_value_suffix_in(name: Name, suffixes: Patterns, case: Case) -> Atom:
    """The parameter ends with one of the texts."""
    return compare(_parameter(name), ends_with_one(suffixes, case), Missing.EMPTY)


@primitive(compares=Comparison.CONTAINS, missing=Missing.EMPTY)
def req_query_value_contain(name: Name, parts: Patterns, case: Case) -> Atom:
    """The parameter contains one of the texts."""
    return compare(_parameter(name), contains_one(parts, case), Missing.EMPTY)


@primitive(compares=Comparison.REGEX, missing=Missing.EMPTY)
def req_query_value_regmatch(name: Name, pattern: Regex) -> Atom:
    """The pattern is found in the parameter."""
    return compare(_parameter(name), pattern.test, Missing.EMPTY)


@primitive(compares=Comparison.BUCKET, missing=Missing.EMPTY)
def req_query_value_hash_in(name: Name, buckets: Buckets, case: Case) -> Atom:
    """The parameter falls into one of the buckets."""
    return compare(_parameter(name), in_buckets(buckets, case), Missing.EMPTY)
