"""Assemble: the values of all groups into one tree, with a version."""

import hashlib
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

_PACK = msgspec.msgpack.Encoder()
_DIGEST_SIZE = 16


def assemble(values: Mapping[str, object]) -> Tree:
    """Tree of the groups' values, by whatever names; its version is a digest of all of it.

    Raises:
        TypeError: a value is none that a group can have.
    """
    parts = _Parts()
    for name in sorted(values):
        parts.add(values[name])
    tree = parts.tree()
    digest = hashlib.blake2b(_PACK.encode(tree), digest_size=_DIGEST_SIZE).hexdigest()
    return msgspec.structs.replace(tree, version=digest)


class _Parts:
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
