import pytest

from bfe_py.model import UNIX_PEER, IpRange, Session
from bfe_py.modules.trust_clientip import MODULE, address_set
from bfe_py.pipeline import Phase
from tests.kit.modules import CollectedFindings, build_module, compile_document, make_session


def document(*ranges):
    return {"Version": "1", "Config": {"edge": [{"Begin": a, "End": b} for a, b in ranges]}}


def built(*ranges):
    return build_module(MODULE, {"trust_client_ip": document(*ranges)})


# vector 7
@pytest.mark.parametrize(
    ("peer", "is_trusted"),
    [
        ("119.75.215.0", True),
        ("119.75.215.1", True),
        ("119.75.215.255", True),
        ("119.76.215.1", False),
        ("127.0.0.1", True),
        ("[::1]", True),
        ("[::2]", True),
        ("[::3]", False),
        ("[1::]", False),
    ],
)
def test_peers_in_a_range_are_trusted(peer, is_trusted):
    module = built(
        ("119.75.215.0", "119.75.215.255"), ("127.0.0.1", "127.0.255.255"), ("::1", "::2")
    )
    session = make_session(peer)

    assert module.run(Phase.ACCEPT, session) is None
    assert session.is_trusted is is_trusted


# peer -> counters
@pytest.mark.parametrize(
    ("peer", "internal", "trusted"),
    [
        ("10.1.0.1", True, True),
        ("10.2.0.1", True, False),
        ("172.16.0.1", True, False),
        ("172.32.0.1", False, False),
        ("192.168.255.255", True, False),
        ("[fd00::1]", True, False),
        ("127.0.0.1", False, False),
        ("8.8.8.8", False, False),
    ],
)
def test_connections_are_counted_by_their_peer(peer, internal, trusted):
    module = built(("10.1.0.0", "10.1.0.255"))

    module.run(Phase.ACCEPT, make_session(peer))

    expected = {
        "mod_trust_clientip.CONN_TOTAL": 1,
        "mod_trust_clientip.CONN_TRUST_CLIENTIP": int(trusted),
        "mod_trust_clientip.CONN_ADDR_INTERNAL": int(internal),
        "mod_trust_clientip.CONN_ADDR_INTERNAL_NOT_TRUST": int(internal and not trusted),
    }
    assert module.counted() == {name: number for name, number in expected.items() if number}


def test_a_peer_without_an_address_is_never_trusted():
    session = Session(peer=UNIX_PEER, local=UNIX_PEER, started=0.0)

    built(("::", "::1")).run(Phase.ACCEPT, session)

    assert not session.is_trusted


def test_nobody_is_trusted_without_ranges():
    session = make_session()
    session.is_trusted = True

    build_module(MODULE, {"trust_client_ip": {"Version": "1", "Config": {}}}).run(
        Phase.ACCEPT, session
    )

    assert not session.is_trusted


def test_ranges_that_touch_or_overlap_become_one():
    ranges = [IpRange(10, 20), IpRange(1, 2), IpRange(3, 4), IpRange(15, 18), IpRange(22, 22)]

    joined = address_set(ranges)

    assert (joined.firsts, joined.lasts) == ((1, 10, 22), (4, 20, 22))
    assert [value for value in range(30) if value in joined] == [*range(1, 5), *range(10, 21), 22]


# document, paths of its errors
@pytest.mark.parametrize(
    ("value", "paths"),
    [
        ({}, [(), ()]),
        ({"Version": "1", "Config": {"a": None}}, [("Config", "a")]),
        ({"Version": "1", "Config": {"a": [None]}}, [("Config", "a", 0), ("Config", "a", 0)]),
        (document(("1.2.3.4", "nope")), [("Config", "edge", 0, "End")]),
        (document(("1.2.3", "1.2.3.4")), [("Config", "edge", 0, "Begin")]),
        (document(("1.2.3.4", "1.2.3.3")), [("Config", "edge", 0)]),
        (document(("1.2.3.4", "1.2.3.4"), ("2::", "1::")), [("Config", "edge", 1)]),
    ],
)
def test_every_problem_of_a_document_is_reported(value, paths):
    findings = CollectedFindings()

    compile_document(MODULE, "trust_client_ip", value, findings)

    assert findings.error_paths == paths


def test_a_range_over_both_families_is_suspicious():
    findings = CollectedFindings()

    ranges = compile_document(
        MODULE, "trust_client_ip", document(("1.2.3.4", "2001:db8::")), findings
    )

    assert [finding.path for finding in findings.warnings] == [("Config", "edge", 0)]
    assert make_session("9.9.9.9").peer.value in ranges
