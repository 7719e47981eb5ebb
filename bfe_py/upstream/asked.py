"""How one asks a backend without being a coroutine."""

from collections.abc import Callable
from typing import Protocol

from bfe_py.model import RequestHead, ResponseHead
from bfe_py.transport import Steps

Asked = tuple[RequestHead, bytes, bytes, frozenset[bytes]]
"""Head of the client, target and authority for the backend, and the fields that are left out."""


class Asking(Steps, Protocol):
    """Who asks without being a coroutine: goes on once there is an answer, and none will come."""

    def send_interim(self, head: ResponseHead) -> None:
        """Take a 1xx response."""


TakesInterim = Callable[[ResponseHead], None]
