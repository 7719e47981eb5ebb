import pytest

from bfe_py.config.check_clusters import check_cluster_conf
from bfe_py.config.dynamic import ClusterConf
from bfe_py.config.findings import Report


def check(examine, entry: object) -> Report:
    return examine(ClusterConf, {"Version": "1", "Config": {"c": entry}}, check_cluster_conf)


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"BackendConf": {"Protocol": "HTTP", "RetryLevel": 1, "TimeoutConnSrv": 5}},
        {"BackendConf": {"OutlierDetectionHttpCode": "5xx|429"}},
        {"BackendConf": {"TimeoutResponseHeader": -1, "MaxConnsPerHost": -1}},
        {"CheckConf": {"Schem": "tcp", "Uri": "nothing", "StatusCode": 1000}},
        {"CheckConf": {"Uri": "/x", "StatusCode": 31, "StatusCodeRange": "200|4x0| 3xx"}},
        {"CheckConf": {"StatusCode": 0, "StatusCodeRange": "", "HostType": "Instance_IP"}},
        {"GslbBasic": {"RetryMax": -1, "CrossRetry": -1, "BalanceMode": "wlc"}},
        {"GslbBasic": {"BalanceMode": "EPP", "EPPAddr": ["a:1"], "HashConf": {}}},
        {"GslbBasic": {"HashConf": {"HashStrategy": 0, "HashHeader": "Cookie: UID"}}},
        {"GslbBasic": {"HashConf": {"HashStrategy": 2, "HashHeader": "X-Id"}}},
        {"GslbBasic": {"HashConf": {"HashStrategy": 3, "HashHeader": "Cookie:"}}},
        {"HTTPSConf": {"RSCAList": ["none"]}},
        {"BackendConf": {"Protocol": "https"}, "HTTPSConf": {}},
        {"AIConf": {}},
    ],
)
def test_good_clusters_say_nothing(examine, entry: dict) -> None:
    assert [finding.code for finding in check(examine, entry)] == []


@pytest.mark.parametrize(
    ("entry", "code", "message"),
    [
        (None, "E015", 'cluster "c" is null'),
        ({"BackendConf": {"Protocol": "ftp"}}, "E501", 'unknown protocol "ftp"'),
        ({"BackendConf": {"ProxyProtocol": "2"}}, "E501", 'unknown version "2"'),
        ({"BackendConf": {"TimeoutConnSrv": 0}}, "W520", "no time to connect"),
        ({"BackendConf": {"RetryLevel": 2}}, "W520", "counts as 0"),
        ({"BackendConf": {"OutlierDetectionHttpCode": "2xx"}}, "W520", '"2xx" is ignored'),
        ({"CheckConf": {"Schem": "udp"}}, "E501", 'unknown scheme "udp"'),
        ({"CheckConf": {"Schem": "HTTP"}}, "E501", 'unknown scheme "HTTP"'),
        ({"CheckConf": {"HostType": "Instance_ADDR"}}, "W520", '"Instance_ADDR" counts as HOST'),
        ({"CheckConf": {"Uri": "x"}}, "E501", '"x" does not begin with /'),
        ({"CheckConf": {"Uri": ""}}, "E501", '"" does not begin with /'),
        ({"CheckConf": {"StatusCode": 1000}}, "E501", "1000 is no status"),
        ({"CheckConf": {"StatusCode": 32}}, "E501", "32 is no status"),
        ({"CheckConf": {"StatusCode": -1}}, "E501", "-1 is no status"),
        ({"CheckConf": {"StatusCodeRange": "4000"}}, "E501", '"4000" is no list of statuses'),
        (
            {"CheckConf": {"StatusCodeRange": "x4x&5xx|6xx"}},
            "E501",
            '"x4x&5xx|6xx" is no list of statuses',
        ),
        ({"CheckConf": {"StatusCodeRange": "[200-300]"}}, "E501", None),
        ({"CheckConf": {"StatusCodeRange": "|400"}}, "E501", None),
        ({"CheckConf": {"StatusCodeRange": "4XX"}}, "W520", None),
        ({"CheckConf": {"SuccNum": 0}}, "E501", "at least one probe must succeed"),
        ({"CheckConf": {"FailNum": 0}}, "W520", "backends go down without a failure"),
        ({"CheckConf": {"CheckInterval": 0}}, "W520", "no pause between probes"),
        ({"GslbBasic": {"BalanceMode": "rr"}}, "E501", 'unknown mode "rr"'),
        ({"GslbBasic": {"BalanceMode": "EPP"}}, "E501", '"EPPAddr" is missing'),
        ({"GslbBasic": {"HashConf": {"HashStrategy": 9}}}, "E501", "unknown strategy 9"),
        ({"GslbBasic": {"HashConf": {"HashStrategy": 0}}}, "E501", '"HashHeader" is missing'),
        (
            {"GslbBasic": {"HashConf": {"HashStrategy": 2, "HashHeader": "Cookie: "}}},
            "E501",
            "the cookie has no name",
        ),
        (
            {"GslbBasic": {"HashConf": {"HashStrategy": 2, "HashHeader": "Foo:bar"}}},
            "W520",
            '"Foo" is taken for Cookie',
        ),
        (
            {"BackendConf": {"Protocol": "https"}, "HTTPSConf": {"RSCAList": ["none"]}},
            "E001",
            'file "none" cannot be read',
        ),
        (
            {"AIConf": {"StripPrefix": True}},
            "E501",
            '"StripPrefix" needs a "MatchPrefix"',
        ),
    ],
)
def test_wrong_and_doubtful_clusters(
    examine, entry: dict | None, code: str, message: str | None
) -> None:
    (finding,) = check(examine, entry)
    assert finding.code == code
    assert message is None or finding.message == message


def test_a_document_needs_version_and_clusters(examine) -> None:
    assert examine.codes(ClusterConf, {}, check_cluster_conf) == ["E011", "E011"]


def test_files_for_tls_are_asked_for(examine) -> None:
    examine.files = {"ca": b"1", "cert": b"2", "key": b"3"}
    https = {"RSCAList": ["ca"], "BFECertFile": "cert", "BFEKeyFile": "key"}
    entry = {"BackendConf": {"Protocol": "HTTPS"}, "HTTPSConf": https}
    assert len(check(examine, entry)) == 0


def test_authorities_are_not_asked_for_where_nothing_is_verified(examine) -> None:
    https = {"RSCAList": ["none"], "RSInsecureSkipVerify": True}
    entry = {"BackendConf": {"Protocol": "https"}, "HTTPSConf": https}
    assert len(check(examine, entry)) == 0


def test_a_certificate_without_its_key_is_doubted(examine) -> None:
    examine.files = {"cert": b"2"}
    entry = {"BackendConf": {"Protocol": "https"}, "HTTPSConf": {"BFECertFile": "cert"}}
    assert [finding.code for finding in check(examine, entry)] == ["W520"]
