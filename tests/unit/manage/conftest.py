"""What the management pages are shown in these tests: an Observed made of plain values."""

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from bfe_py.balance import Backend, Cluster, SubCluster
from bfe_py.manage import (
    BackendStatus,
    GenerationStatus,
    ReloadAnswer,
    RolledBack,
    TableCounts,
    TriedReload,
    VersionsStatus,
    WorkerReading,
)
from bfe_py.manage.app import App, Settings
from bfe_py.model import BytesBody, Headers, RequestHead, Session, parse_address
from bfe_py.observe import HistogramSample, Reading, Sample
from bfe_py.pipeline import Chain, Phase
from bfe_py.snapshot import Versions

GOLDEN_COUNTS = TableCounts(
    tenants=2,
    hosts=3,
    host_tags=2,
    vips=1,
    tenants_with_rules=2,
    tenants_with_basic_rules=1,
    rules=3,
    basic_rules=1,
    clusters=2,
    backends=4,
)
GOLDEN_GENERATION = GenerationStatus(
    "abc", 1_699_999_000.0, reloads_total=3, worker_versions={0: "abc"}
)
LOCAL = parse_address("127.0.0.1", 8421)


def no_verdict(exchange):
    return None


@dataclass
class ManualClock:
    now: float = 1_700_000_000.0

    def monotonic(self):
        return self.now

    def wall(self):
        return self.now


def backend(name, port):
    return Backend(name, "127.0.0.1", port, 1)


def golden_clusters():
    s1 = SubCluster("s1", 1, (backend("s1-b0", 80),))
    s2 = SubCluster("s2", 0, (backend("s2-b1", 81), backend("s2-b2", 82)))
    main = SubCluster("main", 1, (backend("main-b3", 83),))
    return {
        "c1": Cluster("c1", sub_clusters=(main,)),
        "c0": Cluster("c0", sub_clusters=(s2, s1)),
        "unbalanced": Cluster("unbalanced", has_balance=False),
    }


@dataclass
class FakeObserved:
    """As the golden tree `monitor` would be seen."""

    workers: list = field(default_factory=list)
    snapshot: object = None
    counts: TableCounts = GOLDEN_COUNTS
    generation: GenerationStatus = GOLDEN_GENERATION
    documents: list = field(default_factory=list)
    worker_statuses: list = field(default_factory=list)
    is_ready: bool = True
    is_draining: bool = False
    ends: dict = field(default_factory=dict)
    started: float = 1_699_990_000.0
    modules_available: tuple = ("mod_block", "mod_http_code", "mod_header")
    modules_enabled: tuple = ("mod_http_code",)
    module_versions: dict = field(default_factory=dict)
    reload_names: tuple = ("server_data_conf", "gslb_data_conf", "tls_conf", "mod_tag")
    backend_list: list = field(default_factory=list)
    reload_answer: object = ReloadAnswer(is_ok=True)
    reloaded: list = field(default_factory=list)
    tried: TriedReload = field(default_factory=TriedReload)
    versions: VersionsStatus = field(default_factory=VersionsStatus)
    rolled_back: RolledBack = field(default_factory=RolledBack)
    wanted: list = field(default_factory=list)
    """Names of what was tried, and versions that were gone back to."""

    def __post_init__(self):
        if self.snapshot is None:
            handlers = {Phase.FINISH: (("mod_http_code", no_verdict),)}
            self.snapshot = SimpleNamespace(
                versions=Versions("hr1", "vr1", "rr1", "cc1", "ct1", "1", "golden"),
                clusters=golden_clusters(),
                chain=Chain(handlers, None),
            )

    async def readings(self):
        if isinstance(self.workers, Exception):
            raise self.workers
        return list(self.workers)

    def backends(self):
        return self.backend_list

    async def reload(self, name, query):
        self.reloaded.append((name, dict(query)))
        if isinstance(self.reload_answer, Exception):
            raise self.reload_answer
        return self.reload_answer

    async def try_reload(self, name):
        self.wanted.append(name)
        return self.tried

    async def roll_back(self, version):
        self.wanted.append(version)
        return self.rolled_back

    def count(self, bfe, value, *, kind="counter", worker=0, labels=(), **state):
        """One more process that counts one number."""
        sample = Sample(
            f"bfe_test_{len(self.workers)}_total", "Help.", kind, bfe, labels, [((), value)]
        )
        self.workers.append(WorkerReading(worker, Reading([sample], []), **state))

    def observe(self, name, bounds, counts, total):
        """One process with one histogram, in place of all others."""
        histogram = HistogramSample(name, "Help.", bounds, counts, total)
        self.workers = [WorkerReading(0, Reading([], [histogram]))]


@dataclass
class ReplyRecorder:
    """A Reply that keeps what it is given."""

    interim: list = field(default_factory=list)
    head: object = None
    body: bytes = b""
    pieces: int = 0
    has_ended: bool = False
    is_aborted: bool = False
    is_blocked: bool = False
    waits: int = 0
    fault: object = None

    @property
    def has_begun(self):
        return self.head is not None

    def send_interim(self, head):
        self.interim.append(head.status)

    def send_head(self, head):
        self.head = head

    def send_whole(self, head, content):
        self.head = head
        self.body = content
        self.has_ended = True

    def send_body(self, piece):
        self.body += piece
        self.pieces += 1

    def send_end(self, trailers=None):
        self.has_ended = True

    async def wait_writable(self):
        self.waits += 1
        if self.fault is not None:
            raise self.fault

    def abort(self):
        self.is_aborted = True

    def header(self, name):
        return self.head.headers.get(name)


@dataclass
class Client:
    """Sends requests to an App without a socket."""

    app: App
    peer: object = parse_address("127.0.0.1", 50000)
    balancer: object = None
    local: object = LOCAL

    def send(self, target, method="GET", *, headers=(), body=None, reply=None, **parts):
        fields = list(headers)
        if not any(name.lower() == b"host" for name, _ in fields):
            fields.append((b"Host", b"127.0.0.1:8421"))
        head = RequestHead(method.encode(), target.encode(), Headers(fields), **parts)
        session = Session(self.peer, self.local, 0.0, "monitor", self.balancer)
        reply = reply or ReplyRecorder()
        asyncio.run(self.app.serve(session, head, body or BytesBody(), reply))
        return reply


@pytest.fixture
def observed():
    return FakeObserved()


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def make_client(observed, clock):
    def make(settings=None, registry=None, upgrade=None, **parts):
        return Client(App(observed, clock, settings, registry, upgrade), **parts)

    return make


@pytest.fixture
def compatible(make_client):
    return make_client(Settings(is_compatible=True))


@pytest.fixture
def client(make_client):
    return make_client()


@pytest.fixture
def make_reply():
    return ReplyRecorder


@pytest.fixture
def make_status():
    return BackendStatus
