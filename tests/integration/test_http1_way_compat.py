"""What `--compat bfe` relaxes, line by line: refused or put right by default, as BFE has it with it.

The terms of the plane are those that the process would make of its static configuration.
"""

from dataclasses import replace
from typing import Any

import pytest
from msgspec.structs import replace as replace_struct

from bfe_py.balance import Timeouts
from bfe_py.config import Static, default_static, with_compatibility
from bfe_py.model import parse_address
from bfe_py.server.terms import client_terms, exchange_policy, proxy_header_policy
from tests.kit.answers import settle, status
from tests.kit.plane import ask, run, running_backend, running_plane, until
from tests.kit.two_tenants import Notes, serve_hosts
from tests.kit.wire_messages import Message, message
from tests.kit.wire_rules import (
    GOT_OK,
    Answer,
    Rule,
    Wait,
    chunked,
    get,
    hold,
    ok,
    params,
    passed,
    post,
    refused,
)


def static(*, is_compatible: bool) -> Static:
    """The static configuration of a process started with or without ``--compat bfe``."""
    plain = default_static()
    if not is_compatible:
        return plain
    return replace_struct(plain, own=with_compatibility(plain.own))


def plane(*, is_compatible: bool) -> dict[str, Any]:
    """Terms and policy that the process would make of it."""
    settled = static(is_compatible=is_compatible)
    return {
        "terms": client_terms(settled, is_compatible=is_compatible),
        "policy": exchange_policy(settled, is_compatible=is_compatible),
    }


DEFAULT, COMPATIBLE = plane(is_compatible=False), plane(is_compatible=True)
BOTH = pytest.mark.parametrize("settings", [DEFAULT, COMPATIBLE], ids=["default", "compatible"])


def seen(target: str, *lines: str, host: str = "shop.test") -> Message:
    """What the backend sees of a GET."""
    return message(f"GET {target} HTTP/1.1", f"Host: {host}", *lines)


def aimed(target: bytes) -> bytes:
    return get(start=b"GET " + target + b" HTTP/1.1")


MANY = [b"X-A: 1"] * 500
BY_DEFAULT = [
    refused("authority against Host", "", aimed(b"http://shop.test:81/")),
    passed("dots", "", aimed(b"/a/../b"), seen("/b")),
    passed("dots encoded", "", aimed(b"/a/%2e%2e/b"), seen("/b")),
    passed("slashes", "", aimed(b"//a//b"), seen("/a/b")),
    refused("slash encoded", "", aimed(b"/a%2fb")),
    refused("backslash encoded", "", aimed(b"/a%5Cb")),
    refused("above the root", "", aimed(b"/../b")),
    passed("underscore", "", get(b"X_A: 1"), seen("/")),
    refused("500 fields", "", get(*MANY), 431),
]
WITH_COMPAT = [
    passed("authority against Host", "", aimed(b"http://shop.test:81/"), seen("/", host="shop.test:81")),
    passed("dots", "", aimed(b"/a/../b"), seen("/a/../b")),
    passed("dots encoded", "", aimed(b"/a/%2e%2e/b"), seen("/a/%2e%2e/b")),
    passed("slashes", "", aimed(b"//a//b"), seen("//a//b")),
    passed("slash encoded", "", aimed(b"/a%2fb"), seen("/a%2fb")),
    passed("backslash encoded", "", aimed(b"/a%5Cb"), seen("/a%5Cb")),
    passed("above the root", "", aimed(b"/../b"), seen("/../b")),
    passed("underscore", "", get(b"X_A: 1"), seen("/", "X_A: 1")),
    passed("500 fields", "", get(*MANY), seen("/", *[line.decode() for line in MANY])),
]  # fmt: skip


@pytest.mark.parametrize("rule", params([replace(rule, plane=DEFAULT) for rule in BY_DEFAULT]))
def test_by_default_what_is_ambiguous_is_refused_or_made_plain(rule: Rule):
    hold(rule)


@pytest.mark.parametrize("rule", params([replace(rule, plane=COMPATIBLE) for rule in WITH_COMPAT]))
def test_with_compat_it_is_passed_on_as_bfe_does(rule: Rule):
    hold(rule)


@pytest.mark.parametrize("settings", [DEFAULT, COMPATIBLE], ids=["default", "compatible"])
def test_with_compat_the_authority_of_the_target_selects_the_tenant(settings: dict[str, Any]):
    async def main() -> tuple[int, list[str]]:
        notes = Notes()
        async with (
            running_backend() as backend,
            running_plane(
                [("127.0.0.1", backend.port)], handlers=notes.handlers, **settings
            ) as plane,
        ):
            serve_hosts(plane, [("shop.test", "shop"), ("other.test", "other")])
            request = aimed(b"http://other.test/").replace(
                b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"
            )
            answer = await ask(plane.port, request)
            await settle(plane)
            return status(answer), notes.tenants

    assert run(main()) == ((400, []) if settings is DEFAULT else (200, ["other"]))


# --- statuses of our own errors: what fails, by default, with compat


async def silent(backend, reader, writer) -> None:
    await backend.head(reader)
    await reader.read()


async def garbled(backend, reader, writer) -> None:
    await backend.head(reader)
    writer.write(b"no response\r\n\r\n")
    await reader.read()


@pytest.mark.parametrize(
    ("script", "ports", "expected"),
    [
        (silent, [], 504),
        (garbled, [], 502),
        (silent, [1], 502),
        (silent, None, 503),
    ],
    ids=["late", "garbled", "refused", "none"],
)
@BOTH
def test_errors_of_the_balancer_have_their_own_status(script, ports, expected, settings):
    async def main() -> int:
        async with running_backend(script) as backend:
            backends = [("127.0.0.1", port) for port in ports or [backend.port]]
            if ports is None:
                backends = []
            timeouts = Timeouts(connect=1.0, response_header=0.05)
            async with running_plane(backends, timeouts=timeouts, **settings) as plane:
                answer = await ask(plane.port, get(b"Connection: close"))
                await settle(plane)
                return status(answer)

    assert run(main()) == (expected if settings is DEFAULT else 500)


# --- the same with and without it


@BOTH
def test_no_content_type_is_invented(settings: dict[str, Any]):
    bare = Answer(ok(b"Content-Length: 6", body=b"<html>"))
    got = message("HTTP/1.1 200 OK", "Content-Length: 6", body=b"<html>")
    hold(passed("", "", get(), seen("/"), gets=(got,), answers=(bare,), plane=settings))


@BOTH
def test_expectations_are_met_here(settings: dict[str, Any]):
    posted = message("POST /p HTTP/1.1", "Host: shop.test", "Content-Length: 2", body=b"hi")
    steps = (
        post(b"Expect: 100-continue", b"Content-Length: 2"),
        Wait(b"100 Continue\r\n\r\n"),
        b"hi",
    )
    unasked = Answer(ok(start=b"HTTP/1.1 100 Continue") + ok(start=b"HTTP/1.1 103 Early Hints") + ok(b"Content-Length: 2", body=b"ok"))  # fmt: skip
    gets = (message("HTTP/1.1 100 Continue"), message("HTTP/1.1 103 Early Hints"), GOT_OK)
    hold(passed("", "", steps, posted, gets=gets, answers=(unasked,), plane=settings))


@BOTH
def test_a_body_that_turns_out_malformed_ends_the_upstream_request_unended(settings):
    told = 400 if settings is DEFAULT else 500
    begun = bytearray()
    ended: list[bool] = []

    async def take(backend, reader, writer) -> None:
        begun.extend(await backend.head(reader))
        try:
            while piece := await reader.read(4096):
                begun.extend(piece)
        finally:
            ended.append(True)

    async def main() -> None:
        async with (
            running_backend(take) as backend,
            running_plane([("127.0.0.1", backend.port)], **settings) as plane,
        ):
            answer = await ask(plane.port, chunked(b"5\r\nhello\r\nZZ\r\n0\r\n\r\n"))
            assert status(answer) == told
            await until(lambda: ended)
            await settle(plane)
            assert plane.down == []

    run(main())
    assert b"hello" in begun
    assert not begun.endswith(b"0\r\n\r\n")


# --- PROXY headers without a list of addresses


@pytest.mark.parametrize(
    ("peer", "by_default"),
    [
        ("127.0.0.1", True),
        ("10.1.2.3", True),
        ("172.16.0.1", True),
        ("192.168.1.1", True),
        ("::1", True),
        ("fd00::1", True),
        ("203.0.113.9", False),
        ("172.32.0.1", False),
        ("2001:db8::1", False),
    ],
)
@pytest.mark.parametrize("is_compatible", [False, True], ids=["default", "compatible"])
def test_proxy_headers_of_strangers_count_with_compat_only(peer, by_default, is_compatible):
    settled = static(is_compatible=is_compatible)
    server = replace_struct(settled.server, load_balancer="PROXY")
    policy = proxy_header_policy(replace_struct(settled, server=server))
    address = parse_address(peer, 1)
    assert policy is not None
    assert address is not None
    assert policy.trusts(address) is (by_default or is_compatible)
