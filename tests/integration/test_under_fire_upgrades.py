"""The real process under load: another version takes over, or it does not.

Upgrades that go well, and those of a version that finds broken data, are in test_versions.py.
"""

import os
import signal

from tests.kit.fire import save, stop, versions_on_fire, write_hosts
from tests.kit.process import Tree, client_ports, wait_until
from tests.kit.versions import own_code


def test_an_upgrade_in_the_middle_of_reloads_loses_nothing(tree: Tree):
    with versions_on_fire(tree) as (proxy, fire):
        code = own_code(tree)
        with code.waiting():
            proxy.current = proxy.start_successor()
            for number in range(3):  # the version that runs takes them up ...
                write_hosts(tree, str(number + 2), f"later{number}.test")
                wait_until(lambda: fire.proxy.get(host=f"later{number}.test")[0] == 200)  # noqa: B023
            write_hosts(tree, "9", "last.test")
        assert fire.proxy.process.wait(20) == 0  # ... and the new one what it finds
        wait_until(lambda: fire.proxy.get(host="last.test")[0] == 200)
        assert fire.proxy.get(host="later2.test")[0] != 200
        assert proxy.upgrades() == {"ok": 1}
        assert len(fire.lines("upgrade done")) == 1
        assert fire.lost == []


def test_an_upgrade_to_a_broken_bfe_conf_loses_nothing(tree: Tree):
    with versions_on_fire(tree) as (proxy, fire):
        save(tree.root / "bfe.conf", b"[Server]\nHttpPort = many\n")
        code, output = proxy.upgrade()
        assert code == 1
        assert "bfe.conf:2:" in output
        fire.go_on()
        assert proxy.upgrades() == {"failed": 1}
        assert len(fire.lines("upgrade failed", "bfe.conf:2:")) == 1
        assert fire.lost == []


def test_a_new_version_that_is_killed_before_it_is_ready_leaves_the_old_one_serving(tree: Tree):
    with versions_on_fire(tree) as (proxy, fire):
        code = own_code(tree)
        with code.waiting():
            os.kill(proxy.start_successor(), signal.SIGKILL)
            wait_until(lambda: proxy.upgrades() == {"failed": 1})
        fire.go_on()
        assert len(fire.lines("upgrade failed", "(signal 9)")) == 1
        assert fire.lost == []


def test_the_death_of_the_old_one_during_the_upgrade_costs_its_own_requests_alone(tree: Tree):
    with versions_on_fire(tree) as (proxy, fire):
        code = own_code(tree)
        old = [fire.proxy.worker(number) for number in (0, 1)]
        with code.waiting():
            proxy.current = proxy.start_successor()
            for worker in old:
                stop(worker)
            had = {port for worker in old for port in client_ports(worker, tree.http)}
            fire.proxy.process.kill()
            for worker in old:
                os.kill(worker, signal.SIGKILL)
            fire.proxy.process.wait(10)
        wait_until(lambda: fire.proxy.monitor("/ready")[0] == 200)
        fire.go_on()
        assert set(fire.load.failed) <= had
        assert fire.load.unexpected == []
