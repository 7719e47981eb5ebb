"""The closed-loop load: wrk, told what to send and asked what it counted."""

import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from loadtest.processes import pinned
from loadtest.request import request_fields

_MARK = "LOAD "
_LATE_SECONDS = 20

_DONE = """
done = function(summary, latency, requests)
   local e = summary.errors
   io.write(string.format(
      'LOAD {"requests":%d,"microseconds":%d,"received":%d,"refused":%d,"broken":%d,"bad":%d}\\n',
      summary.requests, summary.duration, summary.bytes, e.connect,
      e.read + e.write + e.timeout, e.status))
end
"""


class LoadError(Exception):
    """The load generator did not do its work."""


@dataclass(frozen=True, slots=True)
class Shot:
    """What to send for how long.

    `upload`: bytes of the body of each request, None for a GET.
    """

    path: str
    connections: int
    keeps_alive: bool = True
    upload: int | None = None
    port: int = 0
    seconds: int = 1

    def at(self, port: int, seconds: int) -> "Shot":
        """The same at `port` for so many seconds."""
        return replace(self, port=port, seconds=seconds)


class Hits(msgspec.Struct, frozen=True):
    """What wrk counted.

    `received`: bytes, head and body; `refused`: connections; `broken`: exchanges without an answer;
    `bad`: answers of 400 and above.
    """

    requests: int
    microseconds: int
    received: int
    refused: int = 0
    broken: int = 0
    bad: int = 0

    @property
    def seconds(self) -> float:
        """How long it was."""
        return self.microseconds / 1e6

    @property
    def failed(self) -> int:
        """Everything that was not as it should be."""
        return self.refused + self.broken + self.bad


def shoot(shot: Shot, folder: Path, core: int) -> Hits:
    """Send load from `core`; scripts are written to `folder`.

    Raises:
        LoadError: wrk ended badly, or got no answer at all.
    """
    script = folder / "wrk.lua"
    script.write_text(write_script(shot), "utf-8")
    url = f"http://127.0.0.1:{shot.port}{shot.path}"
    settings = ["-t1", f"-c{shot.connections}", f"-d{shot.seconds}s", "--timeout", "10s"]
    command = pinned(["wrk", *settings, "-s", str(script), url], core)
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            timeout=shot.seconds + _LATE_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise LoadError("wrk did not end") from None
    if done.returncode:
        raise LoadError(f"wrk: {done.stderr.strip() or done.stdout.strip()}")
    hits = parse_hits(done.stdout)
    if not hits.requests:
        raise LoadError("wrk got no answer")
    return hits


def write_script(shot: Shot) -> str:
    """The Lua that tells wrk what to send."""
    lines = [f'wrk.method = "{"GET" if shot.upload is None else "POST"}"']
    for name, value in request_fields(keeps_alive=shot.keeps_alive):
        lines.append(f'wrk.headers["{name}"] = "{value}"')
    if shot.upload:
        lines.append(f'wrk.body = string.rep("x", {shot.upload})')
    elif shot.upload == 0:
        lines.append('wrk.headers["Content-Length"] = "0"')
    return "\n".join(lines) + _DONE


def parse_hits(output: str) -> Hits:
    """What the script printed.

    Raises:
        LoadError: it printed nothing of the kind.
    """
    for line in output.splitlines():
        if line.startswith(_MARK):
            try:
                return msgspec.json.decode(line[len(_MARK) :], type=Hits)
            except msgspec.DecodeError as error:
                raise LoadError(f"cannot read what wrk counted: {error}") from None
    raise LoadError("wrk counted nothing")
