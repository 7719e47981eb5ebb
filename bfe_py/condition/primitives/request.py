"""Method and protocol of the request, and the condition that is always true."""

from operator import attrgetter

from bfe_py.condition.arguments import Case, Patterns, Text
from bfe_py.condition.facts import Facts
from bfe_py.condition.matching import Atom, Missing, Source, compare, equals_one
from bfe_py.condition.registry import Comparison, Reads, primitive

_method: Source = attrgetter("method")
_protocol: Source = attrgetter("protocol")


def _true(_facts: Facts) -> bool:
    return True


def _is_secure(facts: Facts) -> bool:
    return facts.is_secure


@primitive(compares=Comparison.HOLDS, missing=Missing.NEVER, reads=Reads.NOTHING)
def default_t() -> Atom:
    """Always true."""
    return Atom(_true, _true)


@primitive(compares=Comparison.EQUALS, missing=Missing.NEVER)
def req_method_in(methods: Patterns) -> Atom:
    """The method equals one of the words, in any case."""
    return compare(_method, equals_one(methods, Case.INSENSITIVE), Missing.NEVER)


@primitive(compares=Comparison.EQUALS, missing=Missing.NEVER)
def req_proto_match(protocol: Text) -> Atom:
    """The protocol equals the text, in any case; the text is no list."""
    test = equals_one(Patterns((protocol.value,)), Case.INSENSITIVE)
    return compare(_protocol, test, Missing.NEVER)


@primitive(compares=Comparison.HOLDS, missing=Missing.NEVER, reads=Reads.SESSION)
def req_proto_secure() -> Atom:
    """The connection is TLS; forwarded fields play no part."""
    return Atom(_is_secure, _is_secure)
