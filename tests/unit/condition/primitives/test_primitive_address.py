import pytest

from bfe_py.condition import ConditionError, RequestSketch, compile_condition

KNOWN = RequestSketch.decode(
    {"client_ip": "10.1.2.3", "socket_ip": "10.0.0.2", "vip": "2001:db8::1", "trusted": True}, 0.0
)
UNKNOWN = RequestSketch()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('req_cip_range("10.1.2.3", "10.1.2.3")', True),
        ('req_cip_range("10.1.2.4", "10.1.2.5")', False),
        ('req_cip_hash_in("605")', True),
        ('req_cip_hash_in("606")', False),
        ("req_cip_trusted()", True),
        ('req_vip_in("10.0.0.1|2001:DB8::1")', True),
        ('req_vip_in("10.0.0.1")', False),
        ('req_vip_range("2001:db8::", "2001:db8::f")', True),
        ('ses_vip_range("2001:db8::2", "2001:db8::f")', False),
        ('ses_sip_range("10.0.0.1", "10.0.0.3")', True),
    ],
)
def test_addresses(text, wanted):
    condition = compile_condition(text)
    assert condition.matches(KNOWN) is wanted
    assert condition.matches(UNKNOWN) is False


def test_the_second_end_is_at_fault():
    text = 'req_cip_range("1.1.1.1", "1.1.1.0")'
    with pytest.raises(ConditionError) as caught:
        compile_condition(text)
    (problem,) = caught.value.problems
    assert text[problem.start : problem.end] == '"1.1.1.0"'
