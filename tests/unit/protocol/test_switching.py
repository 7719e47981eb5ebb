"""Who may ask for another protocol, and which answer agrees (RFC 9110 section 7.8)."""

import pytest

from bfe_py.model import Fault, Headers, Kind, RequestHead, ResponseHead
from bfe_py.protocol import admit_switch, is_websocket, settle_upgrade

UPGRADE = frozenset({b"upgrade"})


def asking(*upgrades: bytes, **changes: object) -> RequestHead:
    headers = Headers([(b"Host", b"h"), *[(b"Upgrade", value) for value in upgrades]])
    request = RequestHead(b"GET", b"/", headers, options=UPGRADE | {b"keep-alive"})
    for name, value in changes.items():
        setattr(request, name, value)
    return request


@pytest.mark.parametrize(
    ("upgrades", "kept"),
    [
        ([b"websocket"], [b"websocket"]),
        ([b"WebSocket"], [b"WebSocket"]),
        ([b"chat/1.0 , other"], [b"chat/1.0 , other"]),  # as it is written
        ([b"chat", b"other"], [b"chat", b"other"]),
        ([b"chat, , other,"], [b"chat, , other,"]),
        ([b"h2c, websocket"], []),  # all or nothing
        ([b"chat", b"H2C"], []),
        ([b"HTTP/2.0,other"], []),
        ([b"TLS/1.2, HTTP/1.1"], []),
        ([b"h2c"], []),
        ([b"h3, https/1"], []),
        ([b""], []),
        ([b" , "], []),
        ([], []),
        ([b"two words"], []),
        ([b"a/b/c"], []),
        ([b"chat/"], []),
        ([b"chat, two words"], []),
    ],
)
def test_protocols_that_end_http_are_passed_on(upgrades: list[bytes], kept: list[bytes]) -> None:
    request = asking(*upgrades)
    settle_upgrade(request)
    assert request.headers.get_all(b"upgrade") == kept
    assert request.options == {b"keep-alive"} | (UPGRADE if kept else set())


@pytest.mark.parametrize(
    "changes",
    [
        {"method": b"POST"},
        {"method": b"HEAD"},
        {"version": b"1.0"},
        {"version": b"2"},
        {"body_length": 1},
        {"body_length": None},
    ],
)
def test_other_requests_are_plain_ones(changes: dict[str, object]) -> None:
    request = asking(b"websocket", **changes)
    settle_upgrade(request)
    assert b"upgrade" not in request.headers
    assert request.options == {b"keep-alive"}


@pytest.mark.parametrize(
    ("request_head", "expected"),
    [
        (asking(b"WebSocket"), True),
        (asking(b"websocket, chat"), False),
        (asking(), False),
        (asking(b"websocket", options=frozenset()), False),
    ],
)
def test_websocket_is_one_protocol_of_many(request_head: RequestHead, expected: bool) -> None:
    assert is_websocket(request_head) == expected


def agreeing(*upgrades: bytes) -> ResponseHead:
    fields = [
        (b"Connection", b"Upgrade, X-Hop"),
        (b"Keep-Alive", b"1"),
        (b"X-Hop", b"1"),
        *[(b"Upgrade", value) for value in upgrades],
        (b"X-End", b"2"),
    ]
    return ResponseHead(101, Headers(fields), options=frozenset({b"upgrade", b"x-hop"}))


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        (b"websocket", b"websocket"),
        (b"WebSocket", b"websocket"),
        (b"chat/1, chat/2", b"chat/2"),
        (b"chat, other", b"other, chat"),
    ],
)
def test_a_101_keeps_upgrade_and_what_is_for_the_client(asked: bytes, named: bytes) -> None:
    response = agreeing(named)
    admit_switch(asking(asked), response)
    assert list(response.headers) == [(b"Upgrade", named), (b"X-End", b"2")]
    assert response.options == frozenset()


@pytest.mark.parametrize(
    ("named", "detail"),
    [
        ([], "switch-unnamed"),
        ([b""], "switch-unnamed"),
        ([b"chat/2"], "switch-unoffered"),
        ([b"chat/1, other"], "switch-unoffered"),
    ],
)
def test_a_101_names_a_protocol_that_was_asked_for(named: list[bytes], detail: str) -> None:
    with pytest.raises(Fault) as caught:
        admit_switch(asking(b"chat/1"), agreeing(*named))
    assert caught.value.kind is Kind.BAD_RESPONSE
    assert caught.value.detail == detail
    assert caught.value.request_sent
