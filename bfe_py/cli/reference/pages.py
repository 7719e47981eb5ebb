"""The pages of the reference, by file name."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from bfe_py.cli.reference.conditions import conditions_page
from bfe_py.cli.reference.configuration import configuration_page
from bfe_py.cli.reference.errors import errors_page
from bfe_py.cli.reference.metrics import metrics_page
from bfe_py.cli.reference.modules import modules_page
from bfe_py.cli.reference.rules import rules_page

PAGES: Mapping[str, Callable[[], str]] = MappingProxyType(
    {
        "conditions.md": conditions_page,
        "configuration.md": configuration_page,
        "errors.md": errors_page,
        "metrics.md": metrics_page,
        "modules.md": modules_page,
        "rules.md": rules_page,
    }
)
"""File name -> what makes its content."""
