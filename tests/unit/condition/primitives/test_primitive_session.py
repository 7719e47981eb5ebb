import pytest

from bfe_py.condition import RequestSketch, compile_condition

TLS = {"client_auth": True, "client_ca": "ca1"}
FULL = RequestSketch.decode({"scheme": "https", "sni": "A.example", "tls": TLS}, 0.0)
EMPTY = RequestSketch.decode(
    {"scheme": "https", "sni": "", "tls": {"client_auth": True, "client_ca": ""}}, 0.0
)
UNASKED = RequestSketch(is_secure=True, client_authority="ca1")


@pytest.mark.parametrize(
    ("text", "full", "empty", "unasked"),
    [
        ('ses_tls_sni_in("x|a.EXAMPLE|")', True, False, False),
        ("ses_tls_client_auth()", True, True, False),
        ('ses_tls_client_ca_in("ca1|")', True, False, False),
        ('ses_tls_client_ca_in("CA1")', False, False, False),
    ],
)
def test_what_tls_told(text, full, empty, unasked):
    matches = compile_condition(text).matches
    assert (matches(FULL), matches(EMPTY), matches(UNASKED)) == (full, empty, unasked)
