import pytest

from bfe_py.config.next_protocols import (
    NextProtocol,
    NextProtocolError,
    parse_protocol,
    parse_protocols,
)


@pytest.mark.parametrize(
    ("item", "protocol"),
    [
        ("http/1.1", NextProtocol("http/1.1")),
        ("spdy/3.1", NextProtocol("spdy/3.1")),
        ("h2;", NextProtocol("h2")),
        (
            "h2;level=0;mcs=128;isw=262144;rate=50",
            NextProtocol("h2", streams=128, window=262144, rate=50),
        ),
        ("h2&rate=%2B10&mcs=1", NextProtocol("h2", rate=10, streams=1)),
        ("h2;rate=%31%30", NextProtocol("h2", rate=10)),
        ("h2;level=1;rate=100", NextProtocol("h2", level=1)),
        ("stream;level=2;pp=2", NextProtocol("stream", level=2, proxy=2)),
    ],
)
def test_an_item_is_a_protocol_with_parameters(item: str, protocol: NextProtocol) -> None:
    assert parse_protocol(item) == protocol


@pytest.mark.parametrize(
    "item",
    [
        "",
        "h3",
        "H2",
        "h2;rate=101",
        "h2;rate=-1",
        "h2;level=3",
        "h2;mcs=0",
        "h2;isw=1000",
        "h2;isw=262145",
        "h2;pp=1",
        "stream;pp=3",
        "h2;foo=1",
        "h2;rate=1;rate=1",
        "h2;rate=x",
        "h2;rate",
        "h2;level=1;rate=50",
        "http/1.1;rate=50",
        "h2;mcs=99999999999999999999",
    ],
)
def test_other_items_are_refused(item: str) -> None:
    with pytest.raises(NextProtocolError):
        parse_protocol(item)


@pytest.mark.parametrize(
    "items",
    [[], ["http/1.1"], ["h2", "h2;rate=10", "http/1.1"], ["stream;level=2"], ["h2;level=2"]],
)
def test_lists_that_go_together(items: list[str]) -> None:
    assert parse_protocols(items) == tuple(parse_protocol(item) for item in items)


@pytest.mark.parametrize(
    "items",
    [["h2"], ["h2", "spdy/3.1"], ["stream;level=2", "http/1.1"], ["http/1.1", "http/1.1"], ["h3"]],
)
def test_other_lists_are_refused(items: list[str]) -> None:
    with pytest.raises(NextProtocolError):
        parse_protocols(items)


def test_a_refusal_says_what_would_be_right() -> None:
    with pytest.raises(NextProtocolError) as caught:
        parse_protocol("h2;isw=1000")
    assert (str(caught.value), caught.value.expected) == ("isw is 1000", "65535 to 262144")
