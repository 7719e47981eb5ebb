import json
import re

import pytest

from bfe_py.cli import main
from bfe_py.condition import parse_condition
from loadtest.backend import SEEN_PATH
from loadtest.rules import END_PATH, MIDDLE_PATH, make_rules
from loadtest.tree import MODULES, Ports, Rule, write_tree

PORTS = Ports(18080, 18421, 19000)


@pytest.mark.parametrize("modules", [MODULES, ()])
def test_a_tree_is_good_without_a_warning(tmp_path, capsys, modules):
    write_tree(tmp_path / "conf", PORTS, modules)

    assert main(["check", "--strict", "-c", str(tmp_path / "conf")]) == 0
    assert "warning" not in capsys.readouterr().out


def test_a_tree_has_the_ports_and_the_modules(tmp_path):
    write_tree(tmp_path / "conf", PORTS)

    text = (tmp_path / "conf/bfe.conf").read_text("utf-8")
    backends = json.loads((tmp_path / "conf/cluster_conf/cluster_table.data").read_text("utf-8"))
    assert re.findall(r"^Modules = (.*)$", text, re.MULTILINE) == list(MODULES)
    assert "HttpPort = 18080" in text
    assert backends["Config"]["pages"]["all"][0]["Port"] == 19000


def test_a_tree_keeps_enough_connections_to_the_backend(tmp_path):
    write_tree(tmp_path / "conf", PORTS)

    text = (tmp_path / "conf/server_data_conf/cluster_conf.data").read_text("utf-8")
    kept = json.loads(text)["Config"]["pages"]["BackendConf"]["MaxIdleConnsPerHost"]
    assert kept >= 256


def test_a_tree_has_the_rules_in_their_order(tmp_path):
    rules = [Rule('req_path_in("/a", false)'), Rule("default_t()")]
    write_tree(tmp_path / "conf", PORTS, (), rules)

    text = (tmp_path / "conf/server_data_conf/route_rule.data").read_text("utf-8")
    written = json.loads(text)["ProductRule"]["load"]
    assert [one["Cond"] for one in written] == [rule.condition for rule in rules]


@pytest.mark.parametrize("count", [10, 1000, 10_000])
def test_three_conditions_of_ten_are_distinct(count):
    rules = make_rules(count)

    distinct = {rule.condition for rule in rules}
    assert len(rules) == count
    # The two that are meant to match stand in the place of others.
    assert 0.25 * count <= len(distinct) <= 0.3 * count + 2


def test_rules_are_the_same_each_time():
    assert make_rules(500) == make_rules(500)


@pytest.mark.parametrize("count", [10, 1000])
def test_only_the_rules_in_the_middle_and_at_the_end_are_meant(count):
    conditions = [rule.condition for rule in make_rules(count)]

    middle = [number for number, text in enumerate(conditions) if MIDDLE_PATH[:8] in text]
    end = [number for number, text in enumerate(conditions) if END_PATH[:5] in text]
    assert middle == [count // 2]
    assert end == [count - 1]
    assert SEEN_PATH in conditions[count // 2]


def test_all_kinds_of_conditions_can_be_read():
    names = {
        name
        for rule in make_rules(1000)
        for name in re.findall(r"\w+(?=\()", rule.condition)
        if parse_condition(rule.condition)
    }
    assert names == {
        "req_cookie_value_in",
        "req_header_value_in",
        "req_host_in",
        "req_path_element_prefix_in",
        "req_path_in",
        "req_path_prefix_in",
        "req_query_value_in",
    }
