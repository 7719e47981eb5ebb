import pytest

from bfe_py.config.check_routes import check_route_rule
from bfe_py.config.dynamic import ClusterConf, ClusterEntry, HostRule, RouteRule
from bfe_py.config.findings import Report

HOSTS = HostRule(tags={"shop": ["t"], "bare": []})
CLUSTERS = ClusterConf(clusters={"main": ClusterEntry(), "beta": ClusterEntry()})
ALWAYS = {"Cond": "default_t()", "ClusterName": "main"}


def routes(examine, document: dict, hosts=HOSTS, clusters=CLUSTERS) -> Report:
    return examine(
        RouteRule,
        {"Version": "1"} | document,
        lambda value, findings: check_route_rule(value, hosts, clusters, findings),
    )


def basic(**rule: object) -> dict:
    return {"BasicRule": {"shop": [{"Hostname": ["a"], "ClusterName": "main"} | rule]}}


def advanced(*rules: object) -> dict:
    return {"ProductRule": {"shop": list(rules)}}


@pytest.mark.parametrize(
    "document",
    [
        basic(),
        basic(Hostname=["*", "*.a.b", "a.b"], Path=["*", "/a", "/a/*", "/b*"]),
        basic(Hostname=None, Path=["/"]),
        basic(ClusterName="ADVANCED_MODE"),
        {"BasicRule": {"shop": []}},
        {"BasicRule": {"shop": None}, "ProductRule": {"shop": None}},
        advanced(ALWAYS),
        advanced({"Cond": 'req_path_in("/a", false)', "ClusterName": "beta"}, ALWAYS),
        {"ProductRule": {}},
    ],
)
def test_good_rules_say_nothing(examine, document: dict) -> None:
    assert [finding.code for finding in routes(examine, document)] == []


@pytest.mark.parametrize(
    ("document", "code", "message"),
    [
        ({"Version": None} | basic(), "E011", '"Version" is missing'),
        ({}, "E011", 'both "BasicRule" and "ProductRule" are missing'),
        ({"BasicRule": {"shop": [None]}}, "E015", "a rule is null"),
        (basic(Hostname=None), "E112", 'a rule has neither "Hostname" nor "Path"'),
        (basic(Hostname=[], Path=[]), "E112", 'a rule has neither "Hostname" nor "Path"'),
        (basic(Hostname=[""]), "E107", '"" is no pattern of a host'),
        (basic(Hostname=["*abc.a"]), "E107", '"*abc.a" is no pattern of a host'),
        (basic(Hostname=["abc*.a"]), "E107", '"abc*.a" is no pattern of a host'),
        (basic(Hostname=["*.*.a"]), "E107", '"*.*.a" is no pattern of a host'),
        (basic(Path=[""]), "E108", '"" is no pattern of a path'),
        (basic(Path=["/a/*/*"]), "E108", '"/a/*/*" is no pattern of a path'),
        (basic(Path=["/a*b"]), "E108", '"/a*b" is no pattern of a path'),
        (basic(Path=["nolead"]), "W131", 'no request has a path like "nolead"'),
        (basic(Path=["/x*", "/x/*"]), "E109", 'host "a" with path "/x/*" is already in rule 0'),
        (basic(Hostname=["a", "A"]), "E109", 'host "A" with path "*" is already in rule 0'),
        (basic(Path=["*", "/*"]), "E109", 'host "a" with path "/*" is already in rule 0'),
        (basic(ClusterName=None), "E011", '"ClusterName" is missing'),
        (basic(ClusterName="man"), "E102", 'unknown cluster "man" in tenant "shop"'),
        ({"BasicRule": {"shp": []}}, "E101", 'unknown tenant "shp"'),
        ({"ProductRule": {"bare": []}}, "E111", 'tenant "bare" has no host tag'),
        (advanced(None), "E015", "a rule is null"),
        (advanced({"ClusterName": "main"}), "E011", '"Cond" is missing'),
        (advanced({"Cond": "default_t()"}), "E011", '"ClusterName" is missing'),
        (
            advanced({"Cond": "default_t()", "ClusterName": "ADVANCED_MODE"}),
            "E102",
            'unknown cluster "ADVANCED_MODE" in tenant "shop"',
        ),
        (
            advanced(ALWAYS, ALWAYS),
            "W126",
            "rule 1 is never reached: rule 0 matches every request",
        ),
        (
            advanced({"Cond": " default_t ( ) // all", "ClusterName": "main"}, ALWAYS),
            "W126",
            "rule 1 is never reached: rule 0 matches every request",
        ),
        (
            advanced(
                {"Cond": 'req_path_in("/a", false)', "ClusterName": "main"},
                {"Cond": 'req_path_in("/a", false)', "ClusterName": "beta"},
            ),
            "W126",
            "rule 1 is never reached: rule 0 has the same condition",
        ),
    ],
)
def test_wrong_and_doubtful_rules(examine, document: dict, code: str, message: str) -> None:
    (finding,) = routes(examine, document)
    assert (finding.code, finding.message) == (code, message)


def test_a_condition_that_does_not_compile_is_marked(examine) -> None:
    (finding,) = routes(examine, advanced({"Cond": "req_nope()", "ClusterName": "main"}))
    start = finding.column - finding.excerpt_column
    assert finding.code == "E201"
    assert finding.excerpt[start : start + 8] == "req_nope"


def test_suggestions_name_tenants_and_clusters(examine) -> None:
    assert routes(examine, basic(ClusterName="mian")).findings[0].hint == 'did you mean "main"?'
    (finding,) = routes(examine, {"ProductRule": {"shpo": []}})
    assert finding.hint == 'did you mean "shop"?'


def test_nothing_is_said_of_what_could_not_be_read(examine) -> None:
    document = {"BasicRule": {"none": [{"Path": ["/"], "ClusterName": "none"}]}}
    assert len(routes(examine, document, hosts=None, clusters=None)) == 0
    assert len(routes(examine, document, hosts=HostRule(), clusters=ClusterConf())) == 2


def test_equal_patterns_of_two_tenants_do_not_collide(examine) -> None:
    rule = [{"Hostname": ["a"], "ClusterName": "main"}]
    hosts = HostRule(tags={"shop": ["t"], "blog": ["u"]})
    assert len(routes(examine, {"BasicRule": {"shop": rule, "blog": rule}}, hosts=hosts)) == 0
