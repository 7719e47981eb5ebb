"""docs/errors.md: codes of findings, and what the balancer answers when it fails."""

from bfe_py.cli.reference.markdown import code, document, table
from bfe_py.config import EXPLANATIONS
from bfe_py.model import Kind

_INTRODUCTION = """
# Errors

## Findings

What `bfe-py check` and reloads say of a configuration. E: it is not used; W: it is used, but likely
not meant so, and an error under `--strict`. `bfe-py explain CODE` shows a line of this table.
"""

_FAULTS = """
## Faults

What a client is answered where an exchange fails. *BFE* is the status with `CompatStatus` of
`[BfePy]` or `--compat bfe`; a dash: the connection ends without an answer. The code is what
`$error` of the access log shows; it is in the counters too.
"""


def errors_page() -> str:
    """Content of the page."""
    findings = [(code(name), meaning) for name, meaning in EXPLANATIONS.items()]
    faults = [
        (
            code(kind.name.lower()),
            kind.value.side.value,
            str(kind.value.status or "-"),
            str(kind.value.bfe_status or "-"),
            code(kind.value.code),
        )
        for kind in Kind.__members__.values()
    ]
    return document(
        _INTRODUCTION,
        table(("code", "meaning"), findings),
        _FAULTS,
        table(("fault", "side", "status", "BFE", "code"), faults),
    )
