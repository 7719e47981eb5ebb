"""Asking a backend that is down whether it is back."""

import asyncio
import ssl
from typing import NamedTuple

import pytest

from bfe_py.balance import Cluster, Probe, UpstreamTls
from bfe_py.upstream import probe_backend
from bfe_py.upstream.probe import is_expected
from tests.kit.transports import run_plain


class Asked(NamedTuple):
    host: str
    port: int
    tls: ssl.SSLContext | None
    name: str | None


class Writer:
    def __init__(self, close_error: Exception | None = None) -> None:
        self.written = b""
        self.is_closed = False
        self.close_error = close_error

    def write(self, content: bytes) -> None:
        self.written += content

    def close(self) -> None:
        self.is_closed = True

    async def wait_closed(self) -> None:
        if self.close_error is not None:
            raise self.close_error


class Backend:
    """Stands in for `asyncio.open_connection`; None answers nothing and leaves it open."""

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        answer: bytes | None = b"HTTP/1.1 200 OK\r\n",
        error: Exception | None = None,
        close_error: Exception | None = None,
    ) -> None:
        self.answer = answer
        self.error = error
        self.writer = Writer(close_error)
        self.asked: list[Asked] = []
        monkeypatch.setattr(asyncio, "open_connection", self.open)

    async def open(self, host, port, *, limit, ssl, server_hostname):
        self.asked.append(Asked(host, port, ssl, server_hostname))
        if self.error is not None:
            raise self.error
        reader = asyncio.StreamReader(limit=limit)
        if self.answer is not None:
            reader.feed_data(self.answer)
            reader.feed_eof()
        return reader, self.writer


def passes(probe: Probe, host: str = "10.0.0.1", tls: UpstreamTls | None = None) -> bool:
    return run_plain(probe_backend(Cluster("web", probe=probe, tls=tls), host, 80))


def test_a_backend_that_answers_is_healthy(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = Backend(monkeypatch)
    assert passes(Probe(path="/ok", host="shop.test"))
    assert backend.asked == [Asked("10.0.0.1", 80, None, None)]
    lines = backend.writer.written.split(b"\r\n")
    assert lines[0] == b"GET /ok HTTP/1.1"
    assert b"Host: shop.test" in lines
    assert b"Connection: close" in lines
    assert lines[-2:] == [b"", b""]
    assert backend.writer.is_closed


def test_without_a_host_the_backends_own_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = Backend(monkeypatch)
    assert passes(Probe())
    assert b"\r\nHost: 10.0.0.1:80\r\n" in backend.writer.written


def test_the_port_of_the_probes_host_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = Backend(monkeypatch)
    assert passes(Probe(host="shop.test:8081"))
    assert backend.asked[0].port == 8081


def test_an_ipv6_address_is_asked_without_its_brackets(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = Backend(monkeypatch)
    assert passes(Probe(), host="[::1]")
    assert backend.asked[0].host == "::1"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 500 Oops\r\n",
        b"HTTP/1.1 abc\r\n",
        b"HTTP/1.1 \r\n",
        b"HTTP/1.1 12\r\n",
        b"garbage\n",
        b"\n",
        b"HTTP/1.1 200 cut off",
        b"",
        b"x" * 70_000,
        b"x" * 70_000 + b"\n",
        None,
    ],
)
def test_any_other_answer_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, answer: bytes | None
) -> None:
    backend = Backend(monkeypatch, answer)
    assert not passes(Probe(status=200))
    assert backend.writer.is_closed


@pytest.mark.parametrize("probe", [Probe(timeout=0.5), Probe(scheme="tcp")])
@pytest.mark.parametrize(
    "error", [ConnectionRefusedError(), TimeoutError(), ssl.SSLError(), UnicodeError("label")]
)
def test_no_connection_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, probe: Probe, error: Exception
) -> None:
    Backend(monkeypatch, error=error)
    assert not passes(probe)


def test_a_connection_is_enough_for_a_tcp_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = Backend(monkeypatch, None)
    assert passes(Probe(scheme="tcp"))
    assert backend.writer.written == b""
    assert backend.writer.is_closed


def test_how_the_connection_ends_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    Backend(monkeypatch, close_error=ConnectionResetError())
    assert passes(Probe())


@pytest.mark.parametrize(
    ("probe", "tls", "name"),
    [
        (Probe(scheme="tls", host="shop.test:443"), None, "shop.test"),
        (Probe(scheme="https", host="shop.test"), UpstreamTls("own.test"), "shop.test"),
        (Probe(scheme="https"), UpstreamTls("own.test", verifies=False), "own.test"),
        (Probe(scheme="https"), None, "10.0.0.1"),
        (Probe(scheme="https", host="shop.test", uses_backend_host=True), None, "10.0.0.1"),
    ],
)
def test_over_tls_the_name_is_that_of_the_probe_the_cluster_or_the_backend(
    monkeypatch: pytest.MonkeyPatch, probe: Probe, tls: UpstreamTls | None, name: str
) -> None:
    backend = Backend(monkeypatch)
    assert passes(probe, tls=tls)
    asked = backend.asked[0]
    assert asked.name == name
    assert asked.tls is not None
    assert asked.tls.check_hostname == (tls is None or tls.verifies)


def test_tls_settings_that_cannot_be_used_are_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = Backend(monkeypatch)
    assert not passes(Probe(scheme="https"), tls=UpstreamTls(authorities=(b"bad",)))
    assert backend.asked == []


@pytest.mark.parametrize(
    ("probe", "status", "wanted"),
    [
        (Probe(status=0), 503, True),
        (Probe(status=204), 204, True),
        (Probe(status=204), 200, False),
        (Probe(status=0b00010), 200, True),
        (Probe(status=0b00010), 301, False),
        (Probe(status=0b00110), 301, True),
        (Probe(status=0b00100), 200, False),
        (Probe(status=0b10000), 500, True),
        (Probe(status=0b11111), 600, False),
        (Probe(status=500, status_range="2xx"), 204, True),
        (Probe(status_range="2XX|304"), 304, True),
        (Probe(status_range="2xx | 30x"), 301, True),
        (Probe(status_range="2xx|304"), 301, False),
    ],
)
def test_a_status_means_health_by_code_class_or_range(
    probe: Probe, status: int, wanted: bool
) -> None:
    assert is_expected(probe, status) is wanted
