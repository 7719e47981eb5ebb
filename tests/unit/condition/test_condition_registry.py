import pytest

from bfe_py.condition.arguments import ArgumentError, Case, Name, Patterns, TimePoint
from bfe_py.condition.matching import Atom, Missing
from bfe_py.condition.nodes import Kind, Literal
from bfe_py.condition.problems import Finding
from bfe_py.condition.registry import Comparison, Reads, primitive


@primitive(compares=Comparison.EQUALS, missing=Missing.FALSE, reads=Reads.SESSION, is_secret=True)
def sample(name: Name, values: Patterns, case: Case) -> Atom:
    """First line.

    More.
    """
    if name.value == "bad":
        raise ArgumentError([Finding("not so", reference="no")], parameter=1)
    result = (name.value, values.values, case) == ("a", ("b", "c"), Case.INSENSITIVE)
    return Atom(lambda _facts: result, lambda _facts: None)


@primitive(compares=Comparison.RANGE, missing=Missing.NEVER)
def bare(start: TimePoint) -> Atom:
    return Atom(lambda _facts: start.seconds > 0, lambda _facts: None)


def literals(*texts):
    made, place = [], 10
    for text in texts:
        kind = Kind.BOOL if text in {"true", "false"} else Kind.STRING
        made.append(Literal(kind, text, place, place + len(text) + 2))
        place += len(text) + 4
    return tuple(made)


def test_the_signature_is_the_type_table():
    assert [(each.name, each.kind, each.label) for each in sample.parameters] == [
        ("name", Kind.STRING, "name"),
        ("values", Kind.STRING, "list"),
        ("case", Kind.BOOL, "bool: ignore case"),
    ]


def test_the_documentation_is_made_of_the_declaration():
    doc = sample.document()
    assert (doc.name, doc.doc, doc.missing, doc.reads) == (
        "sample",
        "First line.",
        "never matches",
        "session",
    )
    assert doc.parameters == (("name", "name"), ("values", "list"), ("case", "bool: ignore case"))
    assert doc.family == "test_condition_registry"
    assert bare.document().doc == ""


def test_arguments_are_parsed_and_bound():
    assert sample.parse_arguments(literals("a", "b|c", "true"))[1] == Patterns(("b", "c"))
    assert sample.bind(literals("a", "b|c", "true")).matches(None)
    assert sample.is_secret


def test_a_refusal_of_the_primitive_is_placed_at_its_argument():
    with pytest.raises(ArgumentError) as caught:
        sample.bind(literals("bad", "x", "true"))
    (finding,) = caught.value.findings
    assert (finding.start, finding.end, finding.reference) == (17, 20, "no")


def test_a_refusal_of_an_argument_names_the_parameter():
    with pytest.raises(ArgumentError) as caught:
        bare.bind(literals("x"))
    (finding,) = caught.value.findings
    assert (finding.start, finding.end) == (10, 13)
    assert finding.reference == "startTime format invalid, err:invalid time string:x, err:EOF"
