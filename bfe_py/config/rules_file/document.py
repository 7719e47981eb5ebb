"""parse_rules: the document of one tenant decoded."""

from bfe_py.balance import Reach
from bfe_py.config.conditions import ConditionCache
from bfe_py.config.dynamic import TenantGroup
from bfe_py.config.findings import Report


def parse_rules(
    tenant: str,
    content: bytes,
    document: str,
    report: Report,
    reach: Reach | None = None,
    conditions: ConditionCache | None = None,
) -> TenantGroup | None:
    """The file of `tenant` decoded; None if there is an error in it. All of them are reported.

    Args:
        tenant: stem of the file's name.
        content: of the file.
        document: how findings call the file.
        report: takes the findings.
        reach: where its backends may be; None: anywhere but where no tenant's ever are.
        conditions: those that were read before, here or in other files.
    """
    # Imported for the first document: who has none does not wait for what reads them, and lark.
    from bfe_py.config.rules_file.read import read_rules

    return read_rules(tenant, content, document, report, reach, conditions)
