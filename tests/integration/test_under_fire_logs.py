"""The real process under load with no room for its logs: requests go on, and it is said what is lost."""

import os
import shutil
import signal

from tests.kit.fire import access_log, on_fire, save
from tests.kit.process import Tree, wait_until


def test_an_access_log_without_room_is_written_when_there_is_some(tree: Tree):
    log = access_log(tree)
    log.parent.mkdir()
    log.symlink_to("/dev/full")
    with on_fire(tree) as fire:
        wait_until(lambda: fire.total("bfe_log_failures_total") >= 2)
        fire.go_on()
        assert fire.total("bfe_log_lines_total") == 0
        lines = fire.lines("log file failed", f"path={log}", "error=No space left on device")
        assert len(lines) == 2  # one of each worker
        log.unlink()
        wait_until(lambda: len(fire.lines("log file written again", "dropped=0")) == 2)
        fire.go_on()
        assert len(fire.lines("log file failed")) == 2
        assert fire.total("bfe_log_dropped_total") == 0
        assert fire.lost == []
    assert log.read_text().count("R shop.test 200\n") == fire.load.answered


def test_what_an_access_log_never_had_room_for_is_said_at_the_end(tree: Tree):
    log = access_log(tree)
    log.parent.mkdir()
    log.symlink_to("/dev/full")
    with on_fire(tree) as fire:
        pass
    lines = fire.lines("log lines lost", f"path={log}")
    assert len(lines) == 2
    assert sum(int(line.rpartition("=")[2]) for line in lines) >= fire.load.answered
    assert fire.lost == []


def test_a_log_of_the_process_without_room_says_so_on_the_terminal(tree: Tree):
    log = tree.root.parent / "log/bfe-py.log"
    vips = tree.root / "server_data_conf/vip_rule.data"
    with on_fire(tree) as fire:
        controller = fire.proxy.controller()
        good = vips.read_bytes()
        log.rename(log.with_suffix(".aside"))
        log.symlink_to("/dev/full")
        save(vips, b"{")
        wait_until(lambda: fire.total("bfe_process_log_lost_total") >= 1)
        save(vips, good + b" ")
        wait_until(lambda: fire.proxy.metrics("bfe_config_last_reload_successful") == {"": 1.0})
        log.unlink()
        save(vips, b"{")
        wait_until(lambda: log.exists() and bool(fire.lines("log written again lost=")))
        assert len(fire.lines("configuration refused", "vip_rule.data")) == 1
        assert fire.lost == []
    lost = f"log not written path={log} pid={controller} error=No space left on device"
    assert fire.output.count(lost) == 1
    assert "Traceback" not in fire.output


def test_folders_of_logs_that_are_removed_are_there_again(tree: Tree):
    log, own = access_log(tree), tree.root.parent / "log/bfe-py.log"
    with on_fire(tree) as fire:
        shutil.rmtree(log.parent)
        shutil.rmtree(own.parent)
        os.kill(fire.proxy.process.pid, signal.SIGUSR1)
        wait_until(log.exists)
        fire.go_on()
        save(tree.root / "server_data_conf/vip_rule.data", b"{")
        wait_until(lambda: own.exists() and len(fire.lines("configuration refused")) == 1)
        assert fire.total("bfe_log_failures_total") == 0
        assert fire.total("bfe_process_log_lost_total") == 0
        assert fire.lost == []
    assert log.read_text().count("R shop.test 200\n") > 0
    assert "Traceback" not in fire.output
