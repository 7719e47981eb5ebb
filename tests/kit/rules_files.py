"""Reading of `.rules` texts, and their findings marked in the text itself.

A text with marks is written as a person would show an error: the part that is wrong stands between
``⟦`` and ``⟧``. `read` takes the marks out; `wrong_parts` says what was reported where.
"""

from dataclasses import dataclass

from bfe_py.balance import Reach
from bfe_py.config.dynamic import TenantGroup
from bfe_py.config.findings import Finding, Report
from bfe_py.config.rules_file import parse_rules

SERVED = """
hosts shop.example
cluster web { backend 10.0.0.1:8000 }
route -> web
"""
"""A file with everything that a file must have."""


@dataclass(frozen=True, slots=True)
class Read:
    """What came of a file."""

    text: str
    group: TenantGroup | None
    findings: list[Finding]

    @property
    def accepted(self) -> TenantGroup:
        """The group of a file without any finding."""
        assert not self.findings, self.findings
        assert self.group is not None
        return self.group

    @property
    def marked(self) -> str:
        """The text with every finding marked in it."""
        lines = self.text.split("\n")
        places = {(one.line, one.column, one.end_column) for one in self.findings}
        for line, start, end in sorted(places, reverse=True):
            shown = lines[line - 1]
            lines[line - 1] = (
                f"{shown[: start - 1]}⟦{shown[start - 1 : end - 1]}⟧{shown[end - 1 :]}"
            )
        return "\n".join(lines)

    @property
    def messages(self) -> list[str]:
        """Messages in the order of their places."""
        ordered = sorted(self.findings, key=lambda one: (one.line, one.column))
        return [one.message for one in ordered]

    @property
    def only(self) -> Finding:
        """The one finding there is."""
        assert len(self.findings) == 1, self.findings
        return self.findings[0]


def read(text: str, tenant: str = "shop", reach: Reach | None = None) -> Read:
    """The file `text` of `tenant`; marks in it do not count."""
    plain = text.replace("⟦", "").replace("⟧", "")
    report = Report()
    document = f"rules/{tenant}.rules"
    group = parse_rules(tenant, plain.encode(), document, report, reach or Reach())
    assert (group is None) == (report.error_count > 0)
    return Read(plain, group, report.findings)


def read_served(text: str) -> Read:
    """The same of `text` in front of what a file must have."""
    return read(text + SERVED)


def read_cluster(settings: str, reach: Reach | None = None) -> Read:
    """A file whose only cluster has one backend and `settings` in its block."""
    return read(
        f"hosts shop.example\ncluster web {{\nbackend 10.0.0.1:8000\n{settings}\n}}\nroute -> web\n",
        reach=reach,
    )
