"""A flame graph of this proxy's worker under load."""

import subprocess
import sys
from pathlib import Path

from loadtest.backend import path_of
from loadtest.field import Field
from loadtest.load import LoadError, Shot, shoot
from loadtest.peers import BFE_PY
from loadtest.processes import StartError
from loadtest.programs import find_program
from loadtest.scenarios.cpu import BODY, CONNECTIONS

_SECONDS = 5


def find_profiler() -> str | None:
    """Path of py-spy: beside this Python, or anywhere."""
    beside = Path(sys.executable).parent / "py-spy"
    return str(beside) if beside.exists() else find_program("py-spy")


def write_profile(field: Field, output: Path) -> None:
    """Write the flame graph to `output`, or say why there is none."""
    profiler = find_profiler()
    if profiler is None:
        field.say("no profile: py-spy is not installed (pip install py-spy)")
        return
    output.parent.mkdir(parents=True, exist_ok=True)
    try:
        with field.one(BFE_PY) as proxy:
            options = ["--duration", str(_SECONDS - 1), "--rate", "500", "--format", "flamegraph"]
            target = ["--pid", str(proxy.workers[0]), "--output", str(output)]
            recording = subprocess.Popen(
                [profiler, "record", *options, *target],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
            try:
                shot = Shot(path_of(BODY), CONNECTIONS).at(proxy.port, _SECONDS)
                shoot(shot, field.site.folder, field.site.cores.load)
                _, errors = recording.communicate(timeout=30)
            finally:
                recording.kill()
                recording.wait()
            if recording.returncode:
                field.lose("profile", errors.decode("utf-8", "replace"))
            else:
                field.say(f"profile: {output}")
    except (StartError, LoadError, subprocess.TimeoutExpired) as error:
        field.lose("profile", str(error))
