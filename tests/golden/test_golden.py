"""Recorded answers of BFE, played against this proxy: one test for each case.

`play.py` starts the proxy once for every configuration tree and plays all selected cases; its
verdicts are taken apart here. `differs.md` lists the cases that differ on purpose.
"""

import json
import random
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PROXY = Path(sys.executable).with_name("bfe-py")
COMMAND = f"{PROXY} run -c {{conf}} -l {{log}} --workers 1 --compat bfe"

IN_FORCE = (
    "config_start",
    "host",
    "http1",
    "lb_hash",
    "lb_retry",
    "lb_wlc",
    "lb_wrr",
    "mod_access",
    "mod_auth_basic",
    "mod_block",
    "mod_compress",
    "mod_cors",
    "mod_header",
    "mod_logid",
    "mod_redirect",
    "mod_rewrite",
    "mod_trust_clientip",
    "monitor",
    "route_adv",
    "route_basic",
    "vip_proxy",
)
"""Areas of which every case is played."""

PORTS = (*range(150), *range(200, 210), *range(300, 606))
"""Ports that the player uses, counted from its base."""

BASES = range(19_000, 32_000, 50)
"""Below the ports that clients get; the player wants five digits everywhere."""

SECONDS = 900


def read_cases() -> list[dict]:
    lines = (HERE / "cases.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


def read_differences() -> dict[str, str]:
    rows = (HERE / "differs.md").read_text("utf-8").splitlines()
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows if row[:1] == "|"]
    return {cell[0]: cell[1] for cell in cells[2:]}


CASES = [case for case in read_cases() if case["area"] in IN_FORCE]
DIFFERENCES = read_differences()


def find_port_base() -> int:
    for base in random.sample(list(BASES), len(BASES)):
        if all_free(base):
            return base
    raise AssertionError("no free range of ports")


def all_free(base: int) -> bool:
    with ExitStack() as stack:
        try:
            for port in PORTS:
                probe = stack.enter_context(socket.socket())
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", base + port))
        except OSError:
            return False
    return True


@pytest.fixture(scope="module")
def verdicts(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict:
    """What the player says of every case that was selected, by id."""
    wanted = {
        item.callspec.params["case"]["id"]
        for item in request.session.items
        if item.path == Path(__file__) and "case" in item.fixturenames
    }
    work = tmp_path_factory.mktemp("golden")
    report = work / "verdicts.json"
    command = [
        sys.executable,
        str(HERE / "play.py"),
        f"--cmd={COMMAND}",
        f"--area={','.join(IN_FORCE)}",
        f"--json={report}",
        f"--work={work}",
        f"--port-base={find_port_base()}",
        "--keep",
        "--start-timeout=40",  # on a machine that others work on as well
    ]
    if len(wanted) < len(CASES):
        command.append(f"--id={','.join(sorted(wanted))}")
    played = subprocess.run(
        command, cwd=work, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert report.exists(), played.stdout + played.stderr
    found = {one["id"]: one for one in json.loads(report.read_text("utf-8"))["cases"]}
    for one in found.values():
        one["said"] = said_at_start(work / one["tree"] / "stdout.txt", one.get("diff", ()))
    return found


def said_at_start(output: Path, diff: list[str]) -> str:
    """What the proxy printed, if it did not come up."""
    if not any(line.startswith(("+ failed to start", "+ implementation died")) for line in diff):
        return ""
    return output.read_text("utf-8", "replace")[-4000:] if output.exists() else ""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_case_is_answered_as_recorded(case: dict, verdicts: dict):
    verdict = verdicts[case["id"]]

    if case["id"] in DIFFERENCES:
        assert not verdict["pass"], "is listed in differs.md, but passes"
    else:
        text = "\n".join([case.get("note", ""), *verdict.get("diff", ()), verdict["said"]])
        assert verdict["pass"], f"differs from BFE (- expected, + got)\n{text}"


@pytest.mark.parametrize("area", IN_FORCE)
def test_an_area_in_force_has_cases(area: str):
    assert any(case["area"] == area for case in CASES)


def test_every_listed_difference_is_a_case_with_a_reason():
    known = {case["id"] for case in read_cases()}

    assert set(DIFFERENCES) <= known
    assert all(DIFFERENCES.values())
