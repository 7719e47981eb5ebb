"""What operators see: counters, logs and the variables of log lines."""

from bfe_py.observe.access_log import (
    TemplateError,
    check_request_template,
    check_session_template,
    compile_request_line,
    compile_session_line,
)
from bfe_py.observe.exchanges import (
    ExchangeCounters,
    ExchangeStatistics,
    FaultCounters,
    TenantCounters,
)
from bfe_py.observe.json_lines import RequestRecord, SessionRecord
from bfe_py.observe.log_file import LogFileHandler, ProcessLogCounters, count_lost_lines
from bfe_py.observe.logs import LOG_FILE, EventLimit, LineFormatter, configure_logging
from bfe_py.observe.metrics import (
    Counters,
    Family,
    Histogram,
    HistogramSample,
    Labels,
    Reading,
    Registry,
    Sample,
    counter,
    gauge,
)
from bfe_py.observe.sinks import ROTATION_UNITS, FileLog, LogCounters, Rotation
from bfe_py.observe.tunnels import TunnelCounters
from bfe_py.observe.variables import (
    CLIENT_RANDOM,
    H2_FINGERPRINT,
    JA3_HASH,
    JA3_RAW,
    REQUEST_VARIABLES,
    RULE_VARIABLES,
    SERVER_RANDOM,
    SESSION_VARIABLES,
    Environment,
    RuleVariable,
    Variable,
)

__all__ = [
    "CLIENT_RANDOM",
    "H2_FINGERPRINT",
    "JA3_HASH",
    "JA3_RAW",
    "LOG_FILE",
    "REQUEST_VARIABLES",
    "ROTATION_UNITS",
    "RULE_VARIABLES",
    "SERVER_RANDOM",
    "SESSION_VARIABLES",
    "Counters",
    "Environment",
    "EventLimit",
    "ExchangeCounters",
    "ExchangeStatistics",
    "Family",
    "FaultCounters",
    "FileLog",
    "Histogram",
    "HistogramSample",
    "Labels",
    "LineFormatter",
    "LogCounters",
    "LogFileHandler",
    "ProcessLogCounters",
    "Reading",
    "Registry",
    "RequestRecord",
    "Rotation",
    "RuleVariable",
    "Sample",
    "SessionRecord",
    "TemplateError",
    "TenantCounters",
    "TunnelCounters",
    "Variable",
    "check_request_template",
    "check_session_template",
    "compile_request_line",
    "compile_session_line",
    "configure_logging",
    "count_lost_lines",
    "counter",
    "gauge",
]
