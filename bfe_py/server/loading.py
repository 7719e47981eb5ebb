"""load_configuration: everything that `run` would load, for who only wants to look at it."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from sys import maxsize

from bfe_py.config import Documents, Report, groups
from bfe_py.config import Tree as ConfigTree
from bfe_py.control import (
    Bundle,
    CheckedStore,
    Contents,
    FileSource,
    GroupParts,
    Reloader,
    TenantParts,
    Users,
    with_version,
)
from bfe_py.observe import Registry
from bfe_py.server.compiling import Compiler
from bfe_py.server.options import Site
from bfe_py.server.pki import FilePki
from bfe_py.server.reach import tenant_reach
from bfe_py.server.services import ModuleFiles, ModuleServices, NoHttp, SystemClock
from bfe_py.server.site import load_site
from bfe_py.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class LoadedConfiguration:
    """What there is of a configuration; parts are None where errors in the report prevent them."""

    report: Report
    site: Site | None = None
    tree: ConfigTree | None = None
    snapshot: Snapshot | None = None


def make_reloader(  # noqa: PLR0913 - all but two are switches
    site: Site,
    clock: SystemClock,
    *,
    state: Path | None = None,
    store: CheckedStore | None = None,
    is_strict: bool = False,
    is_eager: bool = False,
    users: Users | None = None,
) -> Reloader:
    """A reloader that checks and compiles everything, for a process that serves nobody.

    `state` is where last good versions are kept, `store` what was checked at an earlier start.
    `is_eager`: its snapshot is to be looked at; otherwise conditions, which were compiled once to
    check them, are not compiled again. `users` are the workers, if there are any.
    """
    # Modules are built to check their documents; what they would count is not for anybody.
    aside = Registry()
    files = ModuleFiles(site.folder, aside, clock, is_writing=False)
    services = ModuleServices(clock, files, NoHttp())
    store = store or CheckedStore(None, b"")
    compiler = Compiler(site, aside, services, deferred=0 if is_eager else maxsize)
    return Reloader(
        GroupParts(
            groups(site.static, site.modules, site.settings),
            FilePki(),
            is_strict=is_strict,
            store=store,
        ),
        TenantParts(state, is_strict=is_strict, reach=tenant_reach(site), store=store),
        compiler,
        clock,
        users,
    )


def load_configuration(
    conf: Path | None,
    rules: Path | None,
    *,
    is_compatible: bool = False,
    is_strict: bool = False,
    is_eager: bool = True,
    contents: Contents | None = None,
) -> LoadedConfiguration:
    """Load, check and compile as `run` does, without running anything.

    `contents` are those of a version, by group, in the place of the files. `is_eager`: see
    `make_reloader`.
    """
    site, report = load_site(conf, rules, is_compatible=is_compatible)
    if is_strict:
        report = report.promote_warnings()
    if site is None:
        return LoadedConfiguration(report)
    reloader = make_reloader(site, SystemClock(), is_strict=is_strict, is_eager=is_eager)
    documents: Documents = FileSource(site.root, site.rules, site.documents).take().documents
    if contents is not None:
        documents = with_version(documents, contents)
    outcome = asyncio.run(reloader.load(Bundle(1, documents)))
    report.merge(outcome.report)
    if not outcome.is_changed:
        return LoadedConfiguration(report, site)
    return LoadedConfiguration(report, site, reloader.tree, reloader.snapshot)
