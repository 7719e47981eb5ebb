import pytest

from bfe_py.pipeline import GLOBAL, RuleTable
from tests.kit.modules import make_exchange


def yes(_: object) -> bool:
    return True


def no(_: object) -> bool:
    return False


TABLE = RuleTable({"shop": ((no, 1), (yes, 2), (yes, 3)), "none": ((no, 4),), "empty": ()})


@pytest.mark.parametrize(
    ("tenant", "action"), [("shop", 2), ("none", None), ("empty", None), ("other", None)]
)
def test_the_first_rule_that_matches_counts(tenant: str, action: int | None):
    assert TABLE.first(tenant, make_exchange()) == action


@pytest.mark.parametrize(("path", "action"), [(b"/a/x", 12), (b"/b/x", None), (b"/c", 13)])
def test_of_many_rules_the_first_that_may_match_and_does_counts(path: bytes, action: int | None):
    texts = [f'req_path_in("/{number}", false)' for number in range(10)]
    texts += [f'req_path_prefix_in("/a|/{number}/", false)' for number in range(3)]
    texts += ['req_path_prefix_in("/b", false)', 'req_path_in("/c", false)']
    answers = [no] * 10 + [no, no, yes, no, yes]
    actions = [*range(10), 10, 11, 12, 14, 13]
    table = RuleTable({"many": tuple(zip(answers, actions, strict=True))}, texts={"many": texts})
    assert table.first("many", make_exchange(target=path)) == action


def test_all_rules_of_a_tenant_are_there_in_order():
    assert [action for _, action in TABLE.of("shop")] == [1, 2, 3]
    assert TABLE.of("other") == ()


def test_a_table_without_rules_is_false():
    assert TABLE
    assert len(TABLE) == 4
    assert not RuleTable({"shop": ()})
    assert len(RuleTable({})) == 0


def test_who_reads_bodies_is_known():
    assert TABLE.body_tenants == frozenset()
    assert RuleTable({}, frozenset({GLOBAL})).body_tenants == {"global"}


def test_a_fault_in_a_condition_is_not_hidden():
    def fail(_: object) -> bool:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        RuleTable({"shop": ((fail, 1),)}).first("shop", make_exchange())
