"""Policy: how the data plane behaves where BFE and better manners part."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """How exchanges are treated.

    `body_limit` is the most bytes that a request body may have, 0 for no limit; `tunnel_seconds`
    how long nothing may come through a tunnel.
    """

    statuses_as_bfe: bool = False
    paths_as_sent: bool = False
    is_compatible: bool = False
    body_limit: int = 0
    tunnel_seconds: float = 3600.0
