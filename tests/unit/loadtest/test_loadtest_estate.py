import json

import pytest

from bfe_py.cli import main
from bfe_py.config import Report, parse_rules
from loadtest.estate import Estate, host_of, mark_path
from loadtest.live import Tenancy
from loadtest.request import TENANT_HOST
from loadtest.tree import Ports

PORTS = Ports(18080, 18421, 19000)


def routes(estate: Estate, path) -> dict[str, list[str]]:
    """Conditions of each tenant in BFE's files."""
    estate.write_routes(path)
    written = json.loads(path.read_text("utf-8"))["ProductRule"]
    return {tenant: [rule["Cond"] for rule in rules] for tenant, rules in written.items()}


@pytest.mark.parametrize("tenants", [1, 7])
def test_an_estate_in_bfe_files_is_good(tmp_path, capsys, tenants):
    Estate(tenants, 50).write_bfe(tmp_path / "conf", PORTS)

    assert main(["check", "-c", str(tmp_path / "conf")]) == 0
    assert "error" not in capsys.readouterr().out


def test_an_estate_of_rules_documents_is_good_beside_files_of_nobody(tmp_path, capsys):
    Estate(0, 0).write_bfe(tmp_path / "conf", PORTS)
    Estate(7, 50).write_rules(tmp_path / "rules", PORTS)

    status = main(["check", "-c", str(tmp_path / "conf"), "-r", str(tmp_path / "rules")])
    assert status == 0, capsys.readouterr().out


def test_rules_are_dealt_out_to_all_tenants_and_three_of_ten_conditions_are_distinct(tmp_path):
    dealt = routes(Estate(10, 1000), tmp_path / "route_rule.data")

    assert {len(own) for own in dealt.values()} == {100}
    assert {own.pop() for own in dealt.values()} == {"default_t()"}
    every = [condition for own in dealt.values() for condition in own]
    assert len(set(every)) == round(0.3 * len(every))


def test_no_condition_is_in_two_editions(tmp_path):
    editions = [
        {
            condition
            for own in routes(Estate(4, 400, number), tmp_path / "route_rule.data").values()
            for condition in own
        }
        for number in (0, 1, 2)
    ]

    assert editions[0] & editions[1] == editions[1] & editions[2] == {"default_t()"}


def test_requests_of_the_benchmark_are_for_the_first_tenant():
    assert host_of(0) == TENANT_HOST
    assert host_of(1) != TENANT_HOST


def test_a_change_is_one_rule_more_in_the_document_of_the_first_tenant(tmp_path):
    estate = Estate(3, 30)
    estate.write_rules(tmp_path / "rules", PORTS)
    paths = sorted((tmp_path / "rules").iterdir())
    before = [path.read_bytes() for path in paths]
    marked = Tenancy(estate, tmp_path / "rules", PORTS).change()
    after = [path.read_bytes() for path in paths]

    assert marked == mark_path("m1")
    assert sorted((tmp_path / "rules").iterdir()) == paths
    assert after[1:] == before[1:]
    groups = [parse_rules("t00000", content, "x", Report()) for content in (before[0], after[0])]
    assert groups[0] is not None
    assert groups[1] is not None
    assert groups[1].rules[1:] == groups[0].rules
    assert marked in (groups[1].rules[0].condition or "")
