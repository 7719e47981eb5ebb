import pytest

from bfe_py.condition.parse import parse_condition
from bfe_py.condition.reasons import observe
from bfe_py.condition.sketch import RequestSketch

FACTS = RequestSketch.decode(
    {
        "host": "www.example.org",
        "path": "/api/x/",
        "query": "a=abc",
        "headers": [["Authorization", "Basic QQ=="], ["X-A", "v\udcff"], ["X-Long", "y" * 500]],
        "cookies": {"uid": "secret"},
        "client_ip": "10.1.2.3",
        "tags": {"t": ["v:1", "w"]},
        "response": {"status": 200, "headers": [["Set-Cookie", "a=b"]]},
    },
    1.7e9,
)


@pytest.mark.parametrize(
    ("text", "result", "value", "why"),
    [
        (
            'req_host_in("a|WWW.example.org")',
            True,
            "www.example.org",
            '"www.example.org" equals "WWW.example.org"',
        ),
        (
            'req_host_in("www")',
            False,
            "www.example.org",
            '"www.example.org" equals none of the patterns; the value only starts with "WWW"',
        ),
        (
            'req_host_suffix_in(".ORG")',
            True,
            "www.example.org",
            '"www.example.org" ends with ".ORG"',
        ),
        (
            'req_path_in("/api/x", false)',
            False,
            "/api/x/",
            '"/api/x/" equals none of the patterns; only the final slash differs',
        ),
        (
            'req_path_in("/API/x/", false)',
            False,
            "/api/x/",
            '"/api/x/" equals none of the patterns; only the case of the letters differs',
        ),
        (
            'req_path_in(" /api/x/ ", false)',
            False,
            "/api/x/",
            '"/api/x/" equals none of the patterns; the pattern has blanks at its ends',
        ),
        ('req_path_in("", false)', False, "/api/x/", '"/api/x/" equals none of the patterns'),
        ('req_path_prefix_in("/API", true)', True, "/api/x/", '"/api/x/" starts with "/API"'),
        (
            'req_path_element_prefix_in("/api", false)',
            True,
            "/api/x/",
            '"/api/x/" starts with the elements of "/api"',
        ),
        (
            'req_path_element_prefix_in("/ap/", false)',
            False,
            "/api/x/",
            '"/api/x/" starts with the elements of none of the patterns',
        ),
        ('req_path_contain("pi", false)', True, "/api/x/", '"/api/x/" contains "pi"'),
        ("req_path_regmatch(`^/api`)", True, "/api/x/", '"/api/x/" fits'),
        ("req_path_regmatch(`^api`)", False, "/api/x/", '"/api/x/" does not fit'),
        ('req_proto_match("h2")', False, "HTTP/1.1", '"HTTP/1.1" does not fit'),
        ('req_cip_range("10.0.0.0", "10.0.0.9")', False, "10.1.2.3", '"10.1.2.3" does not fit'),
        ('req_cip_hash_in("605")', True, "10.1.2.3", '"10.1.2.3" falls into bucket 605'),
        ('req_query_value_hash_in("a", "0", true)', False, "abc", '"abc" falls into bucket 9575'),
        ('req_vip_in("10.0.0.1")', False, None, "there is no value, which never matches"),
        (
            'req_query_value_in("b", "", false)',
            True,
            None,
            "there is no value, which reads as empty",
        ),
        ("req_query_exist()", True, "a", "found a"),
        ('req_query_key_in("b")', False, "a", "found a"),
        ('req_header_key_in("X-B")', False, "", "found none"),
        ('req_tag_match("t", "v")', True, "v:1, w", "found v:1, w"),
        (
            'req_cookie_value_in("uid", "secret", false)',
            True,
            "<6 characters>",
            "the value is not shown",
        ),
        (
            'req_header_value_in("authorization", "x", false)',
            False,
            "<10 characters>",
            "the value is not shown",
        ),
        (
            'res_header_value_in("Set-Cookie", "a=b", false)',
            True,
            "<3 characters>",
            "the value is not shown",
        ),
        (
            'req_header_value_in("X-A", "v", false)',
            False,
            "v\\xff",
            '"v\\xff" equals none of the patterns; the value only starts with "v"',
        ),
        ("default_t()", True, None, ""),
        ("req_proto_secure()", False, None, ""),
        (
            'bfe_time_range("20200101000000Z", "20210101000000Z")',
            False,
            "1700000000.0",
            "found 1700000000.0",
        ),
        (
            'req_vip_range("10.0.0.0", "10.0.0.9")',
            False,
            None,
            "there is no value, which never matches",
        ),
    ],
)
def test_a_primitive_tells_what_it_saw_and_why(text, result, value, why):
    observed = observe(parse_condition(text), FACTS)
    assert (observed.result, observed.value, observed.why) == (result, value, why)


def test_long_values_are_cut():
    observed = observe(parse_condition('req_header_value_prefix_in("X-Long", "y", false)'), FACTS)
    assert observed.value == "y" * 200 + "..."


def test_a_value_that_is_always_there_may_still_be_unknown():
    facts = RequestSketch(protocol=None)
    observed = observe(parse_condition('req_tag_match("t", "v")'), facts)
    assert observed.why == "found none"
