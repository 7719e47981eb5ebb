"""Reading: what decoding a group looks at, and what it is decoded with."""

from collections.abc import Mapping
from posixpath import basename, join
from typing import TypeVar

import msgspec

from bfe_py.config.conditions import ConditionCache
from bfe_py.config.decode import decode_text
from bfe_py.config.documents import Documents
from bfe_py.config.findings import Finding, Report
from bfe_py.config.pki import Pki
from bfe_py.config.places import DocumentPlaces, JsonPlaces, LinePlaces, Places
from bfe_py.config.positioned import PositionedFindings
from bfe_py.config.text import Text, read_text

S = TypeVar("S", bound=msgspec.Struct)


class Reading:
    """One decoding of one group. `files` are the paths that were looked at, there or not."""

    __slots__ = ("_documents", "_overrides", "conditions", "files", "pki", "places", "report")

    def __init__(
        self,
        documents: Documents,
        overrides: Mapping[str, str],
        pki: Pki,
        conditions: ConditionCache,
    ) -> None:
        self._documents = documents
        self._overrides = overrides
        self.conditions = conditions
        self.pki = pki
        self.report = Report()
        self.files: dict[str, None] = {}
        self.places: dict[str, Places] = {}

    def read(self, path: str) -> bytes | None:
        """Content of a document, None if it is not there."""
        self.files[path] = None
        return self._documents.get(path)

    def names(self, path: str) -> tuple[str, ...] | None:
        """Names in a directory, None if there is no such directory."""
        self.files[path] = None
        return self._documents.names(path)

    def find_file(self, path: str) -> str:
        """`path`, or what stands for it this time: another file."""
        return self._overrides.get("path") or path

    def find_beside(self, path: str) -> str:
        """`path`, or what stands for it this time: the file of its name in another directory."""
        directory = self._overrides.get("path")
        return join(directory, basename(path)) if directory else path

    def require(self, path: str) -> bytes | None:
        """Content of a document; reported if it is not there."""
        content = self.read(path)
        if content is None:
            finding = Finding("error", "E001", "the document cannot be read", document=path)
            self.report.add(finding)
        return content

    def decode(self, schema: type[S], path: str) -> tuple[S | None, PositionedFindings]:
        """The JSON document at `path`, None if it is wrong; and where to put what else is."""
        content = self.require(path)
        text = None if content is None else read_text(content, path, self.report)
        value = None if text is None else decode_text(schema, text, self.report)
        if text is None or value is None:
            return None, self.findings(DocumentPlaces(path))
        places = self.places[path] = JsonPlaces(text)
        return value, self.findings(places)

    def line_findings(self, path: str, content: bytes) -> PositionedFindings:
        """Where to put what is wrong with a text document."""
        return self.findings(LinePlaces(Text(path, content.decode(errors="replace"))))

    def findings(self, places: Places) -> PositionedFindings:
        """Where to put what is wrong at `places`."""
        return PositionedFindings(places, self.report, self.conditions, self.read)
