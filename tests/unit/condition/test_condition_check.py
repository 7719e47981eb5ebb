import pytest

from bfe_py.condition.catalogue import PRIMITIVES
from bfe_py.condition.check import check_arguments, signature, unknown_primitive, unresolved
from bfe_py.condition.nodes import Ref
from bfe_py.condition.parse import parse_condition
from bfe_py.condition.problems import locate


def check(text):
    call = parse_condition(text)
    return [locate(text, each) for each in check_arguments(call, PRIMITIVES[call.name])]


def test_an_unknown_name_is_told_with_the_nearest():
    text = "( req_hots_in())"
    finding = unknown_primitive(parse_condition(text))
    problem = locate(text, finding)
    assert problem.reference == "1:3 primitive req_hots_in not found"
    assert (problem.start, problem.end, problem.suggestion) == (2, 13, "req_host_in")


@pytest.mark.parametrize(
    ("text", "reference", "expected"),
    [
        ("default_t(true)", "1:1 primitive args len error, expect 0, got 1", "default_t()"),
        (
            ' req_path_in("a")',
            "1:2 primitive args len error, expect 2, got 1",
            "req_path_in takes paths (list), case (bool: ignore case)",
        ),
    ],
)
def test_the_number_of_arguments_counts(text, reference, expected):
    (problem,) = check(text)
    assert (problem.reference, problem.expected) == (reference, expected)
    assert f"not {text.count('true') or 1}" in problem.message


def test_a_single_argument_is_no_plural():
    assert "takes 1 argument," in check("req_host_in()")[0].message


@pytest.mark.parametrize(
    ("text", "reference", "suggestion"),
    [
        ("req_port_in(80)", "1:1 primitive req_port_in arg 0 expect STRING, got INT", '"80"'),
        ("req_host_in(true)", "1:1 primitive req_host_in arg 0 expect STRING, got BOOL", '"true"'),
        (
            'req_path_in("a", "True")',
            "1:1 primitive req_path_in arg 1 expect BOOL, got STRING",
            "true",
        ),
        ('req_path_in("a", 1)', "1:1 primitive req_path_in arg 1 expect BOOL, got INT", ""),
    ],
)
def test_the_kinds_of_arguments_count(text, reference, suggestion):
    (problem,) = check(text)
    assert (problem.reference, problem.suggestion) == (reference, suggestion)


def test_all_wrong_kinds_are_found():
    assert len(check("req_path_in(true, 1)")) == 2


@pytest.mark.parametrize(
    ("name", "names", "suggestion"),
    [
        ("default_t", [], "default_t()"),
        ("req_path_in", [], "req_path_in(paths, case)"),
        ("req_pth_in", [], "req_path_in(paths, case)"),
        ("intern", ["internal"], "internal"),
        ("zzz", ["internal"], ""),
    ],
)
def test_a_name_without_definition_is_told_with_what_was_meant(name, names, suggestion):
    finding = unresolved(Ref(name, 3, 3 + len(name), 0, 3), names)
    assert finding.suggestion == suggestion
    assert locate("é  " + name, finding).reference == f"found unresolved variable {name} 5"


def test_a_signature_names_the_parameters():
    assert signature(PRIMITIVES["req_cip_range"]) == "req_cip_range(start, end)"
