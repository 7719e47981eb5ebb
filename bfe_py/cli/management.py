"""Management: the management listener of a running proxy, asked over HTTP."""

import http.client
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import quote

import click
import msgspec

from bfe_py.manage import RolledBack, TriedReload, VersionsStatus

DEFAULT_ADDRESS = "127.0.0.1:8421"
_SECONDS = 30.0

F = TypeVar("F", bound=Callable[..., object])
T = TypeVar("T")


class Refusal(msgspec.Struct, frozen=True):
    """What the listener answers to a reload; `error` is null if it was taken."""

    error: str | None = None
    version: str = ""
    released: list[str] = []


class Upgraded(msgspec.Struct, frozen=True):
    """What the listener answers to an upgrade: who took over, or why nobody did."""

    pid: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """An answer of the listener."""

    status: int
    content: bytes

    def decode(self, schema: type[T]) -> T:
        """The content as `schema`.

        Raises:
            click.ClickException: it is something else.
        """
        try:
            return msgspec.json.decode(self.content, type=schema)
        except msgspec.DecodeError as error:
            shown = self.content[:200].decode("utf-8", "replace")
            raise click.ClickException(f"what answers is not bfe-py: {shown!r}") from error


class Management:
    """Asks the listener at `address` (host:port), and waits `seconds` for an answer."""

    def __init__(self, address: str, seconds: float = _SECONDS) -> None:
        self._address = address
        self._seconds = seconds

    def get(self, path: str) -> Page:
        """The page at `path`."""
        return self._ask("GET", path)

    def reload(self, name: str | None) -> Refusal:
        """Have the files of `name`, None: all files, read again."""
        return self._ask("POST", _reload_path(name)).decode(Refusal)

    def try_reload(self, name: str | None) -> TriedReload:
        """What such a reload would change and refuse.

        Raises:
            click.ClickException: nobody may ask for it here, or there is no such name.
        """
        page = self._ask("POST", f"{_reload_path(name)}?dry_run=1")
        refusal = page.decode(Refusal).error
        if refusal:
            raise click.ClickException(refusal)
        return page.decode(TriedReload)

    def versions(self) -> VersionsStatus:
        """Versions that are kept, and where things are."""
        return self.get("/dump/versions").decode(VersionsStatus)

    def roll_back(self, version: str | None) -> RolledBack:
        """Go back to a version, None: to the one before."""
        query = "" if version is None else f"?version={quote(version, safe='')}"
        return self._ask("POST", f"/rollback{query}").decode(RolledBack)

    def upgrade(self) -> Upgraded:
        """Have another version take over; answers when it has, or will not.

        Raises:
            click.ClickException: nobody may ask for it here.
        """
        page = self._ask("POST", "/upgrade")
        ended = page.decode(Upgraded)
        if not ended.pid and not ended.error:
            raise click.ClickException(f"what answers at {self._address} knows no upgrade")
        return ended

    def _ask(self, method: str, path: str) -> Page:
        connection = http.client.HTTPConnection(self._address, timeout=self._seconds)
        try:
            connection.request(method, path)
            response = connection.getresponse()
            return Page(response.status, response.read())
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            message = f"nothing answers at {self._address}: {reason}\nIs `bfe-py run` running?"
            raise click.ClickException(message) from error
        finally:
            connection.close()


def _reload_path(name: str | None) -> str:
    return "/reload" if name is None else f"/reload/{quote(name, safe='')}"


def address_option(function: F) -> F:
    """``--address``: where the management listener is."""
    return click.option(
        "--address",
        metavar="HOST:PORT",
        default=DEFAULT_ADDRESS,
        show_default=True,
        envvar="BFE_PY_ADDRESS",
        show_envvar=True,
        callback=_check_address,
        help="Management listener (MonitorAddr and MonitorPort of bfe.conf).",
    )(function)


def _check_address(_: click.Context, __: click.Parameter, value: str) -> str:
    host, colon, port = value.rpartition(":")
    if not (host and colon and port.isdigit()):
        raise click.BadParameter(f'"{value}" is not HOST:PORT')
    return value
