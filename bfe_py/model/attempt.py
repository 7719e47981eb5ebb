"""Attempt: one try on one backend."""

import msgspec

from bfe_py.model.fault import Fault


class Attempt(msgspec.Struct, eq=False):
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
    _fault: Fault | None = None

    @property
    def fault(self) -> Fault | None:
        """How it failed, without its frames."""
        return self._fault

    @fault.setter
    def fault(self, fault: Fault | None) -> None:
        if fault is not None:
            fault.forget_frames()
        self._fault = fault
