"""/monitor/proxy_mem_stat: memory of the process that answers, which is the controller."""

import gc
import os
import resource
import sys
import threading
import tracemalloc
from pathlib import Path

import msgspec

_PROCESS = Path("/proc/self")


class MemoryStatus(msgspec.Struct, frozen=True):
    """Sizes in bytes. The names that BFE has too mean here what comes nearest to them."""

    alloc: int = msgspec.field(name="Alloc")
    """Resident memory."""
    sys: int = msgspec.field(name="Sys")
    """Address space."""
    heap_objects: int = msgspec.field(name="HeapObjects")
    """Blocks that the interpreter has allocated."""
    collections: int = msgspec.field(name="NumGC")
    """Garbage collections of all generations."""
    greatest: int = msgspec.field(name="MaxResident")
    collected: int = msgspec.field(name="GCCollected")
    uncollectable: int = msgspec.field(name="GCUncollectable")
    frozen: int = msgspec.field(name="GCFrozen")
    """Objects that collections do not look at."""
    traced: int = msgspec.field(name="Traced")
    """Memory that tracemalloc knows of; 0 while it is off."""
    traced_peak: int = msgspec.field(name="TracedPeak")
    threads: int = msgspec.field(name="Threads")
    open_files: int = msgspec.field(name="OpenFiles")


def memory_status() -> MemoryStatus:
    """How much memory this process uses now."""
    address_space, resident = _sizes()
    generations = gc.get_stats()
    traced, traced_peak = tracemalloc.get_traced_memory()
    return MemoryStatus(
        alloc=resident,
        sys=address_space,
        heap_objects=sys.getallocatedblocks(),
        collections=sum([each["collections"] for each in generations]),
        greatest=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        collected=sum([each["collected"] for each in generations]),
        uncollectable=sum([each["uncollectable"] for each in generations]),
        frozen=gc.get_freeze_count(),
        traced=traced,
        traced_peak=traced_peak,
        threads=threading.active_count(),
        open_files=len(list((_PROCESS / "fd").iterdir())),
    )


def _sizes() -> tuple[int, int]:
    """Address space and resident memory in bytes (proc(5), statm)."""
    pages = (_PROCESS / "statm").read_text().split()
    size = os.sysconf("SC_PAGE_SIZE")
    return int(pages[0]) * size, int(pages[1]) * size
