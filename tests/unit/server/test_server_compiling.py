import asyncio
from collections.abc import Callable
from itertools import count

from bfe_py.config import Changes, pack_tree
from bfe_py.observe import Registry
from bfe_py.server import load_configuration, load_site
from bfe_py.server.compiling import _PAUSE_SECONDS, _SLICE_SECONDS, Compiler
from bfe_py.snapshot import Snapshot
from tests.kit.loops import PatientLoop, run_patiently
from tests.kit.modules import FakeServices
from tests.kit.process import Tree


def read(tree: Tree) -> Changes:
    found = load_configuration(tree.root, None).tree
    assert found is not None
    return pack_tree(found).changes()


def compiling(
    tree: Tree, main: Callable[[Compiler], object], clock: Callable[[], float] = lambda: 0.0
) -> None:
    site, _ = load_site(tree.root, None)
    assert site is not None
    compiler = Compiler(site, Registry(), FakeServices(), offset=1, hands_over=True, clock=clock)

    async def run(_: PatientLoop) -> None:
        await main(compiler)  # type: ignore[misc]

    run_patiently(run)


async def use(compiler: Compiler, changes: Changes) -> Snapshot:
    await compiler.prepare(changes)
    return await compiler.adopt()


def test_what_did_not_change_is_shared_and_what_is_gone_is_forgotten(tree: Tree):
    first = read(tree)
    tree.write_backends([82], "2")
    second = read(tree)

    async def main(compiler: Compiler) -> None:
        one = await use(compiler, first)
        assert [state.port for state in compiler.live.states()] == [81]
        two = await use(compiler, second)
        assert two.version != one.version
        assert two.routes["shop"] is one.routes["shop"]
        assert two.clusters["web"] is not one.clusters["web"]
        assert [state.port for state in compiler.live.states()] == [82]

    compiling(tree, main)


def test_parts_of_earlier_snapshots_are_handed_over_once(tree: Tree):
    first = read(tree)
    tree.write_backends([82], "2")
    second = read(tree)

    async def main(compiler: Compiler) -> None:
        await use(compiler, first)
        assert compiler.take_retired() == []
        await use(compiler, second)
        assert len(compiler.take_retired()) > 1
        assert compiler.take_retired() == []

    compiling(tree, main)


def test_what_is_prepared_and_dropped_has_changed_nothing(tree: Tree):
    first = read(tree)
    tree.write_backends([82], "2")
    second = read(tree)

    async def main(compiler: Compiler) -> None:
        one = await use(compiler, first)
        await compiler.prepare(second)
        compiler.drop()
        assert [state.port for state in compiler.live.states()] == [81]
        assert compiler.take_retired() == []
        again = await use(compiler, first)
        assert again.clusters["web"] is one.clusters["web"]

    compiling(tree, main)


def test_where_nobody_takes_them_they_are_not_kept(tree: Tree):
    first = read(tree)
    tree.write_backends([82], "2")
    second = read(tree)
    site, _ = load_site(tree.root, None)
    assert site is not None
    compiler = Compiler(site, Registry(), FakeServices())

    async def main(_: PatientLoop) -> None:
        await use(compiler, first)
        await use(compiler, second)
        assert compiler.take_retired() == []

    run_patiently(main)


def test_others_get_their_turn_between_slices(tree: Tree):
    first = read(tree)
    tree.write_backends([82], "2")
    second = read(tree)
    ticking = count(step=_SLICE_SECONDS)

    async def main(compiler: Compiler) -> None:
        loop = asyncio.get_running_loop()
        await use(compiler, first)
        assert loop.time() == 0.0  # there are no requests yet
        await use(compiler, second)
        assert loop.time() >= 2 * _PAUSE_SECONDS

    compiling(tree, main, lambda: next(ticking))


def test_what_takes_no_time_is_compiled_at_once(tree: Tree):
    first = read(tree)
    tree.write_backends([82], "2")
    second = read(tree)

    async def main(compiler: Compiler) -> None:
        await use(compiler, first)
        await use(compiler, second)
        assert asyncio.get_running_loop().time() == 0.0

    compiling(tree, main)


def test_modules_that_keep_something_make_it_once(tree: Tree):
    log = tree.root.parent / "a.log"
    tree.modules = ("mod_access",)
    tree.write([81])
    (tree.root / "mod_access").mkdir()
    (tree.root / "mod_access/mod_access.conf").write_text(
        f'[Log]\nLogFile = {log}\n[Template]\nRequestTemplate = "$host"\n'
        'SessionTemplate = "$ses_keepalive_num"\n'
    )
    site, report = load_site(tree.root, None)
    assert site is not None, report.errors
    services = FakeServices()
    Compiler(site, Registry(), services)
    assert list(services.files.logs) == [str(log)]
