import msgspec
import pytest

from bfe_py.config.assemble import assemble
from bfe_py.config.dynamic import (
    BalanceGroup,
    HostRule,
    ModuleDocument,
    ModuleGroup,
    NameConf,
    ServerGroup,
    TenantGroup,
    TicketGroup,
    TlsGroup,
    Tree,
)

SERVER = ServerGroup(hosts=HostRule(version="1"))
RULES = ModuleDocument(packed=b"1")
VALUES = {
    "server_data_conf": SERVER,
    "gslb_data_conf": BalanceGroup(),
    "name_conf": NameConf(version="n"),
    "tls_conf": TlsGroup(),
    "tls_session_ticket_key": TicketGroup(key=b"k" * 48),
    "mod_x": ModuleGroup(module="mod_x", documents={"rules": RULES}),
    "mod_x.table": ModuleGroup(module="mod_x", documents={"table": RULES}),
    "rules/shop": TenantGroup(tenant="shop"),
}


def test_every_group_has_its_place_in_the_tree() -> None:
    tree = assemble(VALUES)
    assert tree.server == SERVER
    assert tree.balance == BalanceGroup()
    assert tree.names == NameConf(version="n")
    assert tree.tls == TlsGroup(ticket_key=b"k" * 48)
    assert tree.modules == {"mod_x": {"rules": RULES, "table": RULES}}
    assert tree.tenants == {"shop": TenantGroup(tenant="shop")}


def test_a_key_of_tickets_alone_is_kept_too() -> None:
    tree = assemble({"tls_session_ticket_key": TicketGroup(key=b"k" * 48)})
    assert tree.tls == TlsGroup(ticket_key=b"k" * 48)
    assert assemble({"tls_session_ticket_key": TicketGroup()}).tls is None


def test_the_version_is_a_digest_of_everything() -> None:
    version = assemble(VALUES).version
    assert len(version) == 32
    assert assemble(dict(reversed(VALUES.items()))).version == version
    changed = VALUES | {"server_data_conf": ServerGroup(hosts=HostRule(version="2"))}
    assert assemble(changed).version != version
    assert assemble({}).version != version


def test_a_tree_can_be_sent() -> None:
    tree = assemble(VALUES)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(tree), type=Tree) == tree


def test_other_values_are_a_mistake() -> None:
    with pytest.raises(TypeError, match="int"):
        assemble({"x": 1})
