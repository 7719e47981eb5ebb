import pytest

from bfe_py.condition import RequestSketch, compile_condition

CLEAR = RequestSketch(method="Get")
SECURE = RequestSketch(is_secure=True, protocol="h2")


@pytest.mark.parametrize(
    ("text", "clear", "secure"),
    [
        ("default_t()", True, True),
        ('req_method_in("POST|GET")', True, True),
        ('req_method_in("GE")', False, False),
        ('req_proto_match("http/1.1")', True, False),
        ('req_proto_match("H2")', False, True),
        ('req_proto_match("http/1.1|h2")', False, False),
        ("req_proto_secure()", False, True),
    ],
)
def test_method_and_protocol(text, clear, secure):
    condition = compile_condition(text)
    assert (condition.matches(CLEAR), condition.matches(SECURE)) == (clear, secure)
