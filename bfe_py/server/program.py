"""Which program this is, to the last of its files: what another one checked counts for nothing."""

import sys
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path

import msgspec

import bfe_py
from bfe_py.server.options import Site

_LIBRARIES = ("lark", "msgspec", "re2")
"""Whose judgement goes into what is said of a document, beside our own."""


def checking_key(site: Site, *, is_strict: bool) -> bytes:
    """What the same documents are read in the same way with: program, configuration, switches."""
    return msgspec.msgpack.encode(
        (
            [*_describe_program()],
            dict(site.static_files),
            list(site.modules),
            [site.is_compatible, is_strict, str(site.root), str(site.rules)],
        )
    )


def _describe_program() -> Iterator[str]:
    yield bfe_py.__version__
    yield sys.version
    digest = blake2b(digest_size=16)
    for path in sorted(Path(bfe_py.__file__).parent.rglob("*")):
        if path.suffix in (".py", ".lark"):
            digest.update(_describe_file(path).encode())
    yield digest.hexdigest()
    for name in _LIBRARIES:
        file = getattr(sys.modules.get(name), "__file__", None)
        yield name if file is None else _describe_file(Path(file))


def _describe_file(path: Path) -> str:
    status = path.stat()
    return f"{path} {status.st_size} {status.st_mtime_ns}"
