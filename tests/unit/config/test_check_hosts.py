import pytest

from bfe_py.config.check_hosts import check_host_rule, check_vip_rule, tenants_of
from bfe_py.config.dynamic import HostRule, VipRule

GOOD = {"Version": "1", "Hosts": {"t": ["a.test", "*.b.test", "*"]}, "HostTags": {"shop": ["t"]}}


def test_good_hosts_say_nothing(examine) -> None:
    assert examine.codes(HostRule, GOOD, check_host_rule) == []
    assert examine.codes(HostRule, GOOD | {"DefaultProduct": "shop"}, check_host_rule) == []
    assert examine.codes(HostRule, GOOD | {"Version": ""}, check_host_rule) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"Version": None}, "E011"),
        ({"Hosts": None}, "E011"),
        ({"HostTags": None}, "E011"),
        ({"Hosts": {"t": None}}, "E015"),
        ({"HostTags": {"shop": ["t"], "none": None}}, "E015"),
        ({"Hosts": {"t": ["a", "a"]}}, "E103"),
        ({"Hosts": {"x": ["a"]}}, "E104"),
        ({"DefaultProduct": "none"}, "E105"),
        ({"DefaultProduct": ""}, "E105"),
        ({"Hosts": {"t": ["a.b", "A.b"]}}, "W120"),
        ({"Hosts": {"t": ["a.*.b"]}}, "W121"),
        ({"Hosts": {"t": ["*x.b"]}}, "W121"),
        ({"Hosts": {"t": ["*.*.b"]}}, "W121"),
        ({"Hosts": {"t": [""]}}, "W121"),
        ({"Hosts": {"t": ["a:80"]}}, "W121"),
        ({"Hosts": {"t": ["a/b"]}}, "W121"),
        ({"HostTags": {"shop": ["t"], "blog": ["t"]}}, "W122"),
        ({"HostTags": {"shop": ["t"], "empty": []}, "DefaultProduct": "empty"}, "W124"),
    ],
)
def test_doubtful_and_wrong_hosts_have_their_place(examine, change: dict, code: str) -> None:
    (finding,) = examine(HostRule, GOOD | change, check_host_rule)
    assert finding.line == 1
    assert finding.code == code
    assert finding.severity == ("error" if code[0] == "E" else "warning")


def test_places_are_those_of_the_names(examine) -> None:
    text = '{"Version": "1",\n "Hosts": {"t": ["a",\n "a"], "x": []},\n "HostTags": {"p": ["t"]}}'
    report = examine(HostRule, text, check_host_rule)
    assert [(finding.code, finding.line, finding.column) for finding in report] == [
        ("E104", 3, 8),
        ("E103", 3, 2),
    ]
    assert report.findings[0].hint == ""


def test_an_unknown_tag_gets_a_suggestion(examine) -> None:
    document = GOOD | {"Hosts": {"shop_wbe": ["a"]}, "HostTags": {"shop": ["shop_web"]}}
    assert examine(HostRule, document, check_host_rule).findings[0].hint == (
        'did you mean "shop_web"?'
    )


def test_tenants_have_tags() -> None:
    assert tenants_of(HostRule(tags={"a": ["x"], "b": None})) == {"a": ["x"], "b": []}
    assert tenants_of(HostRule()) == {}


HOSTS = HostRule(tags={"shop": ["t"], "blog": []})


@pytest.mark.parametrize(
    ("document", "codes"),
    [
        ({"Version": "1", "Vips": {"shop": ["192.0.2.1", "2001:0:1111:A:B0::9000:200"]}}, []),
        ({"Version": "1"}, []),
        ({"Version": "1", "Vips": {"shop": None}}, []),
        ({"Version": "", "Vips": {}}, ["E011"]),
        ({"Vips": {}}, ["E011"]),
        ({"Version": "1", "Vips": {"shop": ["10.10.10.a"]}}, ["E106"]),
        ({"Version": "1", "Vips": {"shop": ["[::1]"]}}, ["E106"]),
        ({"Version": "1", "Vips": {"shp": ["192.0.2.1"]}}, ["W125"]),
        ({"Version": "1", "Vips": {"shop": ["::ffff:192.0.2.1"], "blog": ["192.0.2.1"]}}, ["W123"]),
        ({"Version": "1", "Vips": {"shop": ["192.0.2.1", "192.0.2.1"]}}, []),
    ],
)
def test_vips(examine, document: dict, codes: list[str]) -> None:
    found = examine(VipRule, document, lambda vips, findings: check_vip_rule(vips, HOSTS, findings))
    assert [finding.code for finding in found] == codes


def test_without_hosts_nothing_is_said_of_tenants(examine) -> None:
    document = {"Version": "1", "Vips": {"shp": ["192.0.2.1"]}}
    found = examine(VipRule, document, lambda vips, findings: check_vip_rule(vips, None, findings))
    assert len(found) == 0
