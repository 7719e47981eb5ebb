from collections.abc import Callable

import msgspec
import pytest

from bfe_py.config.conditions import ConditionCache
from bfe_py.config.decode import decode_text
from bfe_py.config.findings import Report
from bfe_py.config.places import JsonPlaces
from bfe_py.config.positioned import PositionedFindings
from bfe_py.config.text import Text


class Examination:
    """Checks one JSON document; remembers what it was told."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def __call__(
        self,
        schema: type[msgspec.Struct],
        document: object,
        check: Callable[[msgspec.Struct, PositionedFindings], object],
    ) -> Report:
        source = document if isinstance(document, str) else msgspec.json.encode(document).decode()
        report = Report()
        text = Text("x.data", source)
        value = decode_text(schema, text, report)
        assert value is not None, report.findings
        findings = PositionedFindings(JsonPlaces(text), report, ConditionCache(), self.files.get)
        check(value, findings)
        return report

    def codes(self, *arguments: object) -> list[str]:
        return [finding.code for finding in self(*arguments)]


@pytest.fixture
def examine() -> Examination:
    return Examination()
