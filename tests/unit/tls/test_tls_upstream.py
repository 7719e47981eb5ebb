"""Handshakes with backends."""

import ssl

import pytest

from bfe_py.tls import load_certificate, upstream_tls
from tests.kit.certificates import Pair, carry, handshake, make_pair


@pytest.fixture(scope="module")
def authority() -> Pair:
    return make_pair("authority.test", is_authority=True)


@pytest.fixture(scope="module")
def server(authority: Pair) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    load_certificate(context, make_pair("backend.test", authority).named())
    return context


def verifying(*authorities: bytes) -> ssl.SSLContext:
    return upstream_tls(verifies=True, authorities=authorities, certificate=b"", key=b"")


def test_a_backend_that_the_authority_vouches_for_is_accepted(
    server: ssl.SSLContext, authority: Pair
) -> None:
    ours, theirs = handshake(server, verifying(authority.chain), "backend.test")
    assert carry(theirs, ours, b"GET / HTTP/1.1") == b"GET / HTTP/1.1"


def test_one_of_several_authorities_is_enough(server: ssl.SSLContext, authority: Pair) -> None:
    other = make_pair("other.test", is_authority=True)
    _, theirs = handshake(server, verifying(other.chain, authority.chain), "backend.test")
    assert theirs.version() is not None


def test_comments_of_an_authority_may_be_in_any_encoding(
    server: ssl.SSLContext, authority: Pair
) -> None:
    client = verifying("# F\u0151tan\u00fas\u00edtv\u00e1ny\n".encode() + authority.chain)
    _, theirs = handshake(server, client, "backend.test")
    assert theirs.version() is not None


def test_another_name_is_refused(server: ssl.SSLContext, authority: Pair) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(server, verifying(authority.chain), "other.test")


def test_a_stranger_is_refused(server: ssl.SSLContext) -> None:
    stranger = make_pair("authority.test", is_authority=True)
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(server, verifying(stranger.chain), "backend.test")


def test_without_authorities_those_of_the_system_count(
    server: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[ssl.Purpose] = []
    load = ssl.SSLContext.load_default_certs
    monkeypatch.setattr(
        ssl.SSLContext,
        "load_default_certs",
        lambda context, purpose: (asked.append(purpose), load(context, purpose))[1],
    )
    client = verifying()
    assert asked == [ssl.Purpose.SERVER_AUTH]
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(server, client, "backend.test")


@pytest.mark.parametrize("name", ["backend.test", "other.test", None])
def test_anybody_is_accepted_where_nothing_is_verified(
    server: ssl.SSLContext, name: str | None
) -> None:
    client = upstream_tls(verifies=False, authorities=(), certificate=b"", key=b"")
    _, theirs = handshake(server, client, name)
    assert theirs.version() is not None


def test_the_certificate_of_the_cluster_is_presented_to_a_backend_that_asks(
    authority: Pair,
) -> None:
    own = make_pair("proxy.test", authority)
    asking = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    load_certificate(asking, make_pair("backend.test", authority).named())
    asking.verify_mode = ssl.CERT_REQUIRED
    asking.load_verify_locations(cadata=authority.chain.decode())
    client = upstream_tls(
        verifies=True, authorities=(authority.chain,), certificate=own.chain, key=own.key
    )
    ours, _ = handshake(asking, client, "backend.test")
    assert ours.getpeercert(binary_form=True) == own.der
    client = verifying(authority.chain)
    with pytest.raises(ssl.SSLError):
        handshake(asking, client, "backend.test")


def test_what_is_no_pem_is_an_error(authority: Pair) -> None:
    for bad in (b"no certificate \xff", b""):
        with pytest.raises(ssl.SSLError):
            verifying(bad)
    with pytest.raises(ssl.SSLError):
        upstream_tls(
            verifies=False, authorities=(), certificate=authority.chain, key=make_pair("x").key
        )
    with pytest.raises(ssl.SSLError):
        upstream_tls(
            verifies=False,
            authorities=(),
            certificate=authority.chain,
            key=authority.locked(b"secret"),
        )


def test_old_versions_are_not_spoken_to_backends() -> None:
    assert verifying().minimum_version is ssl.TLSVersion.TLSv1_2
