"""Documents of modules: decoded by the module's schema, tried, and packed for the workers."""

from typing import Any

import msgspec

from bfe_py.config.dynamic import ModuleDocument, ModuleGroup
from bfe_py.config.ini import fold_name
from bfe_py.config.reading import Reading
from bfe_py.pipeline import Document

_PACK = msgspec.msgpack.Encoder()


class ModuleReader:
    """Reads the documents of `module` that have one reload name."""

    __slots__ = ("_documents", "_module")

    def __init__(self, module: str) -> None:
        self._module = module
        self._documents: list[tuple[Document, str]] = []

    def add(self, document: Document, settings: Any) -> None:
        """Take `document` in, if the `settings` or its default say where it is."""
        path = find_path(document, settings)
        if path:
            self._documents.append((document, path))

    @property
    def paths(self) -> tuple[str, ...]:
        """Where the documents are."""
        return tuple([path for _, path in self._documents])

    def read(self, reading: Reading) -> ModuleGroup:
        """The documents, decoded and checked."""
        find = reading.find_file if len(self._documents) == 1 else reading.find_beside
        packed = {}
        for document, path in self._documents:
            found = _read_document(document, find(path), reading)
            if found is not None:
                packed[document.name] = found
        return ModuleGroup(module=self._module, documents=packed)


def find_path(document: Document, settings: Any) -> str:
    """Where `settings` or else its default say that `document` is; empty: nowhere."""
    named = settings
    for name in document.setting:
        named = _attribute(named, name)
    return named if isinstance(named, str) and named else document.default


def _attribute(settings: Any, name: str) -> Any:
    """Field of `settings` by its name in a `.conf`."""
    if isinstance(settings, msgspec.Struct):
        for entry in msgspec.structs.fields(settings):
            if fold_name(entry.encode_name) == fold_name(name):
                return getattr(settings, entry.name)
    return None


def _read_document(document: Document, path: str, reading: Reading) -> ModuleDocument | None:
    if document.schema is None:
        content = reading.require(path)
        if content is None:
            return None
        findings = reading.line_findings(path, content)
        document.compile(content, findings)
        return ModuleDocument(packed=content, files=findings.files)
    value, findings = reading.decode(document.schema, path)
    if value is None:
        return None
    document.compile(value, findings)
    version = _attribute(value, "Version")
    return ModuleDocument(
        packed=_PACK.encode(value),
        version=version if isinstance(version, str) else "",
        tenants=list(getattr(value, "tenants", None) or ()),
        files=findings.files,
    )
