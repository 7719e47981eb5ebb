"""The HTML lists at /, /monitor, /reload and /debug."""

from collections.abc import Iterable
from html import escape
from time import localtime, strftime

from bfe_py import __version__
from bfe_py.manage.answer import HTML, Answer

_OWN_PAGES = (
    "/monitor",
    "/reload",
    "/metrics",
    "/ready",
    "/healthz",
    "/dump",
)


def index_page(started: float) -> Answer:
    """What there is on this listener."""
    return _page("bfe-py", started, _OWN_PAGES)


def list_page(kind: str, names: Iterable[str], started: float) -> Answer:
    """Names under ``/KIND/``."""
    return _page(f"bfe-py {kind}", started, [f"/{kind}/{name}" for name in names])


def _page(title: str, started: float, paths: Iterable[str]) -> Answer:
    links = [f'<li><a href="{escape(path)}">{escape(path)}</a></li>' for path in paths]
    since = strftime("%Y-%m-%d %H:%M:%S", localtime(started))
    lines = [
        "<!DOCTYPE html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title></head><body>',
        f"<h1>{escape(title)}</h1>",
        f"<p>version: {__version__}</p>",
        f"<p>started: {since}</p>",
        "<ul>",
        *links,
        "</ul>",
        "</body></html>",
        "",
    ]
    return Answer("\n".join(lines).encode("utf-8", "replace"), HTML)
