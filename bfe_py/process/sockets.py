"""Listening sockets: bound by the parent, listened on by the workers."""

import os
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
        host = self.host or "*"
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
        family, target = _resolve(address)
        # Without SO_REUSEPORT this fails where somebody else, even another of ours, listens.
        _bind_address(family, target, shares_port=False).close()
        return [_bind_address(family, target, shares_port=True) for _ in range(count)]
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise BindError(f"cannot listen on {address} ({address.name}): {reason}") from error


def _resolve(address: ListenAddress) -> tuple[socket.AddressFamily, tuple[str, int]]:
    host = address.host.strip("[]")
    if not host:
        return socket.AF_INET6 if socket.has_dualstack_ipv6() else socket.AF_INET, (
            "",
            address.port,
        )
    found = socket.getaddrinfo(host, address.port, type=socket.SOCK_STREAM)
    return found[0][0], (str(found[0][4][0]), address.port)


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
