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


def bind(address: ListenAddress, count: int) -> list[socket.socket]:
    """Bind `count` sockets to one address, one for each worker; a Unix path is one socket, shared.

    They do not listen yet, so a client is refused until a worker is ready.

    Raises:
        BindError: the address is in use, not ours, or not permitted.
    """
    try:
        if address.host.startswith("/"):
            return [_bind_path(Path(address.host))] * count
        target = _find_target(address)
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


def _find_target(address: ListenAddress) -> tuple[socket.AddressFamily, tuple[str, int]]:
    """Family and address that can be bound.

    Found by binding without SO_REUSEPORT, which fails where somebody else listens, even another of
    ours.
    """
    targets = _resolve(address)
    for family, target in targets[:-1]:
        try:
            _bind_address(family, target, shares_port=False).close()
        except OSError as error:
            if error.errno in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL):
                continue  # a machine without IPv6
            raise
        return family, target
    family, target = targets[-1]
    _bind_address(family, target, shares_port=False).close()
    return family, target


def _resolve(address: ListenAddress) -> list[tuple[socket.AddressFamily, tuple[str, int]]]:
    host = address.host.strip("[]")
    if not host:
        everywhere = ("", address.port)
        return [(socket.AF_INET6, everywhere), (socket.AF_INET, everywhere)]
    found = socket.getaddrinfo(host, address.port, type=socket.SOCK_STREAM)
    return [(found[0][0], (str(found[0][4][0]), address.port))]


def _bind_address(
    family: socket.AddressFamily, target: tuple[str, int], *, shares_port: bool
) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shares_port:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if family is socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if not target[0] else 1)
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
