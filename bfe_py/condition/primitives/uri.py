"""Host, port, path and target of the request."""

from operator import attrgetter

from bfe_py.condition.arguments import Case, Hosts, Patterns, Regex
from bfe_py.condition.facts import Facts
from bfe_py.condition.folding import fold
from bfe_py.condition.matching import (
    Atom,
    Missing,
    Source,
    compare,
    contains_one,
    ends_with_one,
    equals_one,
    starts_with_elements,
    starts_with_one,
)
from bfe_py.condition.registry import Comparison, primitive

_host: Source = attrgetter("host")
_host_tag: Source = attrgetter("host_tag")
_port: Source = attrgetter("port")
_path: Source = attrgetter("path")
_target: Source = attrgetter("target")


@primitive(compares=Comparison.EQUALS, missing=Missing.EMPTY)
def req_host_in(hosts: Hosts) -> Atom:
    """The host without port equals one of the hosts, in any case."""
    values = frozenset(hosts.for_case(Case.INSENSITIVE))

    def matches(facts: Facts) -> bool:
        # Written out, as this is the commonest of all: a call less for every rule.
        host = facts.host
        return (host.upper() if host.isascii() else fold(host)) in values

    return Atom(matches, _host)


@primitive(compares=Comparison.SUFFIX, missing=Missing.EMPTY)
def req_host_suffix_in(suffixes: Patterns) -> Atom:
    """The host without port ends with one of the texts, in any case, wherever labels begin."""
    return compare(_host, ends_with_one(suffixes, Case.INSENSITIVE), Missing.NEVER)


@primitive(compares=Comparison.REGEX, missing=Missing.EMPTY)
def req_host_regmatch(pattern: Regex) -> Atom:
    """The pattern is found in the host without port, as it was sent."""
    return compare(_host, pattern.test, Missing.NEVER)


@primitive(compares=Comparison.EQUALS, missing=Missing.EMPTY)
def req_host_tag_in(tags: Patterns) -> Atom:
    """The tag that the host table gives the host equals one of the texts, in any case."""
    return compare(_host_tag, equals_one(tags, Case.INSENSITIVE), Missing.NEVER)


@primitive(compares=Comparison.EQUALS, missing=Missing.NEVER)
def req_port_in(ports: Patterns) -> Atom:
    """The text behind the colon of the host equals one of the texts; 80 without one."""
    return compare(_port, equals_one(ports, Case.SENSITIVE), Missing.NEVER)


@primitive(compares=Comparison.EQUALS, missing=Missing.EMPTY)
def req_path_in(paths: Patterns, case: Case) -> Atom:
    """The decoded path equals one of the texts."""
    if case is Case.SENSITIVE:
        values = frozenset(paths.values)
        return Atom(lambda facts: facts.path in values, _path)
    return compare(_path, equals_one(paths, case), Missing.NEVER)


@primitive(compares=Comparison.PREFIX, missing=Missing.EMPTY)
def req_path_prefix_in(prefixes: Patterns, case: Case) -> Atom:
    """The decoded path starts with one of the texts, even in the middle of an element."""
    if case is Case.SENSITIVE:
        values = prefixes.values
        return Atom(lambda facts: facts.path.startswith(values), _path)
    return compare(_path, starts_with_one(prefixes, case), Missing.NEVER)


@primitive(compares=Comparison.ELEMENTS, missing=Missing.EMPTY)
def req_path_element_prefix_in(prefixes: Patterns, case: Case) -> Atom:
    """The elements of the decoded path start with those of one of the texts."""
    return compare(_path, starts_with_elements(prefixes, case), Missing.NEVER)


@primitive(compares=Comparison.SUFFIX, missing=Missing.EMPTY)
def req_path_suffix_in(suffixes: Patterns, case: Case) -> Atom:
    """The decoded path ends with one of the texts."""
    return compare(_path, ends_with_one(suffixes, case), Missing.NEVER)


@primitive(compares=Comparison.CONTAINS, missing=Missing.EMPTY)
def req_path_contain(parts: Patterns, case: Case) -> Atom:
    """The decoded path contains one of the texts."""
    return compare(_path, contains_one(parts, case), Missing.NEVER)


@primitive(compares=Comparison.REGEX, missing=Missing.EMPTY)
def req_path_regmatch(pattern: Regex) -> Atom:
    """The pattern is found in the decoded path."""
    return compare(_path, pattern.test, Missing.NEVER)


@primitive(compares=Comparison.REGEX, missing=Missing.NEVER)
def req_url_regmatch(pattern: Regex) -> Atom:
    """The pattern is found in the request target as it was sent, query included."""
    return compare(_target, pattern.test, Missing.NEVER)
