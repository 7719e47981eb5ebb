import pytest

from bfe_py.condition.arguments import (
    Address,
    Addresses,
    ArgumentError,
    Buckets,
    Case,
    Hosts,
    Name,
    Patterns,
    Regex,
    Text,
    TimeOfDay,
    TimePoint,
)
from bfe_py.condition.folding import fold


def refusal(kind, text):
    with pytest.raises(ArgumentError) as caught:
        kind.parse(text)
    return caught.value.findings


def test_texts_and_names_are_taken_as_they_are():
    assert Text.parse("a|b") == Text("a|b")
    assert Name.parse("a|b").value == "a|b"
    assert (Text.LABEL, Name.LABEL) == ("text", "name")


def test_a_flag_is_whether_case_plays_a_part():
    assert Case.parse("true") is Case.INSENSITIVE
    assert Case.parse("false") is Case.SENSITIVE


@pytest.mark.parametrize(
    ("text", "values"),
    [("", ("",)), ("a", ("a",)), ("a|", ("a", "")), (" a||b ", (" a", "", "b "))],
)
def test_lists_are_split_and_not_trimmed(text, values):
    assert Patterns.parse(text).values == values


def test_lists_are_folded_on_demand():
    patterns = Patterns.parse("a|ß")
    assert patterns.for_case(Case.SENSITIVE) == ("a", "ß")
    assert patterns.for_case(Case.INSENSITIVE) == ("A", fold("ß"))


def test_hosts_have_no_ports():
    assert Hosts.parse("a|b").values == ("a", "b")
    first, second, third = refusal(Hosts, "a:80|ok|:x|[::1]")
    assert first.reference == "port should not be included in host(a:80)"
    assert (first.start, first.end, first.suggestion) == (0, 4, "a")
    assert 'req_port_in("80")' in first.expected
    assert (second.start, second.end, second.suggestion) == (8, 10, "")
    assert "req_port_in" not in second.expected
    assert third.suggestion == ""


def test_a_pattern_is_compiled():
    regex = Regex.parse("^a")
    assert (regex.pattern, regex.test("ab"), regex.test("ba")) == ("^a", True, False)
    (finding,) = refusal(Regex, "(")
    assert finding.reference == "compile regexp err error parsing regexp: missing closing ): `(`"
    assert finding.end == -1


def test_buckets_are_ranges():
    assert Buckets.parse("5|1-3|4").ranges == ((1, 5),)
    findings = refusal(Buckets, "1|x|10000")
    assert [(each.start, each.end) for each in findings] == [(2, 3), (4, 9)]


def test_addresses_are_read():
    assert Address.parse("::1").value == 1
    assert Addresses.parse("::1|::2").values == {1, 2}
    (network,) = refusal(Address, "10.0.0.0/8")
    assert network.reference == "invalid IP addr string:10.0.0.0/8"
    assert '"10.0.0.0", "10.255.255.255"' in network.expected
    empty, host = refusal(Addresses, "|::1|x")
    assert (empty.start, empty.end) == (0, 0)
    assert (host.start, host.end) == (5, 6)


def test_times_are_read():
    assert TimePoint.parse("19700101000001Z").seconds == 1
    assert TimeOfDay.parse("000001A") == TimeOfDay(1, 3600, "000001A")
    (point,) = refusal(TimePoint, "x")
    assert point.reference == "{parameter}Time format invalid, err:invalid time string:x, err:EOF"
    (day,) = refusal(TimeOfDay, "x")
    assert day.reference == point.reference
