"""Listening sockets: bound by the parent, listened on by the workers."""

import errno
import socket
import stat
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


class BindError(Exception):
    """An address cannot be listened on; the text is one line for an operator."""


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """Where to listen. `host` empty: all addresses of both families; a path starts with ``/``."""

    name: str
    host: str
    port: int

    def __str__(self) -> str:
        if self.host.startswith("/"):
            return self.host
        host = self.host.strip("[]") or "*"
        return f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"


def bind(
    address: ListenAddress, count: int, ours: frozenset[int] = frozenset()
) -> list[socket.socket]:
    """Bind `count` sockets to one address, one for each worker; to a Unix path one for all.

    They do not listen yet, so a client is refused until a worker is ready. On a port of `ours`
    another version of us may listen already, at another address.

    Raises:
        BindError: the address is in use, not ours, or not permitted.
    """
    try:
        if address.host.startswith("/"):
            return [_bind_path(Path(address.host))]
        target = _find_target(address, is_ours=address.port in ours)
        return [_bind_address(*target, shares_port=True) for _ in range(count)]
    except OSError as error:
        raise BindError(
            f"cannot listen on {address} ({address.name}): {_reason(error, address)}"
        ) from error


def _reason(error: OSError, address: ListenAddress) -> str:
    reason = str(error.strerror or error)
    if error.errno == errno.EACCES and 0 < address.port < 1024:
        reason += " (ports below 1024 are for root, or for who has CAP_NET_BIND_SERVICE)"
    return reason


def bind_beside(bound: socket.socket, count: int) -> list[socket.socket]:
    """Bind up to `count` sockets more to the address of one; none where that cannot be.

    It cannot be on a Unix path, without SO_REUSEPORT, and where another user bound the first.
    """
    made: list[socket.socket] = []
    if bound.family is socket.AF_UNIX or not bound.getsockopt(
        socket.SOL_SOCKET, socket.SO_REUSEPORT
    ):
        return made
    is_v6 = bound.family is socket.AF_INET6
    only_v6 = bound.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY) if is_v6 else 0
    with suppress(OSError):
        for _ in range(count):
            made.append(
                _bind_address(
                    bound.family, bound.getsockname(), shares_port=True, only_v6=bool(only_v6)
                )
            )
    return made


def _find_target(
    address: ListenAddress, *, is_ours: bool
) -> tuple[socket.AddressFamily, tuple[str, int]]:
    """Family and address that can be bound.

    Found by binding without SO_REUSEPORT, which fails where somebody else listens, even another of
    ours; but not `is_ours`.
    """
    targets = _resolve(address)
    for family, target in targets[:-1]:
        try:
            _bind_address(family, target, shares_port=is_ours).close()
        except OSError as error:
            if error.errno in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL):
                continue  # a machine without IPv6
            raise
        return family, target
    family, target = targets[-1]
    _bind_address(family, target, shares_port=is_ours).close()
    return family, target


def _resolve(address: ListenAddress) -> list[tuple[socket.AddressFamily, tuple[str, int]]]:
    host = address.host.strip("[]")
    if not host:
        everywhere = ("", address.port)
        return [(socket.AF_INET6, everywhere), (socket.AF_INET, everywhere)]
    found = socket.getaddrinfo(host, address.port, type=socket.SOCK_STREAM)
    return [(found[0][0], (str(found[0][4][0]), address.port))]


def _bind_address(
    family: socket.AddressFamily,
    target: tuple[str, int],
    *,
    shares_port: bool,
    only_v6: bool | None = None,
) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shares_port:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if family is socket.AF_INET6:
            only = bool(target[0]) if only_v6 is None else only_v6
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(only))
        made.bind(target)
    except OSError:
        made.close()
        raise
    return made


def _bind_path(path: Path) -> socket.socket:
    with suppress(FileNotFoundError):
        if stat.S_ISSOCK(path.stat().st_mode) and not _is_alive(path):
            path.unlink()
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        made.bind(str(path))
    except OSError:
        made.close()
        raise
    return made


def _is_alive(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def close_all(sockets: Sequence[socket.socket]) -> None:
    """Close sockets of another process's share."""
    for one in sockets:
        one.close()
