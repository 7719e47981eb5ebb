"""What happens before HTTP: PROXY headers, refusals, TLS handshakes; real sockets, this process."""

import asyncio
import contextlib
import datetime
import socket
import ssl
import struct

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bfe_py.downstream import ProxyPolicy, Terms
from bfe_py.model import IpRange, Session, parse_address
from bfe_py.pipeline import Close, Phase
from bfe_py.protocol import build_proxy_v2
from bfe_py.tls import Certificate, load_certificate, make_root
from tests.kit.plane import Plane, ask, run, running_backend, running_plane, until

GET = b"GET / HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n"
EVERYBODY = ProxyPolicy(None, limit=216, seconds=0.3)
V1 = b"PROXY TCP4 203.0.113.9 192.0.2.1 4711 80\r\n"


def count(plane: Plane, name: str) -> float:
    for sample in plane.registry.read().samples:
        if sample.name == name:
            return sum(value for _, value in sample.values)
    raise AssertionError(name)


def address(text: str, port: int):
    found = parse_address(text, port)
    assert found is not None
    return found


def noting(sessions: list[Session]):
    def accept(session: Session) -> None:
        sessions.append(session)

    return {Phase.ACCEPT: (accept,)}


V2 = build_proxy_v2(address("2001:db8::9", 4711), address("2001:db8::1", 80))


@pytest.mark.parametrize(
    ("preamble", "peer", "vip", "counted"),
    [
        (V1, "203.0.113.9", "192.0.2.1", "bfe_proxy_protocol_accepted_v1_total"),
        (V2, "2001:db8::9", "2001:db8::1", "bfe_proxy_protocol_accepted_v2_total"),
        (b"PROXY UNKNOWN\r\n", "127.0.0.1", None, "bfe_proxy_protocol_accepted_v1_total"),
        (b"", "127.0.0.1", None, "bfe_proxy_protocol_absent_total"),
    ],
)
def test_a_proxy_header_says_who_the_client_is(preamble, peer, vip, counted):
    sessions: list[Session] = []

    async def main() -> None:
        async with (
            running_backend() as backend,
            running_plane(
                [("127.0.0.1", backend.port)], proxy=EVERYBODY, handlers=noting(sessions)
            ) as plane,
        ):
            assert b"200 OK" in await ask(plane.port, preamble + GET)
            assert count(plane, counted) == 1

    run(main())
    (session,) = sessions
    assert session.peer.text == peer
    assert (None if session.vip is None else session.vip.text) == vip
    assert (session.balancer is None) == (vip is None)


def test_a_proxy_header_may_come_byte_by_byte():
    async def main() -> None:
        async with (
            running_backend() as backend,
            running_plane([("127.0.0.1", backend.port)], proxy=EVERYBODY) as plane,
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
            for byte in V1 + GET:
                writer.write(bytes([byte]))
                await writer.drain()
            async with asyncio.timeout(5):
                assert b"200 OK" in await reader.read()
            writer.close()

    run(main())


@pytest.mark.parametrize(
    ("preamble", "counted"),
    [
        (b"PROXY TCP4 1.2.3.4\r\n", "bfe_proxy_protocol_invalid_total"),
        (V2[:12] + b"\x99" + V2[13:], "bfe_proxy_protocol_invalid_total"),
        (b"PROXY TCP4 1.2.3.4 " + b"5" * 300, "bfe_proxy_protocol_invalid_total"),
    ],
)
def test_a_malformed_proxy_header_ends_the_connection(preamble, counted):
    async def main() -> None:
        async with running_plane([], proxy=EVERYBODY) as plane:
            with contextlib.suppress(ConnectionError):
                assert await ask(plane.port, preamble + GET) == b""
            assert count(plane, counted) == 1

    run(main())


@pytest.mark.parametrize("half_close", [True, False])
def test_a_proxy_header_that_does_not_come_whole_ends_the_connection(half_close):
    async def main() -> None:
        async with running_plane([], proxy=EVERYBODY) as plane:
            with contextlib.suppress(ConnectionError):
                assert await ask(plane.port, b"PROXY TCP4 1.2", half_close=half_close) == b""
            assert count(plane, "bfe_proxy_protocol_read_errors_total") == 1

    run(main())


def test_the_header_of_a_stranger_does_not_count():
    nobody = ProxyPolicy((IpRange(0, 1),))

    async def main() -> None:
        async with (
            running_backend() as backend,
            running_plane([("127.0.0.1", backend.port)], proxy=nobody) as plane,
        ):
            assert b"400 Bad Request" in await ask(plane.port, V1 + GET)
            assert b"200 OK" in await ask(plane.port, GET)
            assert count(plane, "bfe_proxy_protocol_untrusted_total") == 2

    run(main())


@pytest.mark.parametrize("proxy", [None, EVERYBODY])
def test_a_connection_that_a_module_refuses_says_nothing(proxy):
    closed: list[Session] = []

    async def main() -> None:
        handlers = {
            Phase.ACCEPT: (lambda _: Close("test"),),
            Phase.CLOSE: (closed.append,),
        }
        async with running_plane([], proxy=proxy, handlers=handlers) as plane:
            with contextlib.suppress(ConnectionError):
                assert await ask(plane.port, GET) == b""
            assert count(plane, "bfe_client_connections_total") == 0

    run(main())
    assert len(closed) == 1


def certificate(name: str) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Certificate(
        name,
        made.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )


def server_side() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Context of a listener, and of a client that trusts it."""
    own = certificate("shop.test")
    root = make_root()
    load_certificate(root, own)
    client = ssl.create_default_context(cadata=own.chain.decode())
    return root, client


@pytest.mark.parametrize("preamble", [b"", V1])
def test_tls_ends_at_the_listener(preamble):
    sessions: list[Session] = []

    async def main() -> None:
        root, client = server_side()
        handlers = {Phase.HANDSHAKE: (sessions.append,)}
        async with (
            running_backend() as backend,
            running_plane(
                [("127.0.0.1", backend.port)], tls=root, proxy=EVERYBODY, handlers=handlers
            ) as plane,
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
            writer.write(preamble)
            await writer.start_tls(client, server_hostname="shop.test")
            writer.write(GET)
            async with asyncio.timeout(5):
                assert b"200 OK" in await reader.read()
            writer.close()
            assert count(plane, "bfe_tls_full_total") == 1
            assert count(plane, "bfe_client_https_requests_total") == 1

    run(main())
    (session,) = sessions
    assert session.tls is not None
    assert session.tls.server_name == "shop.test"
    assert session.tls.version == "TLSv1.3"
    assert session.is_secure


def test_a_handshake_that_a_module_refuses_ends_the_connection():
    async def main() -> None:
        root, client = server_side()
        handlers = {Phase.HANDSHAKE: (lambda _: Close("test"),)}
        async with running_plane([], tls=root, handlers=handlers) as plane:
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", plane.port, ssl=client, server_hostname="shop.test"
            )
            async with asyncio.timeout(5):
                with contextlib.suppress(ConnectionError, ssl.SSLError):
                    assert await reader.read() == b""
            writer.close()
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                await writer.wait_closed()

    run(main())


@pytest.mark.parametrize("sent", [GET, b""])
def test_a_client_that_does_not_shake_hands_is_let_go(sent):
    async def main() -> None:
        root, _ = server_side()
        terms = Terms(handshake_seconds=0.1)
        async with running_plane([], tls=root, terms=terms) as plane:
            with contextlib.suppress(ConnectionError):
                await ask(plane.port, sent)
            assert count(plane, "bfe_tls_handshakes_total") == 1
            assert count(plane, "bfe_tls_succeeded_total") == 0

    run(main())


def test_a_reset_is_counted_and_harms_nobody():
    async def main() -> None:
        async with running_plane([]) as plane:
            _, writer = await asyncio.open_connection("127.0.0.1", plane.port)
            writer.write(b"GET / HT")
            await until(lambda: plane.endpoint.connections)
            sock = writer.get_extra_info("socket")
            # Closing with a linger time of 0 sends a reset.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
            await until(lambda: not plane.endpoint.connections)
            assert b"500" in await ask(plane.port, GET.replace(b"shop.test", b"other.test"))

    run(main())


def test_a_listener_that_stops_lets_its_arrivals_go():
    async def main() -> None:
        patient = ProxyPolicy(None, seconds=60.0)
        async with running_plane([], proxy=patient) as plane:
            reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
            writer.write(b"PROXY")
            await writer.drain()
            for _ in range(20):
                await asyncio.sleep(0)
        async with asyncio.timeout(5):
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
        writer.close()

    run(main())
