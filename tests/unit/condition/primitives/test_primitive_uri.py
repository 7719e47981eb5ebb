import pytest

from bfe_py.condition import RequestSketch, compile_condition

FACTS = RequestSketch.decode(
    {"host": "Www.Example.org:8443", "host_tag": "Tag", "path": "/Api/v1%20x", "query": "a=b"}, 0.0
)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('req_host_in("x|WWW.example.org")', True),
        ('req_host_in("example.org")', False),
        ('req_host_suffix_in(".EXAMPLE.org")', True),
        ('req_host_suffix_in(".com")', False),
        ("req_host_regmatch(`^Www`)", True),
        ("req_host_regmatch(`^www`)", False),
        ('req_host_tag_in("tAG")', True),
        ('req_port_in("80|8443")', True),
        ('req_port_in("08443")', False),
        ('req_path_in("/Api/v1 x", false)', True),
        ('req_path_in("/api/v1 x", false)', False),
        ('req_path_in("/api/v1 X", true)', True),
        ('req_path_prefix_in("/Ap", false)', True),
        ('req_path_prefix_in("/ap", false)', False),
        ('req_path_prefix_in("/ap", true)', True),
        ('req_path_element_prefix_in("/Api", false)', True),
        ('req_path_element_prefix_in("/Ap", false)', False),
        ('req_path_suffix_in(" x", false)', True),
        ('req_path_suffix_in("X", true)', True),
        ('req_path_contain("V1", false)', False),
        ('req_path_contain("V1", true)', True),
        ("req_path_regmatch(`v\\d x$`)", True),
        ("req_url_regmatch(`%20x\\?a=b$`)", True),
    ],
)
def test_host_port_path_and_target(text, wanted):
    assert compile_condition(text).matches(FACTS) is wanted


def test_hosts_that_are_not_ascii_are_folded_simply():
    facts = RequestSketch(host="straße.example")
    assert compile_condition('req_host_in("STRAßE.EXAMPLE")').matches(facts)
    assert not compile_condition('req_host_in("STRASSE.EXAMPLE")').matches(facts)
