"""Where the programs of the peers are, and which versions."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / ".peers"
"""Where wheels of peers are unpacked: never the project's own environment."""

IN_WHEEL = {"caddy": "bin/caddy", "traefik": "bin/traefik", "envoy": "envoy/_bin/envoy"}
"""Program -> where its wheel, unpacked into FOLDER/PROGRAM, has it."""

_PLACES = ("/usr/sbin", "/usr/local/sbin")


def find_program(name: str) -> str | None:
    """Path of a program, None if it is not installed; wheels, of one version, come first."""
    places = [Path(place, name) for place in _PLACES]
    if name in IN_WHEEL:
        places.insert(0, FOLDER / name / IN_WHEEL[name])
        if places[0].is_file():
            return str(places[0])
    return shutil.which(name) or next((str(place) for place in places if place.is_file()), None)


def program(name: str) -> str:
    """Path of a program that is installed."""
    return find_program(name) or name


def asks_version(name: str, argument: str) -> Callable[[], str | None]:
    """Answers the version that `name` tells with `argument`; None while it is not installed."""

    def find_version() -> str | None:
        path = find_program(name)
        return None if path is None else told_version([path, argument])

    return find_version


def told_version(command: list[str]) -> str:
    """The version in what a program prints, a question mark if there is none."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return "?"
    return parse_version(done.stdout + done.stderr)


def parse_version(text: str) -> str:
    """The first number with at least two dots in `text`."""
    found = re.search(r"\d+(?:\.\d+){2,}(?:-[\w.+]+)?", text)
    return found[0] if found else "?"
