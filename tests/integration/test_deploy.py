"""Units of systemd: it understands them, and they start what there is."""

import configparser
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from bfe_py.cli.check import command as check
from bfe_py.cli.run import command as run

DEPLOY = Path(__file__).parents[2] / "deploy"
PROGRAM = "/opt/bfe-py/bin/bfe-py"
UNITS = ("bfe-py.service", "bfe-py-http.socket", "bfe-py-https.socket")


def read(unit: str) -> dict[str, dict[str, str]]:
    """Sections of a unit; of keys that stand several times the last counts."""
    parser = configparser.RawConfigParser(strict=False, comment_prefixes="#")
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string((DEPLOY / unit).read_text().replace("\\\n", ""))
    return {name: dict(parser[name]) for name in parser.sections()}


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
def test_systemd_finds_nothing_wrong(tmp_path: Path):
    for unit in UNITS:
        text = (DEPLOY / unit).read_text().replace(PROGRAM, "/bin/true")
        (tmp_path / unit).write_text(text)
    paths = [str(tmp_path / unit) for unit in UNITS]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *paths],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("key", "name", "command"), [("ExecStart", "run", run), ("ExecStartPre", "check", check)]
)
def test_the_service_starts_a_command_that_there_is(
    tmp_path: Path, key: str, name: str, command: click.Command
):
    for folder in ("conf", "rules"):
        (tmp_path / folder).mkdir()
    line = read("bfe-py.service")["Service"][key].replace("/etc/bfe-py", str(tmp_path))
    program, started, *words = shlex.split(line)
    assert (program, started) == (PROGRAM, name)
    parsed: dict[str, object] = command.make_context(name, words).params
    assert parsed["conf"] == tmp_path / "conf"


def test_sockets_are_named_as_their_listeners():
    names = {read(unit)["Socket"]["FileDescriptorName"] for unit in UNITS[1:]}
    assert names == {"http", "https"}


def test_the_service_has_longer_to_end_than_its_connections_by_default():
    assert int(read("bfe-py.service")["Service"]["TimeoutStopSec"]) > 10 + 2


def test_the_service_has_a_folder_for_sockets_that_only_it_uses():
    service = read("bfe-py.service")["Service"]
    assert service["RuntimeDirectory"] == "bfe-py"
