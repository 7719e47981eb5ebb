"""Variables: every value that a log line or a header rule can name, and where it comes from."""

from bfe_py.observe.variables.inline import LOCALS
from bfe_py.observe.variables.row import Environment, Inline, RuleVariable, Variable
from bfe_py.observe.variables.rule import H2_FINGERPRINT, JA3_HASH, JA3_RAW
from bfe_py.observe.variables.session import CLIENT_RANDOM, SERVER_RANDOM
from bfe_py.observe.variables.table import REQUEST_VARIABLES, RULE_VARIABLES, SESSION_VARIABLES
from bfe_py.observe.variables.texts import (
    NO_CONTROLS,
    PLAIN,
    UNKNOWN,
    common_log_time,
    duration,
    escape_controls,
    escape_foreign,
    without_controls,
)

__all__ = [
    "CLIENT_RANDOM",
    "H2_FINGERPRINT",
    "JA3_HASH",
    "JA3_RAW",
    "LOCALS",
    "NO_CONTROLS",
    "PLAIN",
    "REQUEST_VARIABLES",
    "RULE_VARIABLES",
    "SERVER_RANDOM",
    "SESSION_VARIABLES",
    "UNKNOWN",
    "Environment",
    "Inline",
    "RuleVariable",
    "Variable",
    "common_log_time",
    "duration",
    "escape_controls",
    "escape_foreign",
    "without_controls",
]
