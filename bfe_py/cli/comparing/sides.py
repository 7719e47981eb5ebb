"""Sides: what `bfe-py diff` is given, found and loaded."""

from dataclasses import dataclass
from pathlib import Path

from bfe_py.cli.management import Management
from bfe_py.cli.taught import find_configuration
from bfe_py.config import Tree, render
from bfe_py.control import (
    Contents,
    Version,
    VersionStore,
    find_version,
    read_contents,
)
from bfe_py.manage import VersionsStatus
from bfe_py.server import load_configuration
from bfe_py.snapshot import Snapshot


class SideError(Exception):
    """One side cannot be compared; the text says why."""


@dataclass(frozen=True, slots=True)
class Side:
    """One configuration: its name for people, its tree, and the snapshot made of it."""

    name: str
    tree: Tree
    snapshot: Snapshot
    is_compatible: bool = False
    has_paths_as_sent: bool = False


class Sides:
    """Finds and loads configurations.

    `conf`, `rules` and `state` are what the command line names; what it does not is asked from the
    proxy that `management` reaches.
    """

    def __init__(
        self, conf: Path | None, rules: Path | None, state: Path | None, management: Management
    ) -> None:
        self._conf = conf
        self._rules = rules
        self._state = state
        self._management = management
        self._asked: VersionsStatus | None = None

    def find(self, word: str) -> Side:
        """The folder, or else the version kept that `word` names.

        Raises:
            SideError: there is none, or it cannot be used.
        """
        path = Path(word)
        if path.is_dir():
            conf, rules = find_roots(path)
            return _load(word, conf, rules)
        if "/" in word:
            raise SideError(f"{word}: there is no such folder")
        store, in_use = self._find_store()
        return self._load_version(store, find_version(store.versions(), word, in_use))

    def in_use(self) -> Side:
        """The version that a proxy serves with, or served with last.

        Raises:
            SideError: no version is in use, or it cannot be read.
        """
        store, number = self._find_store()
        found = [one for one in store.versions() if one.number == number]
        if not found:
            raise SideError("the version in use is not kept: name what to compare with")
        return self._load_version(store, found[0])

    def on_disk(self) -> Side:
        """The files as they are."""
        conf, rules, is_compatible = self._find_files()
        return _load("the files on the disk", conf, rules, is_compatible=is_compatible)

    def _find_store(self) -> tuple[VersionStore, int]:
        state = self._state
        if state is None:
            named = self._ask().state
            if not named:
                raise SideError("the proxy has no state directory: no versions are kept")
            state = Path(named)
        store = VersionStore(state, 0, 0)
        if not store.versions():
            raise SideError(f"no versions are kept in {state} that this user can read")
        return store, store.state().in_use

    def _find_files(self) -> tuple[Path | None, Path | None, bool]:
        if self._conf is None and self._rules is None:
            if self._state is not None:
                return *find_configuration(None, None), False
            asked = self._ask()
            return (
                Path(asked.conf) if asked.conf else None,
                Path(asked.rules) if asked.rules else None,
                asked.is_compatible,
            )
        return self._conf, self._rules, False

    def _ask(self) -> VersionsStatus:
        if self._asked is None:
            self._asked = self._management.versions()
        return self._asked

    def _load_version(self, store: VersionStore, version: Version) -> Side:
        conf, rules, is_compatible = self._find_files()
        name = f"version {version.number}"
        contents = read_contents(store, version)
        return _load(name, conf, rules, contents=contents, is_compatible=is_compatible)


def find_roots(folder: Path) -> tuple[Path | None, Path | None]:
    """Configuration root and folder of `.rules` files that `folder` is, or has in it.

    Raises:
        SideError: it has neither.
    """
    if (folder / "bfe.conf").is_file():
        return folder, None
    if any(folder.glob("*.rules")):
        return None, folder
    conf, rules = folder / "conf", folder / "rules"
    found = conf if conf.is_dir() else None, rules if rules.is_dir() else None
    if found == (None, None):
        raise SideError(
            f"{folder}: there is no bfe.conf, no .rules file, and neither conf nor rules in it"
        )
    return found


def _load(
    name: str,
    conf: Path | None,
    rules: Path | None,
    *,
    contents: Contents | None = None,
    is_compatible: bool = False,
) -> Side:
    loaded = load_configuration(
        conf, rules, is_compatible=is_compatible, is_eager=False, contents=contents
    )
    if not loaded.report.ok or loaded.tree is None:
        raise SideError(f"{name} cannot be used:\n{render(loaded.report)}")
    assert loaded.snapshot is not None
    assert loaded.site is not None
    own = loaded.site.static.own
    return Side(name, loaded.tree, loaded.snapshot, is_compatible, own.compat_paths)
