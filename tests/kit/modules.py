"""What a test of a module needs: a clock to turn, services that record, findings that are kept."""

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from bfe_py.condition import Condition, ConditionError, compile_condition
from bfe_py.model import (
    Address,
    BytesBody,
    Exchange,
    Headers,
    RequestHead,
    ResponseHead,
    Session,
    TlsFacts,
    parse_address,
)
from bfe_py.observe import Registry, Rotation
from bfe_py.pipeline import (
    Handler,
    Module,
    Parts,
    Path,
    Phase,
    Respond,
    Verdict,
)
from bfe_py.shares import Shares

R = TypeVar("R")
Fields = Iterable[tuple[bytes, bytes]]


@dataclass(slots=True)
class ManualClock:
    """A clock that stands still until it is turned."""

    monotonic_now: float = 1000.0
    wall_now: float = 1_767_225_600.0
    """2026-01-01 00:00:00 UTC."""

    def monotonic(self) -> float:
        return self.monotonic_now

    def wall(self) -> float:
        return self.wall_now

    def advance(self, seconds: float) -> None:
        """Both readings go on by `seconds`."""
        self.monotonic_now += seconds
        self.wall_now += seconds


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a module found wrong."""

    path: Path
    message: str
    expected: str = ""


def never(_facts: object) -> bool:
    """A condition that did not compile."""
    return False


@dataclass(slots=True)
class CollectedFindings:
    """Findings that are kept; `files` are what `file` finds."""

    files: dict[str, bytes] = field(default_factory=dict)
    errors: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)

    def error(self, path: Path, message: str, *, expected: str = "") -> None:
        self.errors.append(Finding(path, message, expected))

    def warning(self, path: Path, message: str, *, expected: str = "") -> None:
        self.warnings.append(Finding(path, message, expected))

    def condition(self, path: Path, text: str) -> Condition:
        try:
            return compile_condition(text)
        except ConditionError as error:
            self.error(path, str(error))
            return compile_condition("!default_t()")

    def file(self, path: Path, name: str) -> bytes | None:
        if name not in self.files:
            self.error(path, f"there is no file {name}")
        return self.files.get(name)

    @property
    def error_paths(self) -> list[Path]:
        """Where the errors are."""
        return [finding.path for finding in self.errors]


@dataclass(slots=True)
class RecordedLog:
    """A log file that keeps its lines."""

    path: str
    rotation: Rotation
    lines: list[bytes] = field(default_factory=list)
    reopened: int = 0

    def write(self, line: bytes) -> None:
        self.lines.append(line)

    def reopen(self) -> None:
        self.reopened += 1


@dataclass(slots=True)
class FakeFiles:
    """Files in memory; `logs` are those that were opened, by path."""

    contents: dict[str, bytes] = field(default_factory=dict)
    logs: dict[str, RecordedLog] = field(default_factory=dict)

    def read(self, path: str) -> bytes:
        if path not in self.contents:
            raise FileNotFoundError(path)
        return self.contents[path]

    def open_log(self, path: str, rotation: Rotation) -> RecordedLog:
        return self.logs.setdefault(path, RecordedLog(path, rotation))


@dataclass(frozen=True, slots=True)
class SentRequest:
    """One request that a module made of its own."""

    url: str
    head: RequestHead
    body: bytes
    seconds: float


@dataclass(slots=True)
class FakeHttp:
    """Answers in turn, the last one for ever; an exception is raised."""

    answers: list[tuple[ResponseHead, bytes] | Exception] = field(default_factory=list)
    sent: list[SentRequest] = field(default_factory=list)

    async def send(
        self, url: str, head: RequestHead, body: bytes, seconds: float
    ) -> tuple[ResponseHead, bytes]:
        self.sent.append(SentRequest(url, head, body, seconds))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


@dataclass(slots=True)
class FakeStore:
    """Answers commands with `respond`; `commands` are those that came."""

    respond: Callable[..., object] = lambda *words: None
    commands: list[tuple[bytes, ...]] = field(default_factory=list)

    async def execute(self, *words: bytes) -> object:
        self.commands.append(words)
        return self.respond(*words)


@dataclass(slots=True)
class FakeResolver:
    """Names that are known beforehand."""

    known: dict[str, list[str]] = field(default_factory=dict)

    async def resolve(self, name: str, port: int) -> list[tuple[str, int]]:
        if name not in self.known:
            raise OSError(f"{name} is unknown")
        return [(address, port) for address in self.known[name]]


async def _at_once(function: Callable[[], R]) -> R:
    return function()


@dataclass(slots=True)
class FakeServices:
    """Services that reach nothing; random bytes are 00 00 .., 01 01 .., a new byte at each call and
    for each 16 bytes of one.
    """

    clock: ManualClock = field(default_factory=ManualClock)
    files: FakeFiles = field(default_factory=FakeFiles)
    http: FakeHttp = field(default_factory=FakeHttp)
    resolver: FakeResolver = field(default_factory=FakeResolver)
    shares: Shares = field(default_factory=Shares)
    stores: dict[str, FakeStore] = field(default_factory=dict)
    socket_calls: list[tuple[Session, tuple[tuple[int, int, int], ...]]] = field(
        default_factory=list
    )
    socket_works: bool = True
    randoms: int = 0

    def store(self, name: str) -> FakeStore:
        return self.stores.setdefault(name, FakeStore())

    def offload(self, function: Callable[[], R]) -> Awaitable[R]:
        return _at_once(function)

    def random(self, count: int) -> bytes:
        numbers = range(self.randoms, self.randoms + max(1, -(-count // 16)))
        self.randoms = numbers.stop
        return b"".join([bytes([number % 256]) * 16 for number in numbers])[:count]

    def log(self, name: str) -> logging.Logger:
        return logging.getLogger(f"bfe.modules.{name}")

    def socket_options(self, session: Session, options: tuple[tuple[int, int, int], ...]) -> bool:
        self.socket_calls.append((session, options))
        return self.socket_works


def make_address(text: str) -> Address:
    """Address of ``1.2.3.4:80``, ``[::1]:80`` or either without a port."""
    host, port = text, ""
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
        port = port.removeprefix(":")
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    address = parse_address(host, int(port or 0))
    assert address is not None, text
    return address


def make_session(
    peer: str = "127.0.0.1:1234",
    local: str = "127.0.0.1:8080",
    *,
    vip: str | None = None,
    tls: TlsFacts | None = None,
    is_trusted: bool = False,
    started: float = 1_767_225_600.0,
) -> Session:
    """A connection that has just begun."""
    return Session(
        peer=make_address(peer),
        local=make_address(local),
        started=started,
        vip=None if vip is None else make_address(vip),
        tls=tls,
        is_trusted=is_trusted,
    )


def make_tls(server_name: str | None = "example.test", alpn: str | None = None) -> TlsFacts:
    """A TLS 1.3 handshake without a client certificate."""
    return TlsFacts(server_name, "TLSv1.3", "TLS_AES_128_GCM_SHA256", False, alpn)


def make_exchange(
    method: bytes = b"GET",
    target: bytes = b"/",
    headers: Fields = (),
    peer: str = "127.0.0.1:1234",
    *,
    host: bytes | None = b"example.test",
    version: bytes = b"1.1",
    body: bytes = b"",
    authority: bytes | None = None,
    session: Session | None = None,
    tenant: str = "",
    cluster: str = "",
    is_compatible: bool = False,
    response: ResponseHead | None = None,
) -> Exchange:
    """An exchange whose head was just read.

    `host` becomes the Host field unless `headers` have one or it is None; `session` replaces the
    connection from `peer`; `body` only sets the length and what was read of it.
    """
    fields = list(headers)
    if host is not None and all(name.lower() != b"host" for name, _ in fields):
        fields.insert(0, (b"Host", host))
    head = RequestHead(method, target, Headers(fields), version, len(body), authority)
    session = make_session(peer) if session is None else session
    session.requests = session.requests or 1
    exchange = Exchange(session, head, session.started)
    exchange.tenant = tenant
    exchange.cluster = cluster
    exchange.compatible = is_compatible
    exchange.body_bytes = len(body)
    exchange.body_prefix = body
    exchange.response = response
    return exchange


def make_response(status: int = 200, headers: Fields = (), length: int | None = 0) -> ResponseHead:
    """Head of a response."""
    return ResponseHead(status, Headers(headers), body_length=length)


def compile_document(
    module: Module, name: str, value: object, findings: CollectedFindings | None = None
) -> Any:
    """Document `name` of `module`, from what its JSON holds, compiled; bytes for one that is text.

    Without `findings` it must have no error.
    """
    document = next(each for each in module.documents if each.name == name)
    decoded = value if document.schema is None else msgspec.convert(value, document.schema)
    kept = CollectedFindings() if findings is None else findings
    compiled = document.compile(decoded, kept)
    assert findings is not None or not kept.errors, kept.errors
    return compiled


@dataclass(slots=True)
class BuiltModule:
    """A module that was built, with everything around it."""

    handlers: Mapping[Phase, Handler]
    services: FakeServices
    registry: Registry

    def run(self, phase: Phase, subject: Exchange | Session) -> Any:
        """What the handler of `phase` says; it must have one."""
        handler: Callable[[Any], Verdict | Awaitable[Verdict]] = self.handlers[phase]
        return handler(subject)

    async def wait(self, phase: Phase, subject: Exchange | Session) -> Verdict:
        """As `run`, for a handler that may wait."""
        verdict: Verdict | Awaitable[Verdict] = self.run(phase, subject)
        return await verdict if isinstance(verdict, Awaitable) else verdict

    def counted(self) -> dict[str, float]:
        """Numbers that are not 0: by BFE's name where there is one, with ``{label,..}`` behind."""
        numbers: dict[str, float] = {}
        for sample in self.registry.read().samples:
            for labels, number in sample.values:
                if number:
                    suffix = "{" + ",".join(labels) + "}" if labels else ""
                    numbers[(sample.bfe or sample.name) + suffix] = number
        return numbers


def build_module(
    module: Module,
    documents: Mapping[str, object] | None = None,
    settings: Mapping[str, object] | None = None,
    *,
    services: FakeServices | None = None,
    is_compatible: bool = False,
    files: Mapping[str, bytes] | None = None,
) -> BuiltModule:
    """`module` built from what its documents' JSON and its .conf (section -> key -> text) hold.

    A finding that is an error fails the test.
    """
    services = FakeServices() if services is None else services
    registry = Registry()
    findings = CollectedFindings(dict(files or {}))
    compiled = {
        name: compile_document(module, name, value, findings)
        for name, value in (documents or {}).items()
    }
    decoded = None
    if module.settings is not None:
        decoded = msgspec.convert(settings or {}, module.settings, strict=False)
        if module.check_settings is not None:
            module.check_settings(decoded, findings)
    assert not findings.errors, findings.errors
    state = None if module.state is None else module.state(decoded, services)
    parts = Parts(decoded, compiled, registry, services, state, is_compatible)
    return BuiltModule(module.build(parts), services, registry)


def respond_body(verdict: Respond) -> bytes:
    """Body of an answer that is there already."""
    assert isinstance(verdict.body, bytes), verdict.body
    return verdict.body


async def read_all(body: BytesBody) -> bytes:
    """All of a body."""
    pieces = []
    while piece := await body.read():
        pieces.append(piece)
    return b"".join(pieces)
