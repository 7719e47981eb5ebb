import signal
import subprocess
import sys

import click
import pytest

from bfe_py import __version__
from bfe_py.cli import group, main
from bfe_py.cli.group import CommandGroup, Outcome, run_group
from bfe_py.cli.main import COMMANDS
from bfe_py.cli.taught import TaughtCommand, debug_option, find_configuration

NAMES = [name for name, _, _ in COMMANDS]


@click.group()
def broken():
    pass


@broken.command()
@debug_option
def burst():
    raise ZeroDivisionError("no such thing\nnor this")


@broken.command()
def interrupt():
    raise KeyboardInterrupt


@broken.command()
def refuse():
    raise click.ClickException("not today")


@broken.command()
def three():
    return 3


@pytest.mark.parametrize("words", [["--version"], ["version"]])
def test_the_version_is_one_line(words, capsys):
    assert main(words) == 0
    assert capsys.readouterr().out == f"bfe-py {__version__}\n"


def test_the_version_waits_for_no_library():
    code = (
        "import sys; from bfe_py.cli import main; main(['version']); print('click' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.endswith("False\n")


@pytest.mark.parametrize(
    ("words", "held_back"),
    [
        (["run", "-c", "conf"], {signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2}),
        (["check", "-c", "conf"], set()),
        ([], set()),
    ],
)
def test_signals_to_a_proxy_are_held_back_from_the_first(
    words: list[str], held_back: set[int], monkeypatch: pytest.MonkeyPatch
):
    found: list[set[int]] = []

    def run(_: object, given: list[str]) -> int:
        assert given == words
        found.append(signal.pthread_sigmask(signal.SIG_SETMASK, before))
        return 0

    monkeypatch.setattr(group, "run_group", run)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    assert main(words) == 0
    assert found == [before | held_back]


def test_the_version_is_an_option_beside_others_too(capsys):
    assert main(["--version", "check"]) == 0
    assert capsys.readouterr().out == f"bfe-py {__version__}\n"


def test_the_help_lists_every_command_with_its_summary(capsys):
    assert main(["--help"]) == 0

    said = capsys.readouterr().out
    for name, _, summary in COMMANDS:
        assert f"{name} " in said
        assert summary in said
    assert "Examples:" in said


@pytest.mark.parametrize("name", NAMES)
def test_the_help_of_every_command_ends_with_examples(name, capsys):
    assert main([name, "-h"]) == 0

    _, examples, shown = capsys.readouterr().out.partition("Examples:\n")
    assert examples
    assert f"bfe-py {name}" in shown


@pytest.mark.parametrize("name", NAMES)
def test_every_command_shows_tracebacks_if_asked(name):
    command = CommandGroup(COMMANDS).get_command(click.Context(click.Command("x")), name)

    assert isinstance(command, TaughtCommand)
    assert "-d" in [word for option in command.params for word in option.opts]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["chekc"], 'Did you mean "check"?'),
        (["relaod"], 'Did you mean "reload"?'),
        (["zzzzzz"], 'There is no command "zzzzzz".\n'),
        (["--no-such"], "No such option"),
        (["check", "--format", "xml"], "is not one of"),
        ([], "Commands:"),
    ],
)
def test_a_wrong_use_ends_with_2_and_a_hint(words, said, capsys):
    assert main(words) == 2
    assert said in capsys.readouterr().err


def test_there_is_no_command_that_the_table_does_not_name():
    assert CommandGroup(COMMANDS).get_command(click.Context(click.Command("x")), "top") is None


def test_an_unexpected_error_is_one_line(capsys):
    assert run_group(broken, ["burst"]) == 1

    said = capsys.readouterr()
    assert said.err == "bfe-py failed: ZeroDivisionError: no such thing (-d shows where)\n"
    assert said.out == ""


def test_an_unexpected_error_shows_its_traceback_if_asked(capsys):
    assert run_group(broken, ["burst", "-d"]) == 1
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "said"), [("interrupt", "interrupted"), ("refuse", "not today")])
def test_an_end_before_time_is_1_and_a_line(name, said, capsys):
    assert run_group(broken, [name]) == 1
    assert said in capsys.readouterr().err


def test_a_command_answers_the_exit_status():
    assert run_group(broken, ["three"]) == 3


def test_an_outcome_shows_no_tracebacks_unless_asked():
    assert not Outcome().is_debugging


def test_nothing_named_means_conf_and_rules_of_the_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules").mkdir()
    conf, rules = find_configuration(None, None)

    assert conf is None
    assert rules is not None
    assert rules.name == "rules"
    (tmp_path / "conf").mkdir()
    assert [path.name for path in find_configuration(None, None) if path] == ["conf", "rules"]


def test_what_is_named_is_all_there_is(tmp_path):
    assert find_configuration(tmp_path, None) == (tmp_path, None)
    assert find_configuration(None, tmp_path) == (None, tmp_path)


def test_a_directory_without_a_configuration_is_a_wrong_use(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    assert main(["check"]) == 2
    assert "neither ./conf nor ./rules" in capsys.readouterr().err


def test_all_that_it_runs_on_is_listed(capsys):
    assert main(["version", "--all"]) == 0

    said = capsys.readouterr().out
    assert said.startswith(f"bfe-py {__version__}\nPython 3.")
    assert "uvloop" in said
