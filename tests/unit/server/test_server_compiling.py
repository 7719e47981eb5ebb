import asyncio
from collections.abc import Callable

from bfe_py.config import Tree as ConfigTree
from bfe_py.observe import Registry
from bfe_py.server import load_configuration, load_site
from bfe_py.server.compiling import Compiler
from tests.kit.loops import PatientLoop, run_patiently
from tests.kit.modules import FakeServices
from tests.kit.process import Tree


def read(tree: Tree) -> ConfigTree:
    found = load_configuration(tree.root, None).tree
    assert found is not None
    return found


def compiling(tree: Tree, main: Callable[[Compiler], object]) -> None:
    site, _ = load_site(tree.root, None)
    assert site is not None
    compiler = Compiler(site, Registry(), FakeServices(), is_eager=False, offset=1)

    async def run(_: PatientLoop) -> None:
        await main(compiler)  # type: ignore[misc]

    run_patiently(run)


def test_what_did_not_change_is_shared_and_what_is_gone_is_forgotten(tree: Tree):
    first = read(tree)
    tree.write_backends([82], "2")
    second = read(tree)

    async def main(compiler: Compiler) -> None:
        one = await compiler.compile(first)
        assert [state.port for state in compiler.live.states()] == [81]
        two = await compiler.compile(second)
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
        await compiler.compile(first)
        assert compiler.take_retired() == []
        await compiler.compile(second)
        assert len(compiler.take_retired()) > 1
        assert compiler.take_retired() == []

    compiling(tree, main)


def test_others_get_their_turn_while_a_tree_is_compiled(tree: Tree):
    read_tree = read(tree)

    async def main(compiler: Compiler) -> None:
        turns = 0

        async def count() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        counting = asyncio.get_running_loop().create_task(count())
        await compiler.compile(read_tree)
        assert turns >= 2
        counting.cancel()

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
    Compiler(site, Registry(), services, is_eager=False)
    assert list(services.files.logs) == [str(log)]
