import pytest

from bfe_py.model import UNIX_PEER, Kind
from bfe_py.modules.block import MODULE
from bfe_py.pipeline import Close, Phase
from tests.kit.modules import (
    CollectedFindings,
    build_module,
    compile_document,
    make_address,
    make_exchange,
    make_session,
)

NO_RULES = {"Version": "1", "Config": {}}


def rule(name: str, condition: str, command: str = "CLOSE") -> dict[str, object]:
    return {"name": name, "cond": condition, "action": {"cmd": command, "params": []}}


def addresses(content: bytes):
    return compile_document(MODULE, "addresses", content)


def build(rules: object = NO_RULES, content: bytes = b""):
    return build_module(MODULE, {"rules": rules, "addresses": content})


@pytest.mark.parametrize(
    ("peer", "refused"),
    [
        ("10.1.1.200", True),
        ("10.1.1.1", True),
        ("10.1.1.254", True),
        ("10.1.1.255", False),
        ("192.168.1.100", True),
        ("192.168.1.10", False),
        ("1::1", True),
        ("1::2", False),
        ("0.0.0.1", False),
        ("203.0.113.130", True),
        ("203.0.113.127", False),
        ("2001:db8:bad::80", True),
        ("2001:db8:bad::100", False),
        ("2001:db8:cafe::1", True),
    ],
)
def test_a_connection_from_a_listed_address_is_refused(peer, refused):
    content = (
        b"# comment\n10.1.1.1 10.1.1.254\r\n192.168.1.100\n\n  1::1\t\n"
        b"203.0.113.130/26\n2001:db8:bad::1\t \t2001:db8:bad::ff\n2001:db8:cafe::/48"
    )
    built = build(content=content)
    session = make_session(f"[{peer}]:1" if ":" in peer else f"{peer}:1")
    verdict = built.run(Phase.ACCEPT, session)
    assert verdict == (Close("BLOCK") if refused else None)
    assert session.fault_code == ("BLOCK" if refused else "")
    counted = "mod_block.CONN_REFUSE" if refused else "mod_block.CONN_ACCEPT"
    assert built.counted() == {"mod_block.CONN_TOTAL": 1, counted: 1}


def test_a_peer_without_an_address_is_in_no_list():
    built = build(content=b"::/0\n0.0.0.0/0")
    session = make_session()
    session.peer = UNIX_PEER
    assert built.run(Phase.ACCEPT, session) is None


@pytest.mark.parametrize(
    ("content", "count"),
    [
        (b"", 0),
        (b"# only\n\n", 0),
        (b"1.1.1.1\n1.1.1.1", 1),
        (b"1.1.1.2\n1.1.1.1", 1),
        (b"1.1.1.3\n1.1.1.1", 2),
        (b"1.1.1.0/24\n1.1.1.7\n1.1.1.128 1.1.2.3", 1),
        (b"0.0.0.0/0\n1.1.1.1", 1),
    ],
)
def test_ranges_that_touch_become_one(content, count):
    assert len(addresses(content)) == count


def test_a_wide_network_holds_all_of_its_family():
    every_ipv4 = addresses(b"0.0.0.0/0")
    assert make_address("255.255.255.255") in every_ipv4
    assert make_address("[::1]") not in every_ipv4
    assert make_address("1.2.3.4") in addresses(b"::ffff:1.2.3.0/120")


@pytest.mark.parametrize(
    "line",
    [
        b"junk",
        b"1.1.1.1-1.1.1.2",
        b"1.1.1.1 1.1.1.0",
        b"1.1.1.1 2001:db8::1",
        b"1.1.1.1 1.1.1.2 1.1.1.3",
        b"1.1.1.1 # why",
        b"1.1.1.01",
        b"1.1.1",
        b"1.1.1.0/33",
        b"1.1.1.0/-1",
        b"1.1.1.0/",
        b"x/24",
        b"::/129",
        b"1.1.1.0/255.255.255.0",
        b"\xff\xfe",
        b"fe80::1%eth0",
    ],
)
def test_a_line_that_is_no_address_is_reported_by_its_number(line):
    findings = CollectedFindings()
    compile_document(MODULE, "addresses", b"# first\n" + line + b"\n1.1.1.1\n" + line, findings)
    assert findings.error_paths == [(2,), (4,)]


def test_a_request_that_a_rule_closes_gets_no_answer():
    rules = {
        "Version": "1",
        "Config": {"pn": [rule("pn_block_rule", 'req_host_in("n.example.org")')]},
    }
    built = build(rules)
    exchange = make_exchange(host=b"n.example.org", tenant="pn")
    assert built.run(Phase.TENANT, exchange) == Close("BLOCK")
    assert exchange.context["mod_block.block_info"] == "pn_block_rule"
    assert exchange.fault is not None
    assert exchange.fault.kind is Kind.BLOCKED
    assert built.counted() == {"mod_block.REQ_TOTAL": 1, "mod_block.REQ_REFUSE": 1}


RULES = {
    "Version": "1",
    "Config": {
        "global": [
            rule("allow", 'req_header_key_in("X-Allow")', "ALLOW"),
            rule("g", 'req_path_prefix_in("/gblock", false)'),
        ],
        "shop": [
            rule("one", 'req_path_prefix_in("/blocked", false)'),
            rule("two", 'req_path_in("/allow", false)', "ALLOW"),
            rule("three", 'req_path_prefix_in("/allow", false)'),
        ],
    },
}


@pytest.mark.parametrize(
    ("target", "fields", "tenant", "closed", "name"),
    [
        (b"/", [], "shop", False, None),
        (b"/blocked/x", [], "shop", True, "one"),
        (b"/blocked", [(b"X-Allow", b"1")], "shop", False, "allow"),
        (b"/allow", [], "shop", False, "two"),
        (b"/allow/x", [], "shop", True, "three"),
        (b"/gblock", [], "shop", True, "g"),
        (b"/gblock", [], "other", True, "g"),
        (b"/blocked", [], "other", False, None),
    ],
)
def test_rules_for_everybody_come_first_and_the_first_match_decides(
    target, fields, tenant, closed, name
):
    built = build(RULES)
    exchange = make_exchange(target=target, headers=fields, tenant=tenant)
    assert built.run(Phase.TENANT, exchange) == (Close("BLOCK") if closed else None)
    assert exchange.context.get("mod_block.block_info") == name


@pytest.mark.parametrize(("tenant", "accepted"), [("shop", 1), ("other", None)])
def test_a_request_counts_as_accepted_where_its_tenant_has_rules(tenant, accepted):
    built = build(RULES)
    built.run(Phase.TENANT, make_exchange(tenant=tenant))
    assert built.counted().get("mod_block.REQ_ACCEPT") == accepted


def test_a_request_that_is_allowed_counts_as_accepted():
    built = build(RULES)
    built.run(Phase.TENANT, make_exchange(headers=[(b"X-Allow", b"1")], tenant="other"))
    assert built.counted() == {"mod_block.REQ_TOTAL": 1, "mod_block.REQ_ACCEPT": 1}


GOOD = rule("x", "default_t()")


@pytest.mark.parametrize(
    ("broken", "paths"),
    [
        ({"cond": "default_t()", "action": GOOD["action"]}, [()]),
        ({"cond": "default_t()", "name": "x"}, [()]),
        ({**GOOD, "action": {"cmd": "CLOSE"}}, [("action",)]),
        ({**GOOD, "action": {"params": []}}, [("action",)]),
        ({**GOOD, "action": {"cmd": "close", "params": []}}, [("action", "cmd")]),
        ({**GOOD, "action": {"cmd": "UNKNOWN", "params": []}}, [("action", "cmd")]),
        ({**GOOD, "action": {"cmd": "CLOSE", "params": ["x"]}}, [("action", "params")]),
        ({"cond": "default_t()"}, [(), ()]),
    ],
)
def test_a_broken_rule_is_reported_at_its_place(broken, paths):
    findings = CollectedFindings()
    value = {"Version": "1", "Config": {"shop": [broken]}}
    compile_document(MODULE, "rules", value, findings)
    assert findings.error_paths == [("Config", "shop", 0, *path) for path in paths]


def test_names_are_unique_within_a_tenant():
    findings = CollectedFindings()
    value = {"Version": "1", "Config": {"a": [GOOD, rule("y", "default_t()"), GOOD], "b": [GOOD]}}
    compile_document(MODULE, "rules", value, findings)
    assert findings.error_paths == [("Config", "a", 2, "name")]
