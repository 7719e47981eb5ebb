"""Dialling a backend before a deadline."""

import asyncio
import socket
import ssl
from contextlib import suppress

import pytest

from bfe_py.balance import UpstreamTls
from bfe_py.model import Fault, Kind
from bfe_py.tls import make_root
from bfe_py.upstream import Connector, UpstreamCounters
from tests.kit.certificates import handshake
from tests.kit.loops import PatientLoop, run_patiently
from tests.kit.transports import FakeTransport, run_plain


class Dialled:
    """Stands in for `loop.create_connection`; without an end if `hangs`."""

    def __init__(self, error: Exception | None = None, *, hangs: bool = False) -> None:
        self.error = error
        self.hangs = hangs
        self.calls: list[tuple[str, int, dict[str, object]]] = []
        self.counters = UpstreamCounters()

    def connector(self) -> Connector:
        loop = asyncio.get_running_loop()
        loop.create_connection = self.create
        return Connector(loop, self.counters)

    async def create(self, make, host, port, **tls):
        self.calls.append((host, port, tls))
        if self.hangs:
            await asyncio.get_running_loop().create_future()
        if self.error is not None:
            raise self.error
        protocol = make()
        return FakeTransport(protocol), protocol


def dial(dialled: Dialled, host: str = "10.0.0.1", tls: UpstreamTls | None = None) -> object:
    async def main() -> object:
        return await dialled.connector().connect(asyncio.Protocol, host, 80, 2.0, tls)

    return run_plain(main())


def test_a_connection_is_counted_as_tried_and_made() -> None:
    dialled = Dialled()
    assert isinstance(dial(dialled), asyncio.Protocol)
    assert dialled.calls == [("10.0.0.1", 80, {})]
    assert (dialled.counters.connects, dialled.counters.connected) == (1, 1)


def test_an_ipv6_address_is_dialled_without_its_brackets() -> None:
    dialled = Dialled()
    dial(dialled, "[2001:db8::1]")
    assert dialled.calls[0][0] == "2001:db8::1"


@pytest.mark.parametrize(
    ("error", "kind", "detail"),
    [
        (ConnectionRefusedError(111, "Connection refused"), Kind.CONNECT, "Connection refused"),
        (OSError("Multiple exceptions: ..."), Kind.CONNECT, "OSError"),
        (socket.gaierror(-2, "Name or service not known"), Kind.CONNECT, "Name or service"),
        (ConnectionResetError(), Kind.CONNECT, "ConnectionResetError"),
        (TimeoutError(110, "timed out"), Kind.CONNECT_TIMEOUT, "timed out"),
        (OSError(24, "Too many open files"), Kind.CONNECT_LIMIT, "Too many open files"),
    ],
)
def test_a_failure_is_a_fault_that_names_backend_and_reason(
    error: Exception, kind: Kind, detail: str
) -> None:
    dialled = Dialled(error)
    with pytest.raises(Fault) as caught:
        dial(dialled)
    assert caught.value.kind is kind
    assert caught.value.detail.startswith("10.0.0.1:80 " + detail)
    assert not caught.value.request_sent
    assert (dialled.counters.connects, dialled.counters.connected) == (1, 0)


def test_a_handshake_that_fails_says_what_openssl_says() -> None:
    with pytest.raises(ssl.SSLError) as refused:
        handshake(make_root(), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), "shop.test")
    assert refused.value.reason
    with pytest.raises(Fault) as caught:
        dial(Dialled(refused.value))
    assert caught.value.detail == f"10.0.0.1:80 {refused.value.reason}"


def test_a_backend_that_does_not_answer_in_time_is_given_up() -> None:
    with pytest.raises(Fault) as caught:
        dial(Dialled(hangs=True))
    assert caught.value.kind is Kind.CONNECT_TIMEOUT


@pytest.mark.parametrize(("name", "asked"), [("shop.test", "shop.test"), ("", "10.0.0.1")])
def test_over_tls_the_name_is_that_of_the_cluster_or_the_address(name: str, asked: str) -> None:
    dialled = Dialled()
    dial(dialled, tls=UpstreamTls(name, verifies=False))
    settings = dialled.calls[0][2]
    assert settings["server_hostname"] == asked
    assert settings["ssl"].verify_mode is ssl.CERT_NONE


def test_tls_settings_that_cannot_be_used_are_a_fault() -> None:
    dialled = Dialled()
    with pytest.raises(Fault) as caught:
        dial(dialled, tls=UpstreamTls(authorities=(b"no certificate",)))
    assert caught.value.kind is Kind.CONNECT
    assert dialled.calls == []


def test_equal_settings_share_what_was_made_of_them_until_it_is_forgotten() -> None:
    dialled = Dialled()

    async def main() -> None:
        connector = dialled.connector()
        for tls in (UpstreamTls("a", verifies=False), UpstreamTls("b", verifies=False)):
            for _ in range(2):
                await connector.connect(asyncio.Protocol, "h", 1, 1.0, tls)
        connector.forget_tls()
        await connector.connect(asyncio.Protocol, "h", 1, 1.0, UpstreamTls("a", verifies=False))

    run_plain(main())
    used = [settings["ssl"] for _, _, settings in dialled.calls]
    assert used[0] is used[1]
    assert used[2] is used[3]
    assert len(set(used)) == 3


def test_that_this_machine_has_no_more_is_counted_and_told_once_a_minute(caplog) -> None:
    async def main(loop: PatientLoop) -> None:
        dialled = Dialled(OSError(24, "Too many open files"))
        connector = dialled.connector()
        for _ in range(3):
            with suppress(Fault):
                await connector.connect(asyncio.Protocol, "10.0.0.1", 80, 2.0)
            await asyncio.sleep(30)
        assert dialled.counters.shortages == 3

    run_patiently(main)
    assert (
        caplog.messages == ["no connection to backends can be made error=Too many open files"] * 2
    )
