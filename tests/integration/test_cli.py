"""The command line as a process of its own: what it prints, and how it ends."""

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import bfe_py
from tests.kit.process import Running, Tree, command, fetch, free_port, read_banner

ROOT = Path(bfe_py.__file__).parent.parent
SECONDS = 30


def run(*words: str, given: str = "", directory: Path = ROOT) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command(*words),
        input=given,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        cwd=directory,
        env=environment,
    )


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    """A copy of the configuration that comes with the project."""
    return Path(shutil.copytree(ROOT / "conf", tmp_path / "conf"))


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def with_own_ports(conf: Path) -> Tree:
    """The configuration at `conf`, listening and reaching for backends where nobody else is."""
    tree = Tree(conf)
    for old, new in ((8080, tree.http), (8443, tree.https), (8421, tree.monitor)):
        replace(conf / "bfe.conf", f"= {old}\n", f"= {new}\n")
    for port in range(9003, 9009):
        table = conf / "cluster_conf/cluster_table.data"
        replace(table, f'"Port": {port},', f'"Port": {free_port()},')
    return tree


# --- help and version


def test_version_and_help_are_there():
    assert run("--version").stdout == f"bfe-py {bfe_py.__version__}\n"
    assert "Examples:" in run("--help").stdout


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        ([], 2, "Commands:"),
        (["chekc"], 2, 'Did you mean "check"?'),
        (["check", "-c", "nowhere"], 2, "does not exist"),
        (["explain", "NOCODE"], 2, "is no code"),
        (["run", "--workers", "0"], 2, "is not in the range"),
        (["run", "--compat", "nginx"], 2, "is not 'bfe'"),
        (["status", "--address", "127.0.0.1:1"], 1, "nothing answers at 127.0.0.1:1"),
    ],
)
def test_a_wrong_use_is_told_without_a_traceback(words, status, said):
    done = run(*words)

    assert done.returncode == status
    assert said in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


# --- check


def test_the_configuration_that_comes_with_the_project_is_good():
    done = run("check", "-c", "conf", "-r", "rules", "--strict")

    assert done.stdout.startswith("conf and rules: good (3 tenants, ")
    assert done.returncode == 0


def test_rules_files_alone_are_good():
    done = run("check", "-r", "rules", "--strict")

    assert done.stdout.startswith("rules: good (1 tenants, ")
    assert done.returncode == 0


def test_a_mistake_is_shown_in_its_place_and_others_too(conf):
    replace(conf / "server_data_conf/route_rule.data", '"demo_beta"', '"demo_bta"')
    replace(conf / "cluster_conf/gslb.data", '"pages": 100', '"pages": "x"')

    done = run("check", "-c", str(conf))

    assert done.returncode == 1
    assert "error[E102]" in done.stdout
    assert re.search(r"--> server_data_conf/route_rule.data:\d+:\d+\n", done.stdout)
    assert "^^^^" in done.stdout
    assert 'did you mean "demo_beta"?' in done.stdout
    assert "--> cluster_conf/gslb.data:" in done.stdout
    assert "2 errors" in done.stdout.splitlines()[-1]
    assert "\x1b" not in done.stdout


def test_warnings_are_errors_if_asked(conf):
    replace(conf / "cluster_conf/gslb.data", '"Hostname"', '"hostname"')

    assert run("check", "-c", str(conf)).returncode == 0
    assert run("check", "-c", str(conf), "--strict").returncode == 1


def test_findings_are_json_if_asked(conf):
    replace(conf / "bfe.conf", "HttpPort    = 8080", "HttpPort = 0\nHtpPort = 1")

    done = run("check", "-c", str(conf), "--format", "json")

    report = json.loads(done.stdout)
    assert report["errors"] == len(report["findings"]) == 2
    assert {one["document"] for one in report["findings"]} == {"bfe.conf"}
    assert done.returncode == 1


def test_findings_of_a_good_configuration_are_json_too():
    done = run("check", "-c", "conf", "--format", "json")

    assert json.loads(done.stdout)["findings"] == []
    assert done.returncode == 0


def test_a_mistake_in_a_rules_file_is_an_error(tmp_path):
    (tmp_path / "shop.rules").write_text('hosts shop.test\nroute req_path_in("/" -> web\n')

    done = run("check", "-r", str(tmp_path))

    assert done.returncode == 1
    assert "shop.rules:2:" in done.stdout


# --- explain and eval


def test_a_request_is_explained():
    done = run("explain", "GET", "http://demo.test/api/users", "-c", "conf")

    assert done.returncode == 0
    assert "route     demo_api, by a basic rule\n" in done.stdout
    assert "target /api/users -> /users?via=demo" in done.stdout


def test_an_explanation_is_json_if_asked():
    words = [
        "GET",
        "http://shop.test/",
        "-H",
        "Cookie: sid=1",
        "--json",
        "--from",
        "198.51.100.200",
    ]

    story = json.loads(run("explain", *words).stdout)

    assert story["tenant"] == "shop"
    assert [one["percent"] for one in story["cluster"]["sub_clusters"]] == [80.0, 20.0]
    assert "+ X-Forwarded-For: 198.51.100.200" in story["effects"][1]["changes"]


def test_a_request_that_breaks_the_protocol_is_explained_without_a_configuration(conf):
    (conf / "bfe.conf").unlink()

    done = run("explain", "G(T", "http://demo.test/", "-c", str(conf))

    assert "end       answered with 400 (CLIENT_BAD_REQUEST)" in done.stdout
    assert done.returncode == 0


def test_an_explanation_needs_a_configuration_that_is_good(conf):
    (conf / "bfe.conf").unlink()

    done = run("explain", "GET", "http://demo.test/", "-c", str(conf))

    assert "error[E001]" in done.stderr
    assert done.returncode == 1


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("e102", "E102: A cluster is named that does not exist.\n"),
        ("BLOCK", "BLOCK: blocked, on the side of the client; the connection just ends\n"),
        (
            "GSLB_BLACKHOLE",
            "GSLB_BLACKHOLE: blackhole, on the side of the proxy; answered with 503\n",
        ),
    ],
)
def test_a_code_is_explained(code, said):
    assert run("explain", code).stdout == said


def test_conditions_are_evaluated_line_by_line():
    expressions = ['req_path_in("/x", false)', 'req_path_in("/y", false)', "req_path_in("]
    lines = [
        json.dumps({"id": number, "expr": expression, "request": {"host": "a.test", "path": "/x"}})
        for number, expression in enumerate(expressions)
    ]

    done = run("eval", given="\n".join(lines))

    results = [json.loads(line)["result"] for line in done.stdout.splitlines()]
    assert results == [True, False, "compile_error"]
    assert done.returncode == 0
    assert run("eval", given="nonsense\n").returncode == 2


# --- run


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("bfe.conf", "[Server]", "[Sever]", "error[E014]"),
        ("server_data_conf/host_rule.data", '"demo_web"]', '"demo_web"', "host_rule.data:"),
        ("mod_header/mod_header.conf", "[Basic]", "[Bsic]", "error[E014]"),
    ],
)
def test_a_bad_configuration_does_not_start(conf, file, old, new, said):
    with_own_ports(conf)
    replace(conf / file, old, new)

    done = run("run", "-c", str(conf), "--demo", "--workers", "1", directory=conf.parent)

    assert done.returncode == 1
    assert said in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@pytest.fixture
def demo(conf: Path) -> Iterator[Running]:
    """`run --demo` on the configuration of the project, with ports of its own."""
    tree = with_own_ports(conf)
    started = subprocess.Popen(
        command("run", "-c", "conf", "--demo", "--workers", "1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=conf.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        yield Running(started, tree, read_banner(started))
    finally:
        if started.poll() is None:
            started.send_signal(signal.SIGTERM)
            started.wait(SECONDS)
        assert started.stdout is not None
        started.stdout.close()


def test_the_demo_answers_and_can_be_asked_how_it_is(demo: Running):
    address = f"127.0.0.1:{demo.tree.monitor}"
    beginning = demo.banner[0]

    status, page = fetch(demo.tree.http, "/api/users", "demo.test")

    assert beginning.startswith("demo backends: ")
    assert (status, page.splitlines()[0][:13]) == (200, "This is api-1")
    assert "GET /users?via=demo HTTP/1.1" in page
    overview = run("status", "--address", address)
    assert overview.stdout.startswith("serving, configuration ")
    assert overview.returncode == 0
    assert "demo-hosts-1" in run("status", "versions", "--address", address).stdout
    taken = run("reload", "--address", address)
    assert taken.stdout == "everything: taken\n"
    assert taken.returncode == 0
    refused = run("reload", "mod_none", "--address", address)
    assert "mod_none: refused: handler not exist" in refused.stderr
    assert refused.returncode == 1


def test_the_demo_ends_with_its_backends(demo: Running):
    children = demo.children()

    assert demo.stop() == 0
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]
    assert (demo.tree.root.parent / "log" / "access.log").exists()
