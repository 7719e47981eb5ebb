"""What a tenant may name: backends and files."""

import pytest

from bfe_py.balance import Reach
from bfe_py.model import parse_address
from tests.kit.rules_files import read, read_cluster

OURS = parse_address("127.0.0.1", 8421)
assert OURS is not None
REACH = Reach(own=frozenset({OURS}))


@pytest.mark.parametrize(
    "settings",
    [
        "backend ⟦127.0.0.1:8421⟧",
        "backend harmless at ⟦[::ffff:127.0.0.1]:8421⟧ weight 0",
        "backend ⟦LocalHost:8421⟧",
        'backend 127.0.0.1:9001\ncheck http "/reload/x" ⟦host "api.example:8421"⟧',
        'backend localhost:9001\ncheck tcp ⟦host ":08421"⟧',
        'check tcp ⟦host ":８４２１"⟧\nbackend localhost:9001',
    ],
)
def test_a_tenant_does_not_reach_where_this_proxy_listens(settings: str) -> None:
    found = read_cluster(settings, REACH)

    assert settings in found.marked
    finding = found.only
    assert finding.code == "E701"
    assert finding.message.endswith("this proxy listens there itself")
    assert finding.expected == "another address or port"


def test_neither_does_a_backend_of_a_sub_cluster() -> None:
    found = read(
        "hosts a.test\ncluster web {\nsub a { backend ⟦127.0.0.1:8421⟧ }\n}\nroute -> web",
        reach=REACH,
    )

    assert "⟦127.0.0.1:8421⟧" in found.marked
    assert found.messages == [
        "`127.0.0.1:8421` cannot be a backend of a tenant: this proxy listens there itself"
    ]


def test_where_clouds_keep_credentials_is_closed_as_well() -> None:
    found = read_cluster("backend ⟦169.254.169.254:80⟧")

    assert found.only.code == "E701"
    assert "link-local" in found.only.message


@pytest.mark.parametrize(
    "settings",
    [
        "backend localhost:9001",
        "backend other.example:8421",
        'backend 127.0.0.1:9001\ncheck http host "api.example:80"',
        'backend 127.0.0.1:9001\ncheck http host "8421"',
        'backend 127.0.0.1:9001\ncheck http host "[::1]:8421"',
        'backend 127.0.0.1:9001\ncheck http host "a:²"',
    ],
)
def test_other_places_of_this_machine_are_open(settings: str) -> None:
    assert read_cluster(settings, REACH).messages == []


@pytest.mark.parametrize(
    "host",
    ["2130706433", "127.1", "127.0.0.01", "010.0.0.1", "0x7f.0.0.1", "0x7f000001", "10.0.0.256"],
)
def test_an_address_is_written_in_one_way(host: str) -> None:
    found = read_cluster(f"backend ⟦{host}:80⟧")

    assert f"⟦{host}:80⟧" in found.marked
    assert found.messages == [f"`{host}:80` is not the address of a backend"]


@pytest.mark.parametrize("host", ["web-1", "1.web", "10.0.0.1.nip.example", "0xweb", "7up"])
def test_a_name_may_hold_numbers(host: str) -> None:
    assert read_cluster(f"backend {host}:80").messages == []


@pytest.mark.parametrize(
    "name",
    [
        '"/etc/passwd"',
        '"/"',
        "`/etc/ssl/private/b`",
        '".."',
        '"../blog/own.key"',
        '"keys/../../blog/own.key"',
        '"keys/.."',
        '"./own.key"',
        '"keys//own.key"',
        '"keys/"',
    ],
)
@pytest.mark.parametrize(
    "settings",
    [
        'tls authority "ca.pem", ⟦%s⟧',
        'tls certificate ⟦%s⟧ key "own.key"',
        'tls certificate "own.crt" key ⟦%s⟧',
        "tls authority ⟦%s⟧ unverified",
    ],
)
def test_a_file_is_named_below_the_folder_of_its_tenant(settings: str, name: str) -> None:
    marked = settings.replace("%s", name)

    found = read_cluster(marked)

    assert marked in found.marked
    finding = found.only
    assert finding.code == "E702"
    assert finding.message == f"{name} is no file of this tenant"
    assert finding.expected.startswith("a name below the tenant's own folder")


@pytest.mark.parametrize("name", ["ca.pem", "keys/ca.pem", "..ca", "a..b/c", ".ca"])
def test_a_file_of_the_tenant_may_have_any_name_below_its_folder(name: str) -> None:
    entry = read_cluster(f'tls authority "{name}"').accepted.clusters["shop/web"]

    assert entry.https is not None
    assert entry.https.authorities == [name]
