"""try_out: what a reload would change and refuse, without any of it coming into use.

It is done with a reloader of its own, which knows what is in use as another controller would: of
what is broken, and of hosts that two claim, things would stay as they are.
"""

import asyncio
from pathlib import Path

from bfe_py.config import compare_trees, tell_differences
from bfe_py.control import Bundle, CheckedStore, FileSource, Seen
from bfe_py.manage import RefusedPlace, TriedReload
from bfe_py.server.loading import make_reloader
from bfe_py.server.options import Site
from bfe_py.server.program import checking_key
from bfe_py.server.services import SystemClock


def try_out(site: Site, state: Path | None, in_use: Seen, name: str | None) -> TriedReload:
    """What a reload of group `name` (None: of everything) as it is on the disk would do.

    It reads, checks and compiles, which takes its time: for a thread. Nothing is written.
    """
    store = CheckedStore(state, checking_key(site, is_strict=False))
    reloader = make_reloader(site, SystemClock(), store=store)
    disk = FileSource(site.root, site.rules, site.documents).take()

    async def reload() -> TriedReload:
        await reloader.load(Bundle(0, in_use))
        before = reloader.tree
        outcome = await reloader.load(disk, only=name, anew=name is None)
        refused = [
            RefusedPlace(one.document, one.line, one.column, one.message, one.expected)
            for one in outcome.report.errors
        ]
        differences = compare_trees(before, reloader.tree) if outcome.is_changed else []
        return TriedReload(tell_differences(differences), refused)

    return asyncio.run(reload())
