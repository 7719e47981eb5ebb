import pytest

from bfe_py.observe import (
    Environment,
    TemplateError,
    check_request_template,
    check_session_template,
    compile_request_line,
    compile_session_line,
)
from tests.kit.modules import ManualClock, make_exchange, make_response, make_session


def request_line(template, exchange, *, is_compatible=False):
    return compile_request_line(template, Environment(ManualClock(), is_compatible))(exchange)


def session_line(template, session):
    return compile_session_line(template, Environment(ManualClock()))(session)


@pytest.mark.parametrize(
    ("template", "line"),
    [
        ("S", b"S\n"),
        ("$host", b"log.test\n"),
        ("$host_x", b"log.test_x\n"),
        ("lit_$host_x|$vip$vip", b"lit_log.test_x|--\n"),
        ("${User-Agent}req_header|", b"ua q|\n"),
        ("${}host", b"log.test\n"),
        ("${any}req_nth", b"1\n"),
        ("$req_header", b"itself\n"),
        ("100%|$host|%b|%s", b"100%|log.test|%b|%s\n"),
        ("ö $host", "ö log.test\n".encode()),
    ],
)
def test_text_and_variables_make_a_line(template, line):
    fields = [(b"User-Agent", b"ua q"), (b"req_header", b"itself")]

    assert request_line(template, make_exchange(headers=fields, host=b"log.test")) == line


# template of a request, offset of what is wrong, part of the message
@pytest.mark.parametrize(
    ("template", "offset", "message"),
    [
        ("a $", 2, "no variable behind it"),
        ("${K", 1, "no }"),
        ("${K}", 3, "no variable behind it"),
        ("$nope", 1, "no variable $nope"),
        ("x $$host", 3, "no variable behind $"),
        ("$ho", 1, "did you mean $host?"),
        ("${K}req_headre", 4, "did you mean $req_header?"),
        ("$ses_error", 1, "variable of SessionTemplate"),
    ],
)
def test_a_template_that_is_none_is_refused_with_its_place(template, offset, message):
    with pytest.raises(TemplateError, match=r"\(at character \d+\)$") as caught:
        request_line(template, make_exchange())

    assert caught.value.offset == offset
    assert message in caught.value.message


@pytest.mark.parametrize("template", ["COMMON", "COMBINED", "JSON", "$time"])
def test_a_template_can_be_checked_without_a_clock(template):
    check_request_template(template)
    check_session_template("JSON")
    check_session_template("$time")
    with pytest.raises(TemplateError):
        check_request_template("$ses_error")
    with pytest.raises(TemplateError):
        check_session_template("$host")


def test_a_request_variable_is_none_of_a_session():
    with pytest.raises(TemplateError, match="variable of RequestTemplate"):
        session_line("$host", make_session())


def test_common_and_combined_are_templates_for_requests():
    exchange = make_exchange(
        target=b"/p?q=1",
        headers=[(b"User-Agent", b"u")],
        host=b"log.test",
        response=make_response(200),
    )
    exchange.response_bytes = 131

    common, combined = request_line("COMMON", exchange), request_line("COMBINED", exchange)

    assert common.startswith(b"log.test - - [")
    assert common.endswith(b'] "GET /p?q=1 HTTP/1.1" 200 131\n')
    assert combined == common[:-1] + b' "-" "u"\n'
    assert session_line("COMMON", make_session()) == b"COMMON\n"


# what a peer sent, how a line shows it, how a line of BFE shows it
FOREIGN = [
    (b"plain /a?b=c&d=%22", b"plain /a?b=c&d=%22", b"plain /a?b=c&d=%22"),
    (b"a\r\nb\tc\x7f", rb"a\x0d\x0ab\x09c\x7f", rb"a\x0d\x0ab\x09c\x7f"),
    (b'x" 200 0 "', rb"x\" 200 0 \"", b'x" 200 0 "'),
    (b"x\\", rb"x\\", b"x\\"),
    (rb"\" \x0a", rb"\\\" \\x0a", rb"\" \x0a"),
    (b"\xc3\xb6 \x80\xff\x00", rb"\xc3\xb6 \x80\xff\x00", b"\xc3\xb6 \x80\xff" + rb"\x00"),
]
# templates with text that would be escaped if a peer had sent it
TEMPLATES = ["%b", '"%b" "-"', "%b\t%b", 'ö\\\t"%b"']


@pytest.mark.parametrize("layout", TEMPLATES)
@pytest.mark.parametrize(("sent", "shown", "shown_compatibly"), FOREIGN)
def test_what_a_peer_sent_cannot_be_taken_for_anything_else_in_a_line(
    layout, sent, shown, shown_compatibly
):
    exchange = make_exchange()
    line_of_peer = (b"user-agent", b"User-Agent", sent, b"")  # no codec lets all of these pass
    exchange.request.headers.add_lines([line_of_peer])
    template = layout.replace("%b", "${User-Agent}req_header")
    around = layout.encode() + b"\n"

    line = request_line(template, exchange)
    compatible = request_line(template, exchange, is_compatible=True)

    assert line == around.replace(b"%b", shown)
    assert compatible == around.replace(b"%b", shown_compatibly)


def test_what_was_configured_keeps_its_letters_beside_what_a_peer_sent():
    exchange = make_exchange(headers=[(b"User-Agent", b'"')])
    exchange.tenant, exchange.cluster = "ö", "a\tb"

    line = request_line("$product $cluster_name ${User-Agent}req_header", exchange)

    assert line == 'ö a\\x09b \\"\n'.encode()


def test_combined_keeps_its_quotes_whatever_a_peer_sends():
    fields = [(b"User-Agent", b'u" "x'), (b"Referer", b"r\\")]
    exchange = make_exchange(target=b'/"', headers=fields, host=b"log.test")

    line = request_line("COMBINED", exchange)

    assert b'"GET /\\" HTTP/1.1" ' in line
    assert line.endswith(rb' "r\\" "u\" \"x"' + b"\n")


def test_a_session_has_a_line_of_its_own():
    assert session_line("S|$ses_clientip", make_session()) == b"S|127.0.0.1:1234\n"


def test_why_a_connection_ended_cannot_break_its_line():
    session = make_session()
    session.fault_code, session.fault_detail = "CLIENT_TLS", 'a "b"\n'

    assert (
        session_line("$ses_error|$ses_overhead", session) == rb"CLIENT_TLS,a \"b\"\x0a|0s" + b"\n"
    )
