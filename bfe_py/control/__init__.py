"""The control plane: configuration from its source to the workers, and what they tell."""

from bfe_py.control.channel import (
    Applied,
    BackendCameUp,
    BackendReading,
    BackendWentDown,
    Channel,
    Configure,
    Hello,
    Message,
    ReadAll,
    ReadingTaken,
)
from bfe_py.control.files import FileDocuments, FileSource
from bfe_py.control.fleet import Fleet, Member
from bfe_py.control.recovery import Down, Recovery
from bfe_py.control.reloader import Outcome, Reloader
from bfe_py.control.source import Bundle, Source
from bfe_py.control.tenants import TenantParts

__all__ = [
    "Applied",
    "BackendCameUp",
    "BackendReading",
    "BackendWentDown",
    "Bundle",
    "Channel",
    "Configure",
    "Down",
    "FileDocuments",
    "FileSource",
    "Fleet",
    "Hello",
    "Member",
    "Message",
    "Outcome",
    "ReadAll",
    "ReadingTaken",
    "Recovery",
    "Reloader",
    "Source",
    "TenantParts",
]
