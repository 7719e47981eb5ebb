"""The points at which modules take part in an exchange, and what a module is."""

from bfe_py.pipeline.chain import Chain, ChainCounters
from bfe_py.pipeline.load import ModuleError, load_modules, module_names, order_modules
from bfe_py.pipeline.module import (
    Document,
    ExchangeHandler,
    Findings,
    Handler,
    Module,
    Parts,
    Path,
    SessionHandler,
)
from bfe_py.pipeline.phases import AWAITABLE_PHASES, SESSION_PHASES, Phase
from bfe_py.pipeline.rules import GLOBAL, Matches, RuleTable, always, decide
from bfe_py.pipeline.services import (
    Files,
    HttpClient,
    LogFile,
    Resolver,
    Services,
    Store,
)
from bfe_py.pipeline.tables import compile_table
from bfe_py.pipeline.verdict import Close, Respond, Verdict

__all__ = [
    "AWAITABLE_PHASES",
    "GLOBAL",
    "SESSION_PHASES",
    "Chain",
    "ChainCounters",
    "Close",
    "Document",
    "ExchangeHandler",
    "Files",
    "Findings",
    "Handler",
    "HttpClient",
    "LogFile",
    "Matches",
    "Module",
    "ModuleError",
    "Parts",
    "Path",
    "Phase",
    "Resolver",
    "Respond",
    "RuleTable",
    "Services",
    "SessionHandler",
    "Store",
    "Verdict",
    "always",
    "compile_table",
    "decide",
    "load_modules",
    "module_names",
    "order_modules",
]
