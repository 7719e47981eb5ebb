"""Certificates: which one a listener presents; part of the snapshot."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate chain with its key, both PEM."""

    name: str
    chain: bytes
    key: bytes


@dataclass(frozen=True, slots=True)
class Certificates:
    """Every certificate by its name, and the one for clients that name no host of ours."""

    by_name: Mapping[str, Certificate] = field(default_factory=dict)
    default: Certificate | None = None
