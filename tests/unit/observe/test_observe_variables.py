import sys
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bfe_py.model import UNIX_PEER, Attempt, Fault, Kind
from bfe_py.observe import (
    CLIENT_RANDOM,
    H2_FINGERPRINT,
    JA3_HASH,
    JA3_RAW,
    REQUEST_VARIABLES,
    RULE_VARIABLES,
    SERVER_RANDOM,
    SESSION_VARIABLES,
    Environment,
)
from bfe_py.observe.variables.texts import (
    common_log_time,
    date_and_time,
    duration,
    escape_controls,
    milliseconds,
    per_second,
    timestamp,
    without_controls,
)
from tests.kit.modules import (
    ManualClock,
    make_address,
    make_exchange,
    make_response,
    make_session,
    make_tls,
)

START = 1000.0


def read(exchange, name, key=None, *, is_compatible=False, clock=None):
    environment = Environment(clock or ManualClock(), is_compatible)
    return REQUEST_VARIABLES[name].make(name if key is None else key, environment)(exchange)


def read_session(session, name):
    return SESSION_VARIABLES[name].make(name, Environment(ManualClock()))(session)


def forwarded(**changes):
    """An exchange that a backend answered, with a time for everything."""
    exchange = make_exchange(
        b"POST",
        b"/p?q=1",
        [(b"User-Agent", b"ua"), (b"Cookie", b"a=1; ck=val; empty=")],
        host=b"log.test:81",
        body=b"12345",
        tenant="prod",
        cluster="c0",
        response=make_response(
            200,
            [
                (b"content-type", b"text/plain"),
                (b"X-N", b"1"),
                (b"x-n", b"2"),
                (b"Set-Cookie", b"other=1"),
                (b"Set-Cookie", b'sid="abc"; Path=/'),
                (b"Set-Cookie", b"sid=later"),
            ],
        ),
    )
    exchange.sub_cluster = "sub"
    exchange.attempt = Attempt("c0", "sub", "b0", "10.0.0.1", 8080)
    exchange.attempt.started = exchange.attempt.connect_started = START + 0.010
    exchange.attempt.connect_ended = START + 0.013
    exchange.attempt.ended = START + 0.050
    times = exchange
    times.head_started, times.head_ended = START, START + 0.002
    times.cluster_started, times.cluster_ended = START + 0.009, START + 0.050
    times.response_started, times.response_ended = START + 0.051, START + 0.061
    exchange.response_bytes, exchange.response_body_bytes = 131, 14
    exchange.retries, exchange.nth, exchange.log_id = 2, 3, "abc"
    return exchange


# variable, key, value: spec of mod_access
@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("host", None, b"log.test:81"),
        ("req_uri", None, b"/p?q=1"),
        ("request_line", None, b"POST /p?q=1 HTTP/1.1"),
        ("url", None, b"http://10.0.0.1:8080/p?q=1"),
        ("req_header", "user-AGENT", b"ua"),
        ("req_header", "X-None", b"-"),
        ("req_cookie", "ck", b"val"),
        ("req_cookie", "empty", b""),
        ("req_cookie", "none", b"-"),
        ("req_body_len", None, b"5"),
        ("req_nth", None, b"3"),
        ("status_code", None, b"200"),
        ("res_len", None, b"131"),
        ("res_body_len", None, b"14"),
        ("res_header", "CONTENT-type", b"text/plain"),
        ("res_header", "X-N", b"1,2"),
        ("res_header", "X-None", b"-"),
        ("res_cookie", "sid", b"abc"),
        ("res_cookie", "other", b"1"),
        ("res_cookie", "none", b"-"),
        ("res_proto", None, b"HTTP/1.1"),
        ("redirect", None, b"-"),
        ("error", None, b"-"),
        ("product", None, b"prod"),
        ("cluster_name", None, b"c0"),
        ("subcluster", None, b"sub"),
        ("backend", None, b"c0,sub,10.0.0.1,b0"),
        ("retry_num", None, b"2"),
        ("remote_addr", None, b"127.0.0.1"),
        ("server_addr", None, b"127.0.0.1:8080"),
        ("vip", None, b"-"),
        ("log_id", None, b"abc"),
        ("is_trust_clientip", None, b"false"),
        ("read_req_duration", None, b"2"),
        ("cluster_duration", None, b"41"),
        ("last_backend_duration", None, b"40"),
        ("response_duration", None, b"10"),
        ("connect_time", None, b"3"),
        ("proxy_delay", None, b"7"),
    ],
)
def test_a_forwarded_exchange_has_every_value(name, key, value):
    assert read(forwarded(), name, key) == value
    assert read(forwarded(), name, key, is_compatible=True) == value


# variable, value of an exchange that never reached a backend and got no response
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("url", b"/"),
        ("status_code", b"-"),
        ("res_len", b"-"),
        ("res_body_len", b"0"),
        ("res_header", b"-"),
        ("res_cookie", b"-"),
        ("res_proto", b"-"),
        ("product", b"-"),
        ("cluster_name", b"-"),
        ("subcluster", b""),
        ("backend", b",,,"),
        ("cluster_duration", b"0"),
        ("last_backend_duration", b"0"),
        ("connect_time", b""),
        ("proxy_delay", b"-"),
        ("readwrite_serve_time", b"-"),
        ("write_serve_time", b"0"),
    ],
)
def test_what_never_happened_has_a_placeholder(name, value):
    assert read(make_exchange(), name) == value
    assert read(make_exchange(), name, is_compatible=True) == value


def test_times_up_to_now_are_read_from_the_clock():
    clock = ManualClock(START + 0.100)
    exchange = forwarded()
    exchange.session.started = clock.wall() - 1.5

    assert read(exchange, "all_time", clock=clock) == b"100"
    assert read(exchange, "readwrite_serve_time", clock=clock) == b"90"
    assert read(exchange, "write_serve_time", clock=clock) == b"50"
    assert read(exchange, "since_ses_start_time", clock=clock) == b"1500"


def test_bfe_takes_the_last_attempt_for_the_time_of_writing():
    clock = ManualClock(START + 0.100)

    assert read(forwarded(), "write_serve_time", clock=clock, is_compatible=True) == b"40"


# connect_started, connect_ended, ended -> connect_time
@pytest.mark.parametrize(
    ("started", "connected", "ended", "value"),
    [
        (0.0, 0.0, START, b"0"),  # reused
        (START, 0.0, START + 0.02, b"20"),  # failed
        (START, 0.0, 0.0, b"-"),
    ],
)
def test_a_connection_that_was_not_made_has_its_own_connect_time(started, connected, ended, value):
    exchange = forwarded()
    attempt = exchange.attempt
    attempt.connect_started, attempt.connect_ended, attempt.ended = started, connected, ended

    assert read(exchange, "connect_time") == value


def test_a_date_is_local_time_and_known_formats():
    exchange = make_exchange()
    exchange.started = 1_767_225_600.75
    shown = datetime.fromtimestamp(1_767_225_600).astimezone()

    assert read(exchange, "request_time") == shown.strftime("[%d/%b/%Y:%H:%M:%S %z]").encode()
    assert read(exchange, "time") == shown.strftime("%Y-%m-%d %H:%M:%S").encode()
    assert read_session(exchange.session, "time") == shown.strftime("%Y-%m-%d %H:%M:%S").encode()


def test_bodies_without_a_length_and_failed_attempts_count_nothing_for_bfe():
    chunked, failed, unsent = forwarded(), forwarded(), forwarded()
    chunked.request.body_length = None
    failed.attempt.fault = Fault(Kind.READ_RESPONSE)
    unsent.attempt = None

    for exchange in (chunked, failed, unsent):
        assert read(exchange, "req_body_len") == b"5"
        assert read(exchange, "req_body_len", is_compatible=True) == b"0"


def test_a_redirect_of_our_own_has_no_status_for_bfe():
    exchange = make_exchange(response=make_response(302, [(b"Location", b"https://to.test/")]))
    exchange.redirect = (b"https://to.test/", 302)
    exchange.response_bytes = 90

    assert read(exchange, "redirect") == b"https://to.test/,302"
    assert read(exchange, "status_code") == b"302"
    assert read(exchange, "res_len") == b"90"
    assert read(exchange, "res_header", "Location") == b"https://to.test/"
    for name in ("status_code", "res_len", "res_proto"):
        assert read(exchange, name, is_compatible=True) == b"-"
    assert read(exchange, "res_header", "Location", is_compatible=True) == b"-"
    assert read(exchange, "res_cookie", "a", is_compatible=True) == b"-"


# fault, as it is written, as BFE writes it
@pytest.mark.parametrize(
    ("fault", "ours", "bfe"),
    [
        (Fault(Kind.NO_TENANT, "nobody"), b"nobody", b"no product found"),
        (Fault(Kind.NO_ROUTE), b"", b"no rule match for this req"),
        (Fault(Kind.BLACKHOLE, "weight"), b"weight", b""),
        (Fault(Kind.CONNECT, "refused"), b"refused", b"refused"),
        (Fault(Kind.CONNECT), b"", b"connect"),
    ],
)
def test_a_fault_is_its_code_and_a_detail(fault, ours, bfe):
    exchange = make_exchange()
    exchange.fault = fault
    code = fault.code.encode()

    assert read(exchange, "error") == (code + b"," + ours if ours else code)
    assert read(exchange, "error", is_compatible=True) == (code + b"," + bfe if bfe else code)


# fault of a forwarded exchange -> protocol of its response
@pytest.mark.parametrize(
    ("kind", "protocol"),
    [
        (Kind.READ_RESPONSE, b""),
        (Kind.RESPONSE_BODY, b"HTTP/1.1"),
        (Kind.CLIENT_WRITE, b"HTTP/1.1"),
    ],
)
def test_a_response_of_our_own_has_no_protocol(kind, protocol):
    exchange = forwarded()
    exchange.fault = Fault(kind)

    assert read(exchange, "res_proto") == protocol


def test_a_response_of_a_module_has_no_protocol():
    assert read(make_exchange(response=make_response(403)), "res_proto") == b""


def test_http2_is_written_as_a_request_line():
    assert read(make_exchange(version=b"2"), "request_line") == b"GET / HTTP/2.0"


def test_an_absolute_target_is_that_of_the_backend_once_forwarded():
    exchange = make_exchange(target=b"http://log.test/abs?x", authority=b"log.test")

    assert read(exchange, "url") == b"/abs?x"
    exchange.attempt = Attempt("c", "s", "b", "10.0.0.1", 80)
    assert read(exchange, "url") == b"http://10.0.0.1:80/abs?x"
    assert read(exchange, "req_uri") == b"http://log.test/abs?x"


def test_a_vip_and_trust_are_shown():
    session = make_session("[2001:db8::1]:5", vip="192.0.2.1:80", is_trusted=True)
    exchange = make_exchange(session=session)

    assert read(exchange, "vip") == b"192.0.2.1"
    assert read(exchange, "is_trust_clientip") == b"true"
    assert read(exchange, "remote_addr") == b"2001:db8::1"
    assert read_session(session, "ses_clientip") == b"[2001:db8::1]:5"


def test_a_peer_without_an_address_is_unknown():
    exchange = make_exchange()
    session = exchange.session
    session.peer = session.local = UNIX_PEER

    assert read(exchange, "remote_addr") == b"-"
    assert read(exchange, "server_addr") == b"-"
    assert read_session(session, "ses_clientip") == b"-"


# --- sessions


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ses_clientip", b"127.0.0.1:1234"),
        ("ses_overhead", b"1m2.5s"),
        ("ses_read_total", b"10"),
        ("ses_write_total", b"20"),
        ("ses_keepalive_num", b"3"),
        ("ses_use100", b"true"),
        ("ses_is_secure", b"false"),
        ("ses_error", b"CLIENT_CLOSE,EOF"),
        ("ses_tls_client_random", b"-"),
        ("ses_tls_server_random", b"-"),
    ],
)
def test_a_session_has_every_value(name, value):
    session = make_session()
    session.ended = session.started + 62.5
    session.bytes_read, session.bytes_written, session.requests = 10, 20, 3
    session.used_continue = True
    session.fault_code, session.fault_detail = "CLIENT_CLOSE", "EOF"

    assert read_session(session, name) == value


def test_a_session_shows_when_it_began_and_ended():
    session = make_session()
    session.ended = session.started + 0.25

    began = datetime.fromisoformat(read_session(session, "ses_start_time").decode())
    ended = datetime.fromisoformat(read_session(session, "ses_end_time").decode())

    assert began.timestamp() == session.started
    assert ended - began == timedelta(milliseconds=250)


def test_a_session_without_a_fault_and_with_tls():
    session = make_session(tls=make_tls())
    session.notes[CLIENT_RANDOM], session.notes[SERVER_RANDOM] = b"\x01", b"\xff"

    assert read_session(session, "ses_error") == b"-"
    session.fault_code = "CLIENT_RESET"
    assert read_session(session, "ses_error") == b"CLIENT_RESET"
    assert read_session(session, "ses_is_secure") == b"true"
    assert read_session(session, "ses_tls_client_random") == b"01"
    assert read_session(session, "ses_tls_server_random") == b"ff"


# --- rules


def rule(exchange, name):
    return RULE_VARIABLES[name].read(exchange)


# variable, value in clear and in the ROUTE phase
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("bfe_client_ip", b"203.0.113.5"),
        ("bfe_cip", b"203.0.113.5"),
        ("bfe_client_port", b"4321"),
        ("bfe_request_host", b"header.test"),
        ("bfe_vip", b"198.51.100.1"),
        ("bfe_bip", b"10.0.0.9"),
        ("bfe_rip", b"127.0.0.1"),
        ("bfe_cluster", b"c0"),
        ("bfe_backend_info", b"ClusterName:c0,SubClusterName:,BackendName:()"),
        ("bfe_protocol", b"HTTP/1.1"),
        ("bfe_session_id", b"s1"),
        ("bfe_log_id", b"l1"),
        ("bfe_ssl_resume", b""),
        ("bfe_ssl_cipher", b""),
        ("bfe_ssl_version", b""),
        ("bfe_ssl_ja3_raw", b""),
        ("bfe_ssl_ja3_hash", b""),
        ("bfe_http2_fingerprint", b""),
        ("client_cert_serial_number", b""),
        ("client_cert_subject_common_name", b""),
        ("bfe_client_geo_city_name", b""),
        ("bfe_client_geo_latitude", b""),
    ],
)
def test_rule_variables_in_clear(name, value):
    session = make_session("203.0.113.5:4321", vip="198.51.100.1:80")
    session.balancer, session.session_id = make_address("10.0.0.9:7"), "s1"
    exchange = make_exchange(session=session, host=b"header.test", cluster="c0")
    exchange.log_id = "l1"

    assert rule(exchange, name) == value


def test_rule_variables_of_an_unknown_client_and_a_direct_connection():
    exchange = make_exchange()
    exchange.client = None

    assert rule(exchange, "bfe_client_ip") == rule(exchange, "bfe_client_port") == b""
    assert rule(exchange, "bfe_vip") == rule(exchange, "bfe_bip") == b"unknown"
    assert rule(exchange, "bfe_server_name")


def test_rule_variables_of_a_response():
    assert rule(forwarded(), "bfe_backend_info") == (
        b"ClusterName:c0,SubClusterName:sub,BackendName:b0(10.0.0.1)"
    )


def test_rule_variables_over_tls():
    session = make_session(tls=make_tls(alpn="h2"))
    session.notes |= {JA3_RAW: "771,1-2", JA3_HASH: "ab", H2_FINGERPRINT: "1:2|\r\n"}
    exchange = make_exchange(session=session)

    assert rule(exchange, "bfe_protocol") == b"h2"
    assert rule(exchange, "bfe_ssl_resume") == b"N"
    session.tls.is_resumed = True
    assert rule(exchange, "bfe_ssl_resume") == b"R"
    assert rule(exchange, "bfe_ssl_cipher") == b"TLS_AES_128_GCM_SHA256"
    assert rule(exchange, "bfe_ssl_version") == b"TLSv1.3"
    assert rule(exchange, "bfe_ssl_ja3_raw") == b"771,1-2"
    assert rule(exchange, "bfe_ssl_ja3_hash") == b"ab"
    assert rule(exchange, "bfe_http2_fingerprint") == b"1:2|"


def test_rule_variables_of_a_place():
    exchange = make_exchange()
    exchange.note("mod_geo.city_name", "Köln\n")

    assert rule(exchange, "bfe_client_geo_city_name") == "Köln".encode()


def certificate_der():
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "First"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Second"),
            x509.NameAttribute(NameOID.COMMON_NAME, "one"),
            x509.NameAttribute(NameOID.COMMON_NAME, "two\r\nX-Evil: 1"),
            x509.NameAttribute(NameOID.TITLE, "Dr"),
        ]
    )
    now = datetime(2026, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(4711)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.DER)


def test_rule_variables_of_a_client_certificate():
    tls = make_tls()
    tls.client_certificate = certificate_der()
    exchange = make_exchange(session=make_session(tls=tls))

    assert rule(exchange, "client_cert_serial_number") == b"4711"
    assert rule(exchange, "client_cert_subject_country") == b"DE"
    assert rule(exchange, "client_cert_subject_organization") == b"First"
    assert rule(exchange, "client_cert_subject_common_name") == b"twoX-Evil: 1"
    assert rule(exchange, "client_cert_subject_title") == b"Dr"
    assert rule(exchange, "client_cert_subject_locality") == b""


def test_without_the_package_for_certificates_their_fields_are_empty(monkeypatch):
    monkeypatch.setitem(sys.modules, "cryptography", None)
    tls = make_tls()
    tls.client_certificate = b"any"

    exchange = make_exchange(session=make_session(tls=tls))

    assert rule(exchange, "client_cert_serial_number") == b""


def test_a_certificate_that_is_none_has_no_fields():
    tls = make_tls()
    exchange = make_exchange(session=make_session(tls=tls))
    assert rule(exchange, "client_cert_serial_number") == b""

    tls.client_certificate = b"no certificate"

    assert rule(exchange, "client_cert_serial_number") == b""


# --- texts


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0s"),
        (-1.0, "0s"),
        (0.000000005, "5ns"),
        (0.000561383, "561.383µs"),
        (0.001594755, "1.594755ms"),
        (0.0015, "1.5ms"),
        (1.0, "1s"),
        (1.2, "1.2s"),
        (62.5, "1m2.5s"),
        (3600.0, "1h0m0s"),
        (3723.25, "1h2m3.25s"),
    ],
)
def test_a_duration_is_written_as_go_does(seconds, text):
    assert duration(seconds) == text.encode()


def test_control_characters_cannot_break_a_line():
    assert escape_controls(b"a\r\nb\x00\x7f\tc") == rb"a\x0d\x0ab\x00\x7f\x09c"
    assert escape_controls('ä "q" \\'.encode()) == 'ä "q" \\'.encode()
    assert without_controls("a\r\nb") == b"ab"


def test_milliseconds_are_whole_and_never_negative():
    assert milliseconds(1.0, 1.0019) == b"1"
    assert milliseconds(2.0, 1.0) == milliseconds(0.0, 5.0) == b"0"


def test_a_second_is_worked_out_once():
    asked = []
    text = per_second(lambda second: asked.append(second) or b"%d" % second)

    assert [text(5.1), text(5.9), text(6.0)] == [b"5", b"5", b"6"]
    assert asked == [5, 6]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/St_Johns"])
def test_zones_are_written_with_their_sign(zone, monkeypatch):
    import time

    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        local = datetime.fromtimestamp(1_767_225_600).astimezone()
        assert common_log_time(1_767_225_600) == local.strftime("[%d/%b/%Y:%H:%M:%S %z]").encode()
        assert date_and_time(1_767_225_600) == local.strftime("%Y-%m-%d %H:%M:%S").encode()
        assert datetime.fromisoformat(timestamp(1_767_225_600.5).decode()).timestamp() == (
            1_767_225_600.5
        )
    finally:
        monkeypatch.undo()
        time.tzset()


def test_every_variable_says_what_it_is():
    for table in (REQUEST_VARIABLES, SESSION_VARIABLES, RULE_VARIABLES):
        for name, variable in table.items():
            assert variable.name == name
            assert variable.help


def test_no_name_of_a_line_begins_with_another():
    names = [*REQUEST_VARIABLES, *(n for n in SESSION_VARIABLES if n not in REQUEST_VARIABLES)]

    assert not [(a, b) for a in names for b in names if a != b and b.startswith(a)]
