"""/reload and /reload/*: ask for files to be read again, and answer with what came of it."""

import logging
from collections.abc import Mapping

import msgspec

from bfe_py.manage.access import Access
from bfe_py.manage.answer import Answer, Ask, PageError, bfe_error, own_json
from bfe_py.manage.names import VERSIONED_RELOADS
from bfe_py.manage.state import Observed

_log = logging.getLogger("bfe.manage")

_METHODS = ("GET", "POST")
_NO = frozenset({"", "0", "false"})


class Accepted(msgspec.Struct, frozen=True):
    """A reload that was taken; `version` where its name shows one."""

    error: None = None
    version: str | msgspec.UnsetType = msgspec.UNSET
    released: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET


async def reload_page(observed: Observed, access: Access, ask: Ask, name: str | None) -> Answer:
    """The answer of /reload/NAME; without a name, of a POST to /reload: everything.

    Raises:
        PageError: it is not allowed, there is no such name, or the reload was refused.
    """
    peer = ask.peers[0] if ask.peers else "-"
    shown = name or "everything"
    refusal = access.find_reload_refusal(ask)
    if refusal is not None:
        _log.warning("reload not allowed name=%s peer=%s", shown, peer)
        raise PageError(refusal)
    if ask.method not in _METHODS:
        return _wrong_method(ask.method)
    if name is not None and name not in observed.reload_names:
        raise PageError(f"handler not exist, type[reload], command[{name}]")
    if _is_trial(ask.query):
        return own_json(await observed.try_reload(name))
    answer = await observed.reload(name, ask.query)
    if not answer.is_ok:
        _log.error("reload refused name=%s peer=%s error=%s", shown, peer, answer.error_text)
        raise PageError(answer.error_text)
    _log.info("reload taken name=%s peer=%s version=%s", shown, peer, answer.version)
    shows_version = bool(answer.version) and name in VERSIONED_RELOADS
    accepted = Accepted(
        version=answer.version if shows_version else msgspec.UNSET,
        released=answer.released or msgspec.UNSET,
    )
    return Answer(msgspec.json.encode(accepted))


def _is_trial(query: Mapping[str, str]) -> bool:
    """Whether a reload is only to be tried."""
    return query.get("dry_run", "").lower() not in _NO


def _wrong_method(method: str) -> Answer:
    refused = bfe_error(f"method not allowed [{method}]", 405)
    allow = (b"Allow", ", ".join(_METHODS).encode())
    return Answer(refused.content, refused.content_type, refused.status, (allow,))
