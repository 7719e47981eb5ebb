"""Known classes of attacks that pretend: to be another host, path, client or field."""

import asyncio
import contextlib

import pytest

from bfe_py.downstream import ProxyPolicy
from bfe_py.model import Exchange, IpRange
from bfe_py.pipeline import Phase
from tests.kit.answers import settle, status
from tests.kit.pki import client_context, server_context
from tests.kit.plane import ask, run, running_backend, running_plane
from tests.kit.two_tenants import Notes, serve_hosts
from tests.kit.wire_rules import get

TWO = [("shop.test", "shop"), ("evil.test", "evil")]
LAST = b"Connection: close"


def hosted(*lines: bytes, start: bytes = b"GET / HTTP/1.1") -> bytes:
    return b"\r\n".join([start, *lines, LAST, b"", b""])


async def ask_two(raw: bytes, notes: Notes) -> tuple[int, list[bytes]]:
    """Status of the answer of a plane with two tenants, and heads that its backend saw."""
    async with (
        running_backend() as backend,
        running_plane([("127.0.0.1", backend.port)], handlers=notes.handlers) as plane,
    ):
        serve_hosts(plane, TWO)
        answer = await ask(plane.port, raw)
        await settle(plane)
        return status(answer), backend.heads


# --- duplicate, missing or conflicting hosts

REFUSED_HOSTS = {
    "two hosts": hosted(b"Host: shop.test", b"Host: evil.test"),
    "two equal hosts": hosted(b"Host: shop.test", b"Host: shop.test"),
    "no host": hosted(),
    "a list": hosted(b"Host: shop.test,evil.test"),
    "another authority": hosted(b"Host: evil.test", start=b"GET http://shop.test/ HTTP/1.1"),
    "an authority without host": hosted(start=b"GET http://shop.test/ HTTP/1.1"),
    "a user": hosted(b"Host: shop.test@evil.test"),
    "a user in the target": hosted(
        b"Host: evil.test", start=b"GET http://shop.test@evil.test/ HTTP/1.1"
    ),
    "a folded host": hosted(b"Host: shop.test", b" evil.test"),
    "a host behind a blank": hosted(b"Host : shop.test"),
    "a path": hosted(b"Host: shop.test/evil.test"),
    "a fragment": hosted(b"Host: shop.test#evil.test"),
    "two ports": hosted(b"Host: shop.test:80:evil.test"),
}


@pytest.mark.parametrize("raw", REFUSED_HOSTS.values(), ids=list(REFUSED_HOSTS))
def test_duplicate_missing_or_conflicting_host(raw: bytes):
    notes = Notes()
    assert run(ask_two(raw, notes)) == (400, [])
    assert notes.tenants == []


# request, tenant, Host for the backend
CHOSEN = {
    "a field": (hosted(b"Host: evil.test"), "evil", b"evil.test"),
    "a target": (
        hosted(b"Host: EVIL.test:80", start=b"GET http://evil.test/ HTTP/1.1"),
        "evil",
        b"evil.test",
    ),
    "no forwarded host": (
        hosted(b"Host: evil.test", b"X-Forwarded-Host: shop.test", b"X-Host: shop.test"),
        "evil",
        b"evil.test",
    ),
    "no alias": (hosted(b"Host: evil.test", b"Ho_st: shop.test"), "evil", b"evil.test"),
    "no nominated host": (
        hosted(b"Host: evil.test", b"Connection: Host"),
        "evil",
        b"evil.test",
    ),
}


@pytest.mark.parametrize(("raw", "tenant", "host"), CHOSEN.values(), ids=list(CHOSEN))
def test_one_host_alone_selects_the_tenant_and_is_what_the_backend_sees(raw, tenant, host):
    notes = Notes()
    answer, heads = run(ask_two(raw, notes))
    assert answer == 200
    assert notes.tenants == [tenant]
    lines = [line for line in heads[0].split(b"\r\n") if line.lower().startswith(b"host:")]
    assert lines == [b"Host: " + host]


# --- case- or size-dependent matching


@pytest.mark.parametrize("size", [1, 99, 100, 101, 1000])
def test_case_or_size_dependent_host_matching(size: int):
    async def main() -> list[str]:
        notes = Notes()
        async with (
            running_backend() as backend,
            running_plane([("127.0.0.1", backend.port)], handlers=notes.handlers) as plane,
        ):
            others = [(f"h{number}.test", f"t{number}") for number in range(size)]
            serve_hosts(plane, [*TWO, *others])
            for host in (b"shop.test", b"SHOP.TEST", b"sHoP.tEsT:80", b"H0.Test", b"h0.test"):
                await ask(plane.port, hosted(b"Host: " + host))
            await settle(plane)
        return notes.tenants

    assert run(main()) == ["shop", "shop", "shop", "t0", "t0"]


# --- path confusion: rules let nothing but /public reach the backend

AROUND = {
    "dots": b"/public/../admin",
    "dots encoded": b"/public/%2e%2e/admin",
    "dots half encoded": b"/public/.%2E/admin",
    "dots in the middle": b"/public/a/../../admin",
    "dot": b"/./admin",
    "slashes": b"//admin",
    "slash encoded": b"/public%2f..%2fadmin",
    "slash behind dots": b"/public/..%2fadmin",
    "backslash": b"/public\\..\\admin",
    "backslash encoded": b"/public/..%5cadmin",
    "above the root": b"/../admin",
    "NUL": b"/public%00/../admin",
    "fragment": b"/public#/../../admin",
    "fragment encoded": b"/public/%23/../../../admin",
    "absolute": b"http://shop.test/public/../admin",
    "absolute without path": b"http://shop.test?/public",
}


async def ask_public(target: bytes) -> tuple[int, list[bytes]]:
    rules = (('req_path_prefix_in("/public", false)', "web"),)
    async with (
        running_backend() as backend,
        running_plane([("127.0.0.1", backend.port)], rules=rules) as plane,
    ):
        answer = await ask(plane.port, get(LAST, start=b"GET " + target + b" HTTP/1.1"))
        await settle(plane)
        return status(answer), backend.heads


@pytest.mark.parametrize("target", AROUND.values(), ids=list(AROUND))
def test_path_confusion_leads_nowhere(target: bytes):
    answer, heads = run(ask_public(target))
    assert answer in (400, 500)  # malformed, or no rule for it
    assert heads == []


# target, what rules and backend both see
SAME = {
    "dots": (b"/a/../public/b", b"/public/b"),
    "letters": (b"/p%75blic/b", b"/public/b"),
    "slashes": (b"//public///b/", b"/public/b/"),
    "parameters": (b"/public;a/b", b"/public;a/b"),
    "decoded once": (b"/public/%252e%252e/admin", b"/public/%252e%252e/admin"),
    "query": (b"/public?a=/../%2e%2e%2f", b"/public?a=/../%2e%2e%2f"),
}


@pytest.mark.parametrize(("target", "seen"), SAME.values(), ids=list(SAME))
def test_path_confusion_is_ended_by_one_form_for_rules_and_backend(target, seen):
    answer, heads = run(ask_public(target))
    assert answer == 200
    assert heads[0].startswith(b"GET " + seen + b" HTTP/1.1\r\n")


@pytest.mark.parametrize("segment", [b"..;", b"..;a=b"])
def test_path_confusion_by_parameters_of_dot_segments_is_refused(segment: bytes):
    # Servers that cut parameters off first, as Java's do, take these for dot segments.
    answer, heads = run(ask_public(b"/public/" + segment + b"/admin"))
    assert (answer, heads) == (400, [])


# --- hop-by-hop abuse


async def ask_with_fields(handler, *lines: bytes) -> bytes:
    """Head that the backend sees of a request to which `handler` adds fields."""
    async with (
        running_backend() as backend,
        running_plane([("127.0.0.1", backend.port)], handlers={Phase.ROUTE: (handler,)}) as plane,
    ):
        assert status(await ask(plane.port, get(*lines, LAST))) == 200
        await settle(plane)
        return backend.heads[0]


def setting(name: bytes):
    """What mod_header does with a rule."""

    def change(exchange: Exchange) -> None:
        exchange.request.headers.set(name, b"ours")

    return change


@pytest.mark.parametrize("name", [b"X-Forwarded-For", b"X-Real-Ip", b"X-Bfe-Ip"])
def test_hop_by_hop_abuse_takes_no_address_away(name: bytes):
    head = run(ask_with_fields(setting(name), b"Connection: close, " + name, name + b": forged"))
    assert b"\r\n" + name + b": ours\r\n" in head
    assert b"forged" not in head


@pytest.mark.parametrize("name", [b"X-User", b"X-Ssl-Client-Verify", b"X-Tenant"])
def test_hop_by_hop_abuse_takes_no_field_of_ours_away(name: bytes):
    head = run(ask_with_fields(setting(name), b"Connection: close, " + name, name + b": forged"))
    assert b"\r\n" + name + b": ours\r\n" in head
    assert b"forged" not in head


@pytest.mark.parametrize("name", [b"X_Forwarded_For", b"X_User", b"X-Forwarded_For", b"_"])
def test_underscore_aliases_are_dropped(name: bytes):
    head = run(ask_with_fields(lambda _: None, name + b": forged"))
    assert b"forged" not in head


# --- spoofed addresses


async def clients_of(proxy: ProxyPolicy | None, raw: bytes) -> tuple[list[str], bytes]:
    """Whom exchanges are taken for, and the answer."""
    seen: list[str] = []

    def note(exchange: Exchange) -> None:
        seen.append("" if exchange.client is None else exchange.client.text)

    async with (
        running_backend() as backend,
        running_plane(
            [("127.0.0.1", backend.port)], proxy=proxy, handlers={Phase.TENANT: (note,)}
        ) as plane,
    ):
        answer = b""
        with contextlib.suppress(ConnectionError):
            answer = await ask(plane.port, raw)
        await settle(plane)
        return seen, answer


@pytest.mark.parametrize("name", [b"X-Forwarded-For", b"X-Real-Ip", b"Forwarded", b"X-Client-Ip"])
def test_a_spoofed_client_address_does_not_count(name: bytes):
    seen, _ = run(clients_of(None, get(name + b": 192.0.2.1", LAST)))
    assert seen == ["127.0.0.1"]


NOBODY = ProxyPolicy((IpRange(0, 1),))
V1 = b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n"
V2 = b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x01\xc0\x00\x02\x02\x00\x01\x00\x02"


@pytest.mark.parametrize("policy", [None, NOBODY], ids=["not expected", "not trusted"])
@pytest.mark.parametrize("header", [V1, V2], ids=["v1", "v2"])
def test_a_proxy_header_of_an_untrusted_peer_is_refused(policy, header: bytes):
    seen, answer = run(clients_of(policy, header + get(LAST)))
    assert seen == []
    assert status(answer) == 400


def test_a_second_proxy_header_is_refused():
    seen, answer = run(clients_of(ProxyPolicy(None), V1 + V1 + get(LAST)))
    assert seen == []
    assert status(answer) == 400


# --- TLS


def test_tls_a_host_of_another_tenant_than_that_of_the_handshake_is_misdirected():
    async def main() -> bytes:
        async with (
            running_backend() as backend,
            running_plane([("127.0.0.1", backend.port)], tls=server_context()) as plane,
        ):
            serve_hosts(plane, TWO)
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", plane.port, ssl=client_context(), server_hostname="shop.test"
            )
            writer.write(hosted(b"Host: evil.test"))
            async with asyncio.timeout(5):
                answer = await reader.read()
            writer.close()
            await settle(plane)
            return answer

    assert status(run(main())) == 421
