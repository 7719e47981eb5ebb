import msgspec

from bfe_py.model import Attempt, Fault, Kind
from bfe_py.observe import Environment, compile_request_line, compile_session_line
from tests.kit.modules import ManualClock, make_exchange, make_response, make_session, make_tls


def test_an_exchange_is_one_object_in_one_line():
    clock = ManualClock(1000.25)
    session = make_session(vip="192.0.2.1:80", tls=make_tls(alpn="h2"), is_trusted=True)
    exchange = make_exchange(
        b"GET",
        b"/\xff\n",
        [(b"Referer", b"r"), (b"User-Agent", b"u")],
        session=session,
        tenant="shop",
        cluster="web",
        response=make_response(302),
    )
    exchange.sub_cluster, exchange.redirect = "a", (b"/x", 302)
    exchange.attempt = Attempt("web", "a", "b0", "10.0.0.1", 80)
    exchange.fault = Fault(Kind.CLIENT_WRITE, "gone\udcff")
    exchange.head_started = 1000.0
    exchange.cluster_started, exchange.cluster_ended = 1000.1, 1000.2

    line = compile_request_line("JSON", Environment(clock))(exchange)

    assert line.count(b"\n") == 1
    assert msgspec.json.decode(line) == {
        "type": "request",
        "time": 1767225600.0,
        "client": "127.0.0.1",
        "peer": "127.0.0.1:1234",
        "server": "127.0.0.1:8080",
        "vip": "192.0.2.1",
        "method": "GET",
        "host": "example.test",
        "target": "/\ufffd\n",
        "protocol": "h2",
        "status": 302,
        "redirect": "/x",
        "seconds": 0.25,
        "upstream_seconds": 0.1,
        "tenant": "shop",
        "cluster": "web",
        "sub_cluster": "a",
        "backend": "10.0.0.1:80",
        "fault": "CLIENT_WRITE",
        "detail": "gone\ufffd",
        "referer": "r",
        "user_agent": "u",
        "tls_version": "TLSv1.3",
        "server_name": "example.test",
        "trusted": True,
    }


def test_what_an_exchange_does_not_have_is_left_out():
    exchange = make_exchange()
    exchange.client = None

    line = compile_request_line("JSON", Environment(ManualClock()))(exchange)

    assert msgspec.json.decode(line).keys() == {
        "type",
        "time",
        "peer",
        "server",
        "method",
        "host",
        "target",
        "protocol",
    }


def test_a_session_is_one_object_in_one_line():
    session = make_session(vip="192.0.2.1:80", tls=make_tls())
    session.ended = session.started + 1.5
    session.requests, session.bytes_read, session.bytes_written = 2, 3, 4
    session.session_id, session.fault_code, session.fault_detail = "s", "CLIENT_CLOSE", "EOF"

    line = compile_session_line("JSON", Environment(ManualClock()))(session)

    assert msgspec.json.decode(line) == {
        "type": "session",
        "time": 1767225600.0,
        "duration": "1.5s",
        "peer": "127.0.0.1:1234",
        "server": "127.0.0.1:8080",
        "vip": "192.0.2.1",
        "session_id": "s",
        "requests": 2,
        "read_bytes": 3,
        "written_bytes": 4,
        "tls_version": "TLSv1.3",
        "tls_cipher": "TLS_AES_128_GCM_SHA256",
        "server_name": "example.test",
        "fault": "CLIENT_CLOSE",
        "detail": "EOF",
    }


def test_a_session_in_clear_has_no_tls():
    line = compile_session_line("JSON", Environment(ManualClock()))(make_session())

    assert msgspec.json.decode(line).keys() == {"type", "time", "duration", "peer", "server"}
