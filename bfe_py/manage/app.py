"""The management listener: a path table, called like the data plane's `serve`."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

from bfe_py.manage import dump
from bfe_py.manage.access import Access, find_forwarding
from bfe_py.manage.answer import (
    Answer,
    Ask,
    PageError,
    bfe_error,
    own_content,
    own_error,
    own_json,
)
from bfe_py.manage.health import health_page, ready_page
from bfe_py.manage.lists import index_page, list_page
from bfe_py.manage.metrics import Exposition
from bfe_py.manage.monitor import DIFFERENCE_SECONDS, Monitor
from bfe_py.manage.reload import reload_page
from bfe_py.manage.rollback import rollback_page
from bfe_py.manage.state import Observed
from bfe_py.manage.upgrade import Upgrade, upgrade_page
from bfe_py.model import (
    UNIX_PEER,
    Body,
    Clock,
    Fault,
    Headers,
    Reply,
    RequestHead,
    ResponseHead,
    Session,
)
from bfe_py.observe import Counters, Registry, counter
from bfe_py.transport import in_task

_log = logging.getLogger("bfe.manage")

_PIECE = 64 * 1024
_RETRY_SECONDS = 1.0
_READING = frozenset({"GET", "HEAD"})

Page = Callable[[Ask], Awaitable[Answer]]


class ManageCounters(Counters, prefix="bfe_manage"):
    """What the management listener does."""

    requests: int = counter("Requests to the management listener.")
    refused: int = counter("Requests that were not let in: wrong Host or Origin.")
    failures: int = counter("Requests whose page failed; the log says why.")


@dataclass(frozen=True, slots=True)
class Settings:
    """How the listener behaves.

    `is_compatible`: as BFE, which never answers anything but 200 on an unknown path and lets any
    Host in. `difference_seconds` is MonitorInterval. `address`, `names` and `token` are those of
    `Access`.
    """

    is_compatible: bool = False
    address: str = ""
    names: frozenset[str] = frozenset()
    token: str = ""
    difference_seconds: int = DIFFERENCE_SECONDS


class App:
    """Serves the management listener."""

    def __init__(
        self,
        observed: Observed,
        clock: Clock,
        settings: Settings | None = None,
        registry: Registry | None = None,
        upgrade: Upgrade | None = None,
    ) -> None:
        self._observed = observed
        self._settings = settings or Settings()
        self._access = Access(
            self._settings.address,
            self._settings.names,
            self._settings.token,
            checks_host=not self._settings.is_compatible,
        )
        self._counters = (registry or Registry()).counters(ManageCounters)
        self._monitor = Monitor(observed, clock, self._settings.difference_seconds)
        self._exposition = Exposition()
        self._own: Mapping[str, Page] = {
            "/metrics": self._metrics,
            "/ready": self._ready,
            "/healthz": self._health,
            "/dump": self._dump_list,
            "/dump/backends": self._dump_backends,
            "/dump/clusters": self._dump_clusters,
            "/dump/config-version": self._dump_config_version,
            "/dump/errors": self._dump_errors,
            "/dump/versions": self._dump_versions,
        }
        self._bfe: Mapping[str, Page] = {
            "monitor": self._monitor_page,
            "reload": self._reload_page,
            "debug": self._debug_page,
            "upgrade": lambda ask: upgrade_page(upgrade, self._access, ask),
            "rollback": lambda ask: rollback_page(observed.roll_back, self._access, ask),
        }

    async def follow(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Count at the edges of the time slots of ``_diff`` and latency pages, until cancelled."""
        while True:
            try:
                await self._monitor.follow(sleep)
            except Exception as error:
                self._counters.failures += 1
                _log.error("counting failed error=%s", error, exc_info=error)
                await sleep(_RETRY_SECONDS)

    async def serve(self, session: Session, head: RequestHead, body: Body, reply: Reply) -> None:
        """Answer one request; its body is read and dropped."""
        # Reloading and the like wait in ways that only an ordinary task knows.
        await in_task(self._serve(session, head, body, reply))

    async def _serve(self, session: Session, head: RequestHead, body: Body, reply: Reply) -> None:
        self._counters.requests += 1
        try:
            is_read = await body.drain()
            answer = await self.answer(_ask(session, head))
            await _send(reply, head.method, answer, closes=not is_read)
        except Fault as fault:
            status = fault.status(compatible=self._settings.is_compatible)
            if reply.has_begun or not status:
                reply.abort()
            else:
                refused = own_error("bad request", status)
                await _send(reply, head.method, refused, closes=True)

    async def answer(self, ask: Ask) -> Answer:
        """The answer to one request."""
        refusal = self._access.find_refusal(ask)
        if refusal is not None:
            self._counters.refused += 1
            return own_error(refusal, 403)
        own = self._own.get(ask.path)
        kind, _, _ = ask.path.removeprefix("/").partition("/")
        page = own or self._bfe.get(kind)
        if page is None:
            return self._without_page(ask, kind)
        if own is not None and ask.method not in _READING:
            allow = (b"Allow", b"GET, HEAD")
            return own_error(f"method not allowed [{ask.method}]", 405, (allow,))
        try:
            return await page(ask)
        except PageError as error:
            return bfe_error(str(error))
        except Exception as error:
            self._counters.failures += 1
            _log.error("page failed path=%s error=%s", ask.path, error, exc_info=error)
            if own is not None:
                return own_error(f"{kind} failed: {error}", 500)
            return bfe_error(f"{kind} panic:{error}")

    def _without_page(self, ask: Ask, kind: str) -> Answer:
        if not kind:
            return index_page(self._observed.started)
        if kind == "dump":
            return own_error(f"not found [{ask.path}]", 404)
        status = 200 if self._settings.is_compatible else 404
        return bfe_error(f"invalid command [{kind}]", status)

    # --- BFE's pages

    async def _monitor_page(self, ask: Ask) -> Answer:
        name = _name(ask)
        if name is None:
            return list_page("monitor", await self._monitor.names(), self._observed.started)
        return Answer(await self._monitor.page(name, ask.query))

    async def _reload_page(self, ask: Ask) -> Answer:
        name = _name(ask)
        if name is None and ask.method != "POST":
            names = sorted(self._observed.reload_names)
            return list_page("reload", names, self._observed.started)
        return await reload_page(self._observed, self._access, ask, name)

    async def _debug_page(self, ask: Ask) -> Answer:
        name = _name(ask)
        if name is None:
            return list_page("debug", (), self._observed.started)
        raise PageError(f"handler not exist, type[debug], command[{name}]")

    # --- our own pages

    async def _metrics(self, ask: Ask) -> Answer:
        readings = await self._observed.readings()
        by_worker = ask.query.get("per_worker", "0") not in {"0", "false"}
        # In a thread: with many tenants it takes longer than probes and heartbeats should wait.
        content, content_type = await asyncio.to_thread(
            self._exposition.render, self._observed, readings, ask.accept, by_worker=by_worker
        )
        return own_content(content, content_type)

    async def _ready(self, _ask: Ask) -> Answer:
        return ready_page(self._observed)

    async def _health(self, _ask: Ask) -> Answer:
        return health_page()

    async def _dump_list(self, _ask: Ask) -> Answer:
        return own_json([f"/dump/{name}" for name in dump.PAGES])

    async def _dump_backends(self, ask: Ask) -> Answer:
        await self._observed.readings()  # workers tell of their backends with their numbers
        return own_json(dump.dump_backends(self._observed, ask.query.get("cluster", "")))

    async def _dump_clusters(self, ask: Ask) -> Answer:
        return own_json(dump.dump_clusters(self._observed, ask.query.get("cluster", "")))

    async def _dump_config_version(self, _ask: Ask) -> Answer:
        return own_json(dump.dump_config_version(self._observed))

    async def _dump_errors(self, _ask: Ask) -> Answer:
        return own_json(dump.dump_errors(self._observed))

    async def _dump_versions(self, _ask: Ask) -> Answer:
        return own_json(self._observed.versions)


def _name(ask: Ask) -> str | None:
    """What follows /monitor/ and its like; None on the list itself."""
    _, slash, name = ask.path.removeprefix("/").partition("/")
    return name if slash else None


def _ask(session: Session, head: RequestHead) -> Ask:
    target = _text(head.target)
    if not target.startswith("/"):
        # absolute-form: RFC 9112 section 3.2.2
        _, _, after = target.partition("://")
        target = "/" + after.partition("/")[2]
    path, _, query = target.partition("?")
    first: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        first.setdefault(name, value)
    headers = head.headers
    host = head.authority if head.authority is not None else headers.get(b"host")
    peers = (session.peer,) if session.balancer is None else (session.peer, session.balancer)
    return Ask(
        method=_text(head.method),
        path=unquote(path),
        query=first,
        peers=peers,
        # A TCP client that has left already may have no address either; our side still has one.
        is_unix=UNIX_PEER in peers and session.local == UNIX_PEER,
        host=_text(host),
        origin=_text(headers.get(b"origin")),
        fetch_site=_text(headers.get(b"sec-fetch-site")),
        accept=_text(headers.get(b"accept")),
        authorization=_text(headers.get(b"authorization")),
        forwarded=find_forwarding(headers),
    )


def _text(raw: bytes | None) -> str:
    return "" if raw is None else raw.decode("utf-8", "replace")


async def _send(reply: Reply, method: bytes, answer: Answer, *, closes: bool) -> None:
    content = answer.content
    headers = Headers(
        [
            (b"Content-Type", answer.content_type.encode()),
            (b"Content-Length", str(len(content)).encode()),
            *answer.fields,
        ]
    )
    head = ResponseHead(answer.status, headers, body_length=len(content))
    if closes:
        head.options = frozenset({b"close"})
    if method == b"HEAD" or not content:
        reply.send_whole(head, b"")
        return
    reply.send_head(head)
    for start in range(0, len(content), _PIECE):
        if reply.is_blocked:
            await reply.wait_writable()
        reply.send_body(content[start : start + _PIECE])
    reply.send_end()
