"""/rollback: ask for an earlier version of the configuration."""

import logging
from collections.abc import Awaitable, Callable

from bfe_py.manage.access import Access
from bfe_py.manage.answer import Answer, Ask, own_error, own_json
from bfe_py.manage.versions import RolledBack

_log = logging.getLogger("bfe.manage")


async def rollback_page(
    roll_back: Callable[[str | None], Awaitable[RolledBack]], access: Access, ask: Ask
) -> Answer:
    """The answer of /rollback, once it is over; ``version`` in the query names a version."""
    refusal = access.find_reload_refusal(ask, "rollback")
    peer = ask.peers[0] if ask.peers else "-"
    if refusal is not None:
        _log.warning("rollback not allowed peer=%s", peer)
        return own_error(refusal, 403)
    if ask.method != "POST":
        return own_error(f"method not allowed [{ask.method}]", 405, ((b"Allow", b"POST"),))
    ended = await roll_back(ask.query.get("version") or None)
    if ended.error:
        _log.warning("rollback refused peer=%s error=%s", peer, ended.error)
    return own_json(ended, 409 if ended.error else 200)
