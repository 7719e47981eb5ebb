"""Verdict: what a handler decided."""

from dataclasses import dataclass

from bfe_py.model.message import ResponseHead
from bfe_py.model.streaming import Body


@dataclass(frozen=True, slots=True)
class Respond:
    """Answer from here, in place of a backend.

    `body` is bytes or a source to stream from. `skips_response_phase`: handlers of RESPONSE do not
    see it (BFE's Redirect and Finish). `closes`: the connection ends after it. `is_redirect`: the
    access log shows it under `$redirect` (BFE logs no status for it).
    """

    head: ResponseHead
    body: bytes | Body = b""
    skips_response_phase: bool = False
    closes: bool = False
    is_redirect: bool = False


@dataclass(frozen=True, slots=True)
class Close:
    """End the connection (or the stream) without an answer; `reason` is for the log."""

    reason: str


Verdict = Respond | Close | None
"""None: continue."""
