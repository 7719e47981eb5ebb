"""Values inside of a JSON body of the request.

A value is looked up once; it is noted by the name ``jsoncache.`` and its path, where it is found
again as long as the request lasts and where req_context_value_in sees it.
"""

from bfe_py.condition.arguments import Case, Patterns
from bfe_py.condition.facts import Facts
from bfe_py.condition.json_path import JsonPath
from bfe_py.condition.matching import Atom, Missing, Source, compare, equals_one, starts_with_one
from bfe_py.condition.registry import Comparison, Reads, primitive


def _value(path: JsonPath) -> Source:
    key = f"jsoncache.{path.text}"
    find = path.find

    def read(facts: Facts) -> str:
        notes = facts.context
        noted = notes.get(key)
        if isinstance(noted, str):
            return noted
        value: str = find(facts.body_prefix)
        if isinstance(notes, dict):
            notes[key] = value
        return value

    return read


@primitive(compares=Comparison.EQUALS, missing=Missing.EMPTY, reads=Reads.BODY)
def req_body_json_in(path: JsonPath, values: Patterns, case: Case) -> Atom:
    """The value at the path of the JSON body equals one of the texts."""
    return compare(_value(path), equals_one(values, case), Missing.EMPTY)


@primitive(compares=Comparison.PREFIX, missing=Missing.EMPTY, reads=Reads.BODY)
def req_body_json_prefix_in(path: JsonPath, prefixes: Patterns, case: Case) -> Atom:
    """The value at the path of the JSON body starts with one of the texts."""
    return compare(_value(path), starts_with_one(prefixes, case), Missing.EMPTY)
