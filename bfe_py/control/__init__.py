"""The control plane: configuration from its source to the workers, and what they tell."""

from bfe_py.control.channel import Channel
from bfe_py.control.checked import CheckedStore
from bfe_py.control.delivery import Inbox
from bfe_py.control.files import FileDocuments, FileSource
from bfe_py.control.fleet import Fleet
from bfe_py.control.groups import GroupParts
from bfe_py.control.heartbeat import BEAT_SECONDS, Heartbeat, HeartbeatCounters
from bfe_py.control.history import History
from bfe_py.control.holds import Holds
from bfe_py.control.inheritance import Ended, Ends, Inheritance, Numbers, open_memory
from bfe_py.control.member import NOTHING, Member
from bfe_py.control.messages import (
    Alive,
    Applied,
    BackendCameUp,
    BackendReading,
    BackendsFailing,
    BackendWentDown,
    Claims,
    Down,
    Drop,
    Grants,
    Hello,
    Message,
    Prepare,
    Prepared,
    PutParts,
    ReadAll,
    ReadingTaken,
    Use,
)
from bfe_py.control.overlay import Contents, Overlay, with_version, without_others
from bfe_py.control.recovery import Recovery, find_cluster
from bfe_py.control.reloader import Outcome, Reloader, Users
from bfe_py.control.seen import Seen
from bfe_py.control.sharing import ROUND_SECONDS, Sharing, SharingCounters
from bfe_py.control.source import Bundle, Source
from bfe_py.control.suspicion import Suspicion, SuspicionCounters
from bfe_py.control.tenants import TenantParts
from bfe_py.control.version_store import Version, VersionStore
from bfe_py.control.versions import (
    VersionCounters,
    VersionError,
    Versions,
    find_version,
    read_contents,
    tell_kept,
)

__all__ = [
    "BEAT_SECONDS",
    "NOTHING",
    "ROUND_SECONDS",
    "Alive",
    "Applied",
    "BackendCameUp",
    "BackendReading",
    "BackendWentDown",
    "BackendsFailing",
    "Bundle",
    "Channel",
    "CheckedStore",
    "Claims",
    "Contents",
    "Down",
    "Drop",
    "Ended",
    "Ends",
    "FileDocuments",
    "FileSource",
    "Fleet",
    "Grants",
    "GroupParts",
    "Heartbeat",
    "HeartbeatCounters",
    "Hello",
    "History",
    "Holds",
    "Inbox",
    "Inheritance",
    "Member",
    "Message",
    "Numbers",
    "Outcome",
    "Overlay",
    "Prepare",
    "Prepared",
    "PutParts",
    "ReadAll",
    "ReadingTaken",
    "Recovery",
    "Reloader",
    "Seen",
    "Sharing",
    "SharingCounters",
    "Source",
    "Suspicion",
    "SuspicionCounters",
    "TenantParts",
    "Use",
    "Users",
    "Version",
    "VersionCounters",
    "VersionError",
    "VersionStore",
    "Versions",
    "find_cluster",
    "find_version",
    "open_memory",
    "read_contents",
    "tell_kept",
    "with_version",
    "without_others",
]
