"""Values of statements: hosts, addresses, names, numbers, durations, texts, statuses."""

import pytest
from lark import Token

from bfe_py.config.findings import Report
from bfe_py.config.rules_file import hosts, values
from bfe_py.config.rules_file.remarks import Remarks
from bfe_py.config.text import Text


class Reading:
    """Reads one value that is the whole document."""

    def __init__(self, text: str) -> None:
        self.report = Report()
        self.remarks = Remarks(Text("x.rules", text), self.report)
        self.token = Token("ANY", text, 0, end_pos=len(text))


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("shop.example", "shop.example"),
        ("SHOP.Example.", "shop.example"),
        ("*", "*"),
        ("*.shop.example", "*.shop.example"),
        ("localhost", "localhost"),
        ("192.0.2.1", "192.0.2.1"),
        ("xn--mlaut-jva.example", "xn--mlaut-jva.example"),
        ("_dmarc.a_b.example", "_dmarc.a_b.example"),
        ("a" * 63 + ".example", "a" * 63 + ".example"),
    ],
)
def test_a_host_is_read_in_lower_case(text: str, host: str) -> None:
    reading = Reading(text)

    assert hosts.read_host(reading.token, reading.remarks) == host
    assert reading.report.ok


@pytest.mark.parametrize(
    ("text", "code", "message", "hint"),
    [
        ("shop.example:80", "E700", "has a port", 'did you mean "shop.example"?'),
        ("!:80", "E700", "has a port", ""),
        ("shop.example/a", "E700", "has a path", 'did you mean "shop.example"?'),
        ("/a", "E700", "has a path", ""),
        ("*.shop.example/", "E700", "has a path", 'did you mean "*.shop.example"?'),
        ("http:", "E700", "is a scheme", ""),
        ("https:", "E700", "is a scheme", ""),
        ("[::1]", "E700", "is an IPv6 address", ""),
        ("a.*.example", "E107", "has a star", ""),
        ("*shop.example", "E107", "has a star", ""),
        ("*.*.example", "E107", "has a star", ""),
        ("ümlaut.example", "E700", "is not in ASCII", 'did you mean "xn--mlaut-jva.example"?'),
        ("ü..example", "E700", "is not in ASCII", ""),
        ("-a.example", "E700", "is not a host name", ""),
        ("a..example", "E700", "is not a host name", ""),
        ("*.", "E107", "has a star", ""),
        ("a" * 64 + ".example", "E700", "is not a host name", ""),
        (".".join(["a" * 50] * 6), "E700", "is not a host name", ""),
        ("shop_.ex$ample", "E700", "is not a host name", ""),
    ],
)
def test_what_is_no_host_is_told_why(text: str, code: str, message: str, hint: str) -> None:
    reading = Reading(text)

    assert hosts.read_host(reading.token, reading.remarks) is None
    [finding] = reading.report
    assert finding.message.startswith(f"`{text}` {message}")
    assert (finding.code, finding.hint) == (code, hint)
    assert finding.expected
    assert (finding.column, finding.end_column) == (1, min(len(text), 160) + 1)


VALUES = [
    (values.read_identifier, "web", "web"),
    (values.read_identifier, "_A.b-9", "_A.b-9"),
    (values.read_identifier, "9", "9"),
    (values.read_milliseconds, "1ms", 1),
    (values.read_milliseconds, "250ms", 250),
    (values.read_milliseconds, "2s", 2000),
    (values.read_milliseconds, "1m", 60_000),
    (values.read_milliseconds, "24h", 86_400_000),
    (values.read_seconds, "2s", 2),
    (values.read_seconds, "2000ms", 2),
    (values.read_size, "500B", 500),
    (values.read_size, "64KiB", 65_536),
    (values.read_size, "10MiB", 10_485_760),
    (values.read_size, "2GiB", 2_147_483_648),
    (values.read_text, '"a b"', "a b"),
    (values.read_text, '""', ""),
    (values.read_text, r'"a\"b\\c"', r'a"b\c'),
    (values.read_text, r'"\\\\"', r"\\"),
    (values.read_text, r"`a\"b`", r"a\"b"),
    (values.read_filled_text, '"a"', "a"),
    (values.read_path, '"/ping?a=b"', "/ping?a=b"),
    (values.read_status, "200", 200),
    (values.read_status, "5xx", "5xx"),
    (values.read_ip, "192.0.2.1", "192.0.2.1"),
    (values.read_ip, "2001:DB8:0::1", "2001:db8::1"),
    (values.read_ip, "::ffff:192.0.2.1", "192.0.2.1"),
    (values.read_address, "10.0.0.1:80", ("10.0.0.1", 80)),
    (values.read_address, "Bj-1.Example:65535", ("bj-1.example", 65535)),
    (values.read_address, "[2001:DB8::1]:1", ("[2001:db8::1]", 1)),
]


@pytest.mark.parametrize(("read", "text", "value"), VALUES)
def test_a_value_is_read(read, text, value) -> None:
    reading = Reading(text)

    assert read(reading.token, reading.remarks) == value
    assert reading.report.ok


@pytest.mark.parametrize(
    ("read", "text", "message"),
    [
        (values.read_identifier, "-a", "`-a` is not a name"),
        (values.read_identifier, ".a", "`.a` is not a name"),
        (values.read_identifier, "a/b", "`a/b` is not a name"),
        (values.read_milliseconds, "2", "`2` is not a duration"),
        (values.read_milliseconds, "0s", "`0s` is not a duration"),
        (values.read_milliseconds, "25h", "`25h` is not a duration"),
        (values.read_milliseconds, "1.5s", "`1.5s` is not a duration"),
        (values.read_milliseconds, "1d", "`1d` is not a duration"),
        (values.read_seconds, "1500ms", "`1500ms` is not in whole seconds"),
        (values.read_seconds, "x", "`x` is not a duration"),
        (values.read_size, "2", "`2` is not a size"),
        (values.read_size, "0B", "`0B` is not a size"),
        (values.read_size, "2MB", "`2MB` is not a size"),
        (values.read_size, "1.5MiB", "`1.5MiB` is not a size"),
        (values.read_text, r'"\d"', "a backslash stands alone in the text"),
        (values.read_text, r'"\\\d"', "a backslash stands alone in the text"),
        (values.read_filled_text, '""', "the text is empty or has blanks"),
        (values.read_filled_text, '"a b"', "the text is empty or has blanks"),
        (values.read_filled_text, '"a\x7f"', "the text is empty or has blanks"),
        (values.read_filled_text, r'"\d"', "a backslash stands alone in the text"),
        (values.read_path, '"ping"', "this is not a path"),
        (values.read_path, '""', "the text is empty or has blanks"),
        (values.read_status, "600", "`600` is not a status"),
        (values.read_status, "2XX", "`2XX` is not a status"),
        (values.read_ip, "10.0.0.256", "`10.0.0.256` is not an IP address"),
        (values.read_ip, "fe80::1%eth0", "`fe80::1%eth0` is not an IP address"),
        (values.read_address, "10.0.0.1", "`10.0.0.1` is not the address of a backend"),
        (values.read_address, "10.0.0.1:0", "`10.0.0.1:0` is not the address of a backend"),
        (values.read_address, "10.0.0.1:65536", "`10.0.0.1:65536` is not the address of a backend"),
        (values.read_address, ":80", "`:80` is not the address of a backend"),
        (values.read_address, "2001:db8::1:80", "`2001:db8::1:80` is not the address of a backend"),
        (values.read_address, "[10.0.0.1]:80", "`[10.0.0.1]:80` is not the address of a backend"),
        (values.read_address, "[::x]:80", "`[::x]:80` is not the address of a backend"),
    ],
)
def test_what_is_no_value_is_reported(read, text: str, message: str) -> None:
    reading = Reading(text)

    assert read(reading.token, reading.remarks) is None
    [finding] = reading.report
    assert (finding.message, bool(finding.expected)) == (message, True)
    assert (finding.column, finding.end_column) == (1, len(text) + 1)


def test_a_number_without_a_unit_gets_both_suggested() -> None:
    reading = Reading("2")
    values.read_milliseconds(reading.token, reading.remarks)

    assert reading.report.findings[0].hint == "`2s` is seconds, `2ms` milliseconds"

    reading = Reading("2")
    values.read_size(reading.token, reading.remarks)

    assert reading.report.findings[0].hint == "`2B` is bytes, `2MiB` mebibytes"


@pytest.mark.parametrize(
    ("text", "count"), [("1", 1), ("007", 7), ("20", 20), ("0", None), ("21", None), ("+2", None)]
)
def test_a_number_lies_between_its_limits(text: str, count: int | None) -> None:
    reading = Reading(text)

    assert values.read_count(reading.token, reading.remarks, 1, 20) == count
    assert [one.expected for one in reading.report] == ([] if count else ["1 to 20"])


@pytest.mark.parametrize(("text", "weight"), [("0", 0), ("7", 7), ("1000000", 1_000_000)])
def test_a_weight_is_a_number_from_zero(text: str, weight: int) -> None:
    reading = Reading(text)

    assert values.read_weight(reading.token, reading.remarks) == weight
    assert reading.report.ok


def test_a_weight_that_is_not_written_is_one() -> None:
    assert values.read_weight(None, Reading("").remarks) == 1


def test_a_weight_that_is_wrong_is_reported() -> None:
    reading = Reading("many")

    assert values.read_weight(reading.token, reading.remarks) == 1
    assert [one.message for one in reading.report] == ["`many` is no number that may stand here"]
