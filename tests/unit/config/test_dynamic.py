import inspect

import msgspec
import pytest

from bfe_py.config import dynamic

STRUCTS = [
    value
    for _, value in inspect.getmembers(dynamic, inspect.isclass)
    if issubclass(value, msgspec.Struct) and value is not msgspec.Struct
]


@pytest.mark.parametrize("struct", STRUCTS)
def test_every_part_is_frozen_and_named_as_on_the_wire(struct: type[msgspec.Struct]) -> None:
    assert struct.__struct_config__.frozen
    names = [entry.encode_name for entry in msgspec.structs.fields(struct)]
    assert len({name.lower() for name in names}) == len(names)


def test_a_whole_tree_survives_the_wire() -> None:
    tree = dynamic.Tree(
        version="1",
        server=dynamic.ServerGroup(files={"a": b"1"}),
        balance=dynamic.BalanceGroup(),
        names=dynamic.NameConf(),
        tls=dynamic.TlsGroup(revocations={"ca": [b"x"]}, ticket_key=b"k"),
        modules={"m": {"rules": dynamic.ModuleDocument(packed=b"p", tenants=["t"])}},
        tenants={"t": dynamic.TenantGroup(tenant="t")},
    )
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(tree), type=dynamic.Tree) == tree
