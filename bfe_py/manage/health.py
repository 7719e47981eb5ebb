"""/ready and /healthz: what load balancers in front of us and supervisors of processes ask."""

import msgspec

from bfe_py.manage.answer import Answer, own_json
from bfe_py.manage.state import Observed


class Readiness(msgspec.Struct, frozen=True):
    """/ready."""

    is_ready: bool = msgspec.field(name="ready")
    reason: str
    """Why not; empty if it is."""
    version: str
    """Configuration in use."""


class Liveness(msgspec.Struct, frozen=True):
    """/healthz."""

    status: str = "ok"


def ready_page(observed: Observed) -> Answer:
    """200 if new connections are welcome, otherwise 503 and why."""
    version = observed.generation.version
    if observed.is_draining:
        reason = "draining"
    elif observed.is_ready:
        return own_json(Readiness(is_ready=True, reason="", version=version))
    elif version:
        reason = "no worker serves the configuration yet"
    else:
        reason = "no configuration is loaded"
    return own_json(Readiness(is_ready=False, reason=reason, version=version), 503)


def health_page() -> Answer:
    """200 as long as there is somebody to say so."""
    return own_json(Liveness())
