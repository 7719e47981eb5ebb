"""Cookies of the request; only the first of each name counts."""

from bfe_py.condition.arguments import Buckets, Case, Name, Patterns
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


def _cookie(name: Name) -> Source:
    key = name.value
    return lambda facts: facts.cookies.get(key)


def _names(facts: Facts) -> object:
    return tuple(facts.cookies)


@primitive(compares=Comparison.EXISTS, missing=Missing.FALSE)
def req_cookie_key_in(names: Patterns) -> Atom:
    """There is a cookie of one of the names, with any value."""
    wanted = frozenset(names.values)
    return Atom(lambda facts: not wanted.isdisjoint(facts.cookies), _names)


@primitive(compares=Comparison.EQUALS, missing=Missing.FALSE, is_secret=True)
def req_cookie_value_in(name: Name, values: Patterns, case: Case) -> Atom:
    """The cookie equals one of the texts."""
    return compare(_cookie(name), equals_one(values, case), Missing.FALSE)


@primitive(compares=Comparison.PREFIX, missing=Missing.FALSE, is_secret=True)
def req_cookie_value_prefix_in(name: Name, prefixes: Patterns, case: Case) -> Atom:
    """The cookie starts with one of the texts."""
    return compare(_cookie(name), starts_with_one(prefixes, case), Missing.FALSE)


@primitive(compares=Comparison.SUFFIX, missing=Missing.FALSE, is_secret=True)
def req_cookie_value_suffix_in(name: Name, suffixes: Patterns, case: Case) -> Atom:
    """The cookie ends with one of the texts."""
    return compare(_cookie(name), ends_with_one(suffixes, case), Missing.FALSE)


@primitive(compares=Comparison.CONTAINS, missing=Missing.FALSE, is_secret=True)
def req_cookie_value_contain(name: Name, parts: Patterns, case: Case) -> Atom:
    """The cookie contains one of the texts."""
    return compare(_cookie(name), contains_one(parts, case), Missing.FALSE)


@primitive(compares=Comparison.BUCKET, missing=Missing.FALSE, is_secret=True)
def req_cookie_value_hash_in(name: Name, buckets: Buckets, case: Case) -> Atom:
    """The cookie falls into one of the buckets."""
    return compare(_cookie(name), in_buckets(buckets, case), Missing.FALSE)
