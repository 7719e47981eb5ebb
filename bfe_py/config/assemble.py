"""Assemble: the values of all groups into one tree, with a version."""

from collections.abc import Mapping

import msgspec

from bfe_py.config.dynamic import (
    BalanceGroup,
    ModuleDocument,
    ModuleGroup,
    NameConf,
    ServerGroup,
    TenantGroup,
    TicketGroup,
    TlsGroup,
    Tree,
)
from bfe_py.config.parts import PackedTree, pack_tree


def assemble(values: Mapping[str, object]) -> Tree:
    """Tree of the groups' values, by whatever names; its version is a digest of all of it.

    Raises:
        TypeError: a value is none that a group can have.
    """
    return assemble_packed(values)[0]


def assemble_packed(
    values: Mapping[str, object], before: PackedTree | None = None
) -> tuple[Tree, PackedTree]:
    """The same, and the parts of the tree; those that did not change since `before` are shared.

    Raises:
        TypeError: a value is none that a group can have.
    """
    gathered = _Gathered()
    for name in sorted(values):
        gathered.add(values[name])
    tree = gathered.tree()
    packed = pack_tree(tree, before)
    return msgspec.structs.replace(tree, version=packed.version), packed


class _Gathered:
    """What is there so far."""

    __slots__ = ("_balance", "_modules", "_names", "_server", "_tenants", "_ticket", "_tls")

    def __init__(self) -> None:
        self._server: ServerGroup | None = None
        self._balance: BalanceGroup | None = None
        self._names: NameConf | None = None
        self._tls: TlsGroup | None = None
        self._ticket = b""
        self._modules: dict[str, dict[str, ModuleDocument]] = {}
        self._tenants: dict[str, TenantGroup] = {}

    def add(self, value: object) -> None:
        match value:
            case ServerGroup():
                self._server = value
            case BalanceGroup():
                self._balance = value
            case NameConf():
                self._names = value
            case TlsGroup():
                self._tls = value
            case TicketGroup(key=key):
                self._ticket = key
            case ModuleGroup(module=module, documents=documents):
                self._modules.setdefault(module, {}).update(documents)
            case TenantGroup(tenant=tenant):
                self._tenants[tenant] = value
            case _:
                raise TypeError(f"no group has a value of type {type(value).__name__}")

    def tree(self) -> Tree:
        tls = self._tls
        if self._ticket:
            tls = msgspec.structs.replace(tls or TlsGroup(), ticket_key=self._ticket)
        return Tree(
            server=self._server,
            balance=self._balance,
            names=self._names,
            tls=tls,
            modules=self._modules,
            tenants=self._tenants,
        )
