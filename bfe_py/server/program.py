"""Which program this is, to the last of its files: what another one checked counts for nothing."""

import os
import sys
from collections.abc import Iterator
from hashlib import blake2b
from importlib.util import find_spec
from operator import attrgetter
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
    for entry in _sources(Path(bfe_py.__file__).parent):
        digest.update(_describe_file(entry).encode())
    yield digest.hexdigest()
    for name in _LIBRARIES:
        found = find_spec(name)  # which does not import it
        file = None if found is None else found.origin
        yield name if file is None else _describe_file(Path(file))


def _sources(folder: Path | str) -> "Iterator[os.DirEntry[str]]":
    """Every source file below `folder`, in order; a start waits for this, and paths take longer."""
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=attrgetter("name")):
            if entry.name.endswith((".py", ".lark")):
                yield entry
            elif entry.is_dir() and entry.name != "__pycache__":
                yield from _sources(entry.path)


def _describe_file(file: "Path | os.DirEntry[str]") -> str:
    status = file.stat()
    return f"{os.fspath(file)} {status.st_size} {status.st_mtime_ns}"
