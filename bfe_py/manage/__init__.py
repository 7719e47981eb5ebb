"""The management listener: BFE's /monitor and /reload, metrics, health and dumps."""

from bfe_py.manage.app import App, Settings
from bfe_py.manage.counting import merge
from bfe_py.manage.names import DELAYS, MODULE_DELAYS, MODULES, STATES, DelayFrame, Frame
from bfe_py.manage.state import (
    CONTROLLER,
    BackendStatus,
    GenerationStatus,
    Observed,
    ReloadAnswer,
    TableCounts,
    WorkerReading,
)
from bfe_py.manage.upgrade import Upgraded

__all__ = [
    "CONTROLLER",
    "DELAYS",
    "MODULES",
    "MODULE_DELAYS",
    "STATES",
    "App",
    "BackendStatus",
    "DelayFrame",
    "Frame",
    "GenerationStatus",
    "Observed",
    "ReloadAnswer",
    "Settings",
    "TableCounts",
    "Upgraded",
    "WorkerReading",
    "merge",
]
