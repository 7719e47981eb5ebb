"""/upgrade: have another version take over, and answer with what came of it."""

import logging
from collections.abc import Awaitable, Callable

from bfe_py.manage.access import Access
from bfe_py.manage.answer import Answer, Ask, own_error, own_json
from bfe_py.manage.state import Upgraded

_log = logging.getLogger("bfe.manage")


Upgrade = Callable[[], Awaitable[Upgraded]]


async def upgrade_page(upgrade: Upgrade | None, access: Access, ask: Ask) -> Answer:
    """The answer of /upgrade, once it is over."""
    refusal = access.find_reload_refusal(ask, "upgrade")
    if refusal is not None:
        _log.warning("upgrade not allowed peer=%s", ask.peers[0] if ask.peers else "-")
        return own_error(refusal, 403)
    if ask.method != "POST":
        return own_error(f"method not allowed [{ask.method}]", 405, ((b"Allow", b"POST"),))
    if upgrade is None:
        return own_error("nothing to upgrade", 404)
    ended = await upgrade()
    return own_json(ended, 409 if ended.error else 200)
