"""Handshakes with clients."""

import gc
import ssl

import pytest

from bfe_py.tls import Certificate, asked_name, load_certificate, make_root
from tests.kit.certificates import Pair, carry, handshake, make_pair


@pytest.fixture(scope="module")
def curve() -> Pair:
    return make_pair("shop.test")


@pytest.fixture(scope="module")
def rsa() -> Pair:
    return make_pair("shop.test", is_rsa=True)


def trusting(**settings: object) -> ssl.SSLContext:
    """A client that takes any certificate."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    for name, value in settings.items():
        setattr(client, name, value)
    return client


def root_with(pair: Pair) -> ssl.SSLContext:
    root = make_root()
    load_certificate(root, pair.named())
    return root


@pytest.mark.parametrize("name", ["shop.test", "xn--bcher-kva.test", None])
def test_the_name_that_the_client_asks_for_is_noted(curve: Pair, name: str | None) -> None:
    ours, theirs = handshake(root_with(curve), trusting(), name)
    assert asked_name(ours) == name
    assert theirs.getpeercert(binary_form=True) == curve.der


def test_no_name_is_known_before_the_handshake(curve: Pair) -> None:
    ours = root_with(curve).wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_side=True)
    assert asked_name(ours) is None


def test_names_of_different_connections_are_kept_apart(curve: Pair) -> None:
    root = root_with(curve)
    first, _ = handshake(root, trusting(), "a.test")
    second, _ = handshake(root, trusting(), "b.test")
    assert (asked_name(first), asked_name(second)) == ("a.test", "b.test")


def test_without_a_certificate_every_handshake_fails() -> None:
    with pytest.raises(ssl.SSLError):
        handshake(make_root(), trusting(), "shop.test")


@pytest.mark.parametrize(
    ("offered", "agreed"), [(["h2", "http/1.1"], "http/1.1"), (["h2"], None), ([], None)]
)
def test_http_1_is_agreed_on_where_the_client_offers_it(
    curve: Pair, offered: list[str], agreed: str | None
) -> None:
    client = trusting()
    if offered:
        client.set_alpn_protocols(offered)
    ours, _ = handshake(root_with(curve), client, "shop.test")
    assert ours.selected_alpn_protocol() == agreed


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_1_2_and_1_3_are_spoken(curve: Pair, version: ssl.TLSVersion) -> None:
    client = trusting(maximum_version=version)
    ours, theirs = handshake(root_with(curve), client, "shop.test")
    assert ours.version() == version.name.replace("_", ".")
    assert carry(theirs, ours, b"hello") == b"hello"


def test_older_versions_are_refused() -> None:
    assert make_root().minimum_version is ssl.TLSVersion.TLSv1_2


def test_a_new_certificate_is_presented_and_running_connections_go_on(curve: Pair) -> None:
    root, other = root_with(curve), make_pair("new.test")
    ours, theirs = handshake(root, trusting(), "shop.test")
    load_certificate(root, other.named())
    _, later = handshake(root, trusting(), "shop.test")
    assert later.getpeercert(binary_form=True) == other.der
    gc.collect()
    assert carry(theirs, ours, b"request") == b"request"
    assert carry(ours, theirs, b"response") == b"response"


@pytest.mark.parametrize("curve_first", [True, False])
def test_a_certificate_with_another_type_of_key_replaces_the_one_before(
    curve: Pair, rsa: Pair, curve_first: bool
) -> None:
    before, after = (curve, rsa) if curve_first else (rsa, curve)
    root = root_with(before)
    load_certificate(root, after.named())
    _, theirs = handshake(root, trusting(), "shop.test")
    assert theirs.getpeercert(binary_form=True) == after.der


def test_any_other_context_takes_the_certificate_itself(curve: Pair) -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    load_certificate(server, curve.named())
    _, theirs = handshake(server, trusting(), "shop.test")
    assert theirs.getpeercert(binary_form=True) == curve.der


def test_a_session_is_resumed_under_a_new_certificate(curve: Pair) -> None:
    root, client = root_with(curve), trusting(maximum_version=ssl.TLSVersion.TLSv1_2)
    _, theirs = handshake(root, client, "shop.test")
    load_certificate(root, make_pair("shop.test").named())
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = root.wrap_bio(to_server, to_client, server_side=True)
    again = client.wrap_bio(
        to_client, to_server, server_hostname="shop.test", session=theirs.session
    )
    for _ in range(4):
        for end in (again, ours):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    assert ours.session_reused
    assert asked_name(ours) == "shop.test"


def test_what_is_no_pair_is_refused_and_the_one_before_stays(curve: Pair, rsa: Pair) -> None:
    root = root_with(curve)
    bad = [
        Certificate("other key", curve.chain, make_pair("shop.test").key),
        Certificate("other type of key", curve.chain, rsa.key),
        Certificate("no key", curve.chain, b""),
        Certificate("no chain", b"", curve.key),
        Certificate("no pem", b"chain", b"key"),
        Certificate("password", curve.chain, curve.locked(b"secret")),
    ]
    for one in bad:
        with pytest.raises(ssl.SSLError):
            load_certificate(root, one)
    _, theirs = handshake(root, trusting(), "shop.test")
    assert theirs.getpeercert(binary_form=True) == curve.der


def test_no_file_with_the_key_is_left(
    curve: Pair, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    root_with(curve)
    with pytest.raises(ssl.SSLError):
        load_certificate(make_root(), Certificate("", b"chain", b"key"))
    assert list(tmp_path.iterdir()) == []
