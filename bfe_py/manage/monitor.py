"""/monitor/*: the pages of BFE, by name."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import msgspec

from bfe_py.manage.answer import PageError
from bfe_py.manage.configuration import encode_config
from bfe_py.manage.counting import Counted, Slots, count, difference
from bfe_py.manage.delays import delay_page, encode_delay, read_intervals
from bfe_py.manage.memory import memory_status
from bfe_py.manage.names import DELAYS, MODULE_DELAYS, MODULES, STATE_PREFIX, STATES, Frame
from bfe_py.manage.state import CONTROLLER, Observed
from bfe_py.manage.states import difference_group, encode_group, total_group
from bfe_py.manage.tables import (
    ModuleStatus,
    ServerStatus,
    balance_table_status,
    balance_table_version,
    cluster_status,
    cluster_table_version,
    encode_table,
    handler_lists,
    host_table_status,
    host_table_version,
)
from bfe_py.manage.workers import worker_rows
from bfe_py.model import Clock

Query = Mapping[str, str]

DIFFERENCE_SECONDS = 20
DELAY_SECONDS = 60

_BUFFERED = "server_stat.total_bytes_body_buffer"


class Monitor:
    """Finds and fills the pages; remembers what stood at the last edges of their time slots.

    `difference_seconds` is BFE's MonitorInterval.
    """

    def __init__(
        self, observed: Observed, clock: Clock, difference_seconds: int = DIFFERENCE_SECONDS
    ) -> None:
        self._observed = observed
        self._clock = clock
        self._differences = Slots(difference_seconds, Counted())
        self._delays = Slots(DELAY_SECONDS, Counted())
        self._tables: Mapping[str, Callable[[Query], bytes]] = {
            "bal_table_status": self._balance_table_status,
            "bal_table_version": self._balance_table_version,
            "config": self._config,
            "cluster_table_version": self._cluster_table_version,
            "host_table_status": self._host_table_status,
            "host_table_version": self._host_table_version,
            "module_handlers": self._module_handlers,
            "module_status": self._module_status,
            "modules": self._module_status,
            "proxy_mem_stat": self._memory,
        }

    async def names(self) -> list[str]:
        """Names of all pages there are now, sorted."""
        found = {"server_stat", "workers", *self._tables, *DELAYS, *STATES}
        found.update([f"{name}_diff" for name in STATES])
        counted = await self.count()
        for module in self._observed.modules_enabled:
            if self._find_module_frame(module, counted) is not None:
                found.update([module, f"{module}.diff"])
        found.update([name for name in MODULE_DELAYS if self._is_enabled(name)])
        return sorted(found)

    async def page(self, name: str, query: Query) -> bytes:
        """Content of the page called `name`.

        Raises:
            PageError: there is no such page, or not in the format asked for.
        """
        table = self._tables.get(name)
        if table is not None:
            return table(query)
        if name == "workers":
            return await self._workers()
        counted = await self.count()
        if name == "server_stat":
            total = counted.totals.get(_BUFFERED)
            return msgspec.json.encode(ServerStatus(round(total.value) if total else 0))
        delay = DELAYS.get(name) or (MODULE_DELAYS.get(name) if self._is_enabled(name) else None)
        if delay is not None:
            intervals = read_intervals(self._delays, counted, self._clock.wall())
            return encode_delay(delay_page(name, delay, intervals), _form(query))
        return self._counters(name, counted, _form(query))

    async def _workers(self) -> bytes:
        observed = self._observed
        versions = {CONTROLLER: observed.generation.version, **observed.generation.worker_versions}
        return msgspec.json.encode(worker_rows(await observed.readings(), versions, observed.ends))

    def _counters(self, name: str, counted: Counted, form: str) -> bytes:
        core, module = name.removesuffix("_diff"), name.removesuffix(".diff")
        if core in STATES:
            page, prefix, frame = core, STATE_PREFIX, STATES[core]
        else:
            found = self._find_module_frame(module, counted)
            if found is None:
                raise PageError(f"handler not exist, type[monitor], command[{name}]")
            page, prefix, frame = module, module, found
        if page == name:
            states = {"VERSION": self._observed.module_versions.get(page, "")}
            return encode_group(total_group(page, prefix, frame, counted, states), form)
        grown = difference(self._differences.edge, self._differences.before)
        return encode_group(difference_group(page, prefix, frame, grown), form)

    def _find_module_frame(self, module: str, counted: Counted) -> Frame | None:
        if not self._is_enabled(module):
            return None
        frame = MODULES.get(module)
        if frame is None and _counts_for(module, counted):
            frame = Frame()
        return frame

    def _is_enabled(self, page: str) -> bool:
        return page.partition(".")[0] in self._observed.modules_enabled

    # --- what is counted, and when

    async def count(self) -> Counted:
        """What is counted now; notes it where a slot has begun."""
        counted = count(await self._observed.readings())
        now = self._clock.wall()
        self._differences.note(now, counted)
        self._delays.note(now, counted)
        return counted

    def next_edge(self) -> float:
        """Seconds until the next slot begins."""
        now = self._clock.wall()
        return min(self._differences.next_start(now), self._delays.next_start(now)) - now

    async def follow(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Count at the edge of every slot, until cancelled.

        Without it a slot begins with the first request that falls into it.
        """
        while True:
            await self.count()
            await sleep(self.next_edge())

    # --- pages that need no counters

    def _host_table_status(self, query: Query) -> bytes:
        return encode_table(host_table_status(self._observed.counts), _form(query))

    def _host_table_version(self, query: Query) -> bytes:
        versions = self._observed.snapshot.versions
        return encode_table(host_table_version(versions), _form(query))

    def _cluster_table_version(self, query: Query) -> bytes:
        versions = self._observed.snapshot.versions
        return encode_table(cluster_table_version(versions), _form(query))

    def _balance_table_version(self, query: Query) -> bytes:
        versions = self._observed.snapshot.versions
        return encode_table(balance_table_version(versions), _form(query))

    def _balance_table_status(self, query: Query) -> bytes:
        name = query.get("cluster_name", "")
        if name:
            return cluster_status(self._observed.snapshot, name)
        return msgspec.json.encode(balance_table_status(self._observed.snapshot))

    def _module_status(self, _query: Query) -> bytes:
        observed = self._observed
        status = ModuleStatus(observed.modules_available, observed.modules_enabled)
        return msgspec.json.encode(status)

    def _module_handlers(self, _query: Query) -> bytes:
        return msgspec.json.encode(handler_lists(self._observed.snapshot.chain))

    def _config(self, _query: Query) -> bytes:
        return encode_config(self._observed)

    def _memory(self, query: Query) -> bytes:
        return encode_table(memory_status(), _form(query), "proxy_mem_stat_")


def _counts_for(module: str, counted: Counted) -> bool:
    return any(name.startswith(f"{module}.") for name in counted.totals)


def _form(query: Query) -> str:
    return query.get("format", "") or "json"
