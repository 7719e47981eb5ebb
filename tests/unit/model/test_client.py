import pytest

from bfe_py.model import Headers, client_address
from tests.kit.modules import make_session


# X-Real-Ip, X-Real-Port, X-Forwarded-For, X-Forwarded-Port -> client as a trusted peer names it
@pytest.mark.parametrize(
    ("real_ip", "real_port", "forwarded_for", "forwarded_port", "client"),
    [
        (None, None, None, None, None),
        (b"9.9.9.9", None, None, None, "9.9.9.9:0"),
        (b"9.9.9.9", b"99", None, None, "9.9.9.9:99"),
        (b"9.9.9.9", b"junk", None, None, "9.9.9.9:0"),
        (b"9.9.9.9", b"70000", None, None, "9.9.9.9:0"),
        (b"9.9.9.9", b"123456", None, None, "9.9.9.9:0"),
        (b"junk", None, b"8.8.8.8", None, None),
        (b"\xff", None, None, None, None),
        (b"2001:db8::9", None, None, None, "[2001:db8::9]:0"),
        (None, None, b"8.8.8.8", None, "8.8.8.8:0"),
        (None, None, b"8.8.8.8, 7.7.7.7", b"1, 2", "8.8.8.8:1"),
        (b"", None, b"8.8.8.8", None, "8.8.8.8:0"),
        (b"9.9.9.9", None, b"8.8.8.8", b"1", "9.9.9.9:0"),
        (None, b"99", b"8.8.8.8", None, "8.8.8.8:0"),
        (None, None, b" , 8.8.8.8", None, None),
        (None, None, b"8.8.8.8:80", None, None),
    ],
)
def test_a_trusted_peer_says_who_the_client_is(
    real_ip, real_port, forwarded_for, forwarded_port, client
):
    names = (b"X-Real-Ip", b"X-Real-Port", b"X-Forwarded-For", b"X-Forwarded-Port")
    values = (real_ip, real_port, forwarded_for, forwarded_port)
    headers = Headers((n, v) for n, v in zip(names, values, strict=True) if v is not None)

    found = client_address(make_session("10.1.0.5:4321", is_trusted=True), headers)

    assert (None if found is None else str(found)) == client


def test_the_word_of_any_other_peer_does_not_count():
    session = make_session("10.1.1.0:4321")

    assert client_address(session, Headers([(b"X-Real-Ip", b"9.9.9.9")])) is session.peer
