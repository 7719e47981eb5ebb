"""The management listener: BFE's /monitor and /reload, metrics, health and dumps.

Here is what others speak of with it. The pages, `app`, are imported by whoever answers with them,
and only once workers serve: they need more than all the rest of a start.
"""

from bfe_py.manage.counting import merge
from bfe_py.manage.names import DELAYS, MODULE_DELAYS, MODULES, STATES, DelayFrame, Frame
from bfe_py.manage.state import (
    CONTROLLER,
    BackendStatus,
    DocumentStatus,
    GenerationStatus,
    Observed,
    ReloadAnswer,
    TableCounts,
    Upgraded,
    WorkerReading,
    WorkerStatus,
    wall_text,
)
from bfe_py.manage.versions import (
    KeptVersion,
    RefusedPlace,
    RolledBack,
    TriedReload,
    VersionsStatus,
)

__all__ = [
    "CONTROLLER",
    "DELAYS",
    "MODULES",
    "MODULE_DELAYS",
    "STATES",
    "BackendStatus",
    "DelayFrame",
    "DocumentStatus",
    "Frame",
    "GenerationStatus",
    "KeptVersion",
    "Observed",
    "RefusedPlace",
    "ReloadAnswer",
    "RolledBack",
    "TableCounts",
    "TriedReload",
    "Upgraded",
    "VersionsStatus",
    "WorkerReading",
    "WorkerStatus",
    "merge",
    "wall_text",
]
