"""Attempt: one try on one backend; and the times of an exchange."""

from dataclasses import dataclass, field

from bfe_py.model.fault import Fault


@dataclass(slots=True, eq=False)
class Attempt:
    """One try on one backend; times are monotonic seconds, 0.0 where it did not get that far."""

    cluster: str
    sub_cluster: str
    backend: str
    """Name of the backend."""
    host: str
    """Address of the backend, as configured."""
    port: int
    scheme: str = "http"
    started: float = 0.0
    connect_started: float = 0.0
    connect_ended: float = 0.0
    ended: float = 0.0
    is_reused: bool = False
    _fault: Fault | None = field(default=None, init=False)

    @property
    def fault(self) -> Fault | None:
        """How it failed, without its frames."""
        return self._fault

    @fault.setter
    def fault(self, fault: Fault | None) -> None:
        if fault is not None:
            fault.forget_frames()
        self._fault = fault


@dataclass(slots=True, eq=False)
class Times:
    """When an exchange passed each point; monotonic seconds, 0.0: not passed."""

    head_started: float = 0.0
    """First byte of the request."""
    head_ended: float = 0.0
    """The request head was whole."""
    cluster_started: float = 0.0
    """The first attempt began."""
    cluster_ended: float = 0.0
    """The last attempt ended: response head or fault."""
    response_started: float = 0.0
    response_ended: float = 0.0
