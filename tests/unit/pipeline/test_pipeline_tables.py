import msgspec
import pytest
from msgspec import field

from bfe_py.condition import compile_condition
from bfe_py.pipeline import Findings, Path, always, compile_table, decide
from tests.kit.modules import CollectedFindings, make_exchange


class Rule(msgspec.Struct, frozen=True):
    condition: str | None = field(name="Cond", default=None)
    word: str = ""


class File(msgspec.Struct, frozen=True):
    version: str | None = field(name="Version", default=None)
    tenants: dict[str, list[Rule]] | None = field(name="Config", default=None)


def keep_word(rule: Rule, path: Path, findings: Findings) -> str:
    if not rule.word:
        findings.error((*path, "word"), "word is missing")
    return rule.word


def compile_file(value: object, findings: CollectedFindings):
    return compile_table(msgspec.convert(value, File), findings, keep_word)


def test_rules_keep_their_order_and_their_tenant():
    findings = CollectedFindings()
    table = compile_file(
        {
            "Version": "1",
            "Config": {
                "shop": [
                    {"Cond": 'req_path_in("/a", false)', "word": "one"},
                    {"Cond": "default_t()", "word": "two"},
                ],
                "none": [],
            },
        },
        findings,
    )
    assert findings.errors == []
    assert table.first("shop", make_exchange(target=b"/a")) == "one"
    assert table.first("shop", make_exchange(target=b"/b")) == "two"
    assert table.first("none", make_exchange()) is None
    assert len(table) == 2
    assert table.body_tenants == frozenset()


def test_of_many_rules_the_first_that_matches_is_found():
    paths = ["/a", "/b", *(f"/p{number}" for number in range(9)), "/a"]
    rules = [
        {"Cond": f'req_path_prefix_in("{path}", false)', "word": f"{path} {number}"}
        for number, path in enumerate(paths)
    ]
    value = {"Version": "1", "Config": {"shop": rules, "few": rules[:2]}}
    table = compile_file(value, CollectedFindings())
    for tenant, target, word in [
        ("shop", b"/ab", "/a 0"),
        ("shop", b"/p8?x", "/p8 10"),
        ("shop", b"/c", None),
        ("few", b"/b", "/b 1"),
        ("few", b"/p8", None),
    ]:
        assert table.first(tenant, make_exchange(target=target)) == word


def test_a_tenant_with_a_condition_on_the_body_is_marked():
    rules = [
        {"Cond": "default_t()", "word": "x"},
        {"Cond": 'req_body_json_in("$.model", "m", false)', "word": "y"},
    ]
    value = {"Version": "1", "Config": {"plain": rules[:1], "reader": rules}}
    assert compile_file(value, CollectedFindings()).body_tenants == {"reader"}


@pytest.mark.parametrize(
    ("value", "paths"),
    [
        ({}, [(), ()]),
        ({"Version": "1"}, [()]),
        ({"Config": {}}, [()]),
        ({"Version": "", "Config": {}}, []),
        ({"Version": "1", "Config": {"t": [{"word": "x"}]}}, [("Config", "t", 0)]),
        (
            {"Version": "1", "Config": {"t": [{"Cond": "nonsense("}, {}]}},
            [
                ("Config", "t", 0, "Cond"),
                ("Config", "t", 0, "word"),
                ("Config", "t", 1),
                ("Config", "t", 1, "word"),
            ],
        ),
    ],
)
def test_everything_wrong_is_reported_at_its_place(value, paths):
    findings = CollectedFindings()
    compile_file(value, findings)
    assert findings.error_paths == paths


def test_a_condition_that_always_holds_is_known_as_such():
    decided = [decide(compile_condition(text)) for text in (" default_t() ", "!default_t()")]

    assert decided[0] is always
    assert decided[0](make_exchange())
    assert not decided[1](make_exchange())
