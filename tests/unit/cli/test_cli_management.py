import http.client

import click
import pytest

from bfe_py.cli import main
from bfe_py.cli.management import Page
from tests.kit.management import ManagementPages


@pytest.fixture
def pages(monkeypatch) -> ManagementPages:
    served = ManagementPages()
    monkeypatch.setattr(http.client, "HTTPConnection", served.connect)
    return served


BACKEND = {
    "cluster": "web",
    "sub_cluster": "main",
    "name": "web-1",
    "address": "10.0.0.1:80",
    "weight": 3,
    "is_up": True,
    "in_flight": 2,
    "failures": 0,
}


def running(**changes) -> dict:
    counts = dict.fromkeys(
        ("tenants", "hosts", "host_tags", "vips", "tenants_with_rules", "rules", "clusters"), 2
    )
    counts |= {"tenants_with_basic_rules": 0, "basic_rules": 1, "backends": 4, "certificates": 1}
    whole = {
        "version": "0123456789abcdef",
        "loaded_at": "2026-01-01T00:00:00.000+00:00",
        "is_last_ok": True,
        "reloads_total": 3,
        "refused_total": 0,
        "workers": [{"worker": "0", "version": "0123456789abcdef", "is_current": True}],
        "files": {"host_rule": "h-1", "vip_rule": ""},
        "modules": {"mod_block": "b-1"},
        "counts": counts,
    }
    return whole | changes


def test_one_name_is_reloaded_by_post(pages, capsys):
    pages.add("/reload/mod_block", {"error": None, "version": "block.data=7"})

    assert main(["reload", "mod_block", "--address", "127.0.0.1:9421"]) == 0
    assert pages.asked == [("127.0.0.1:9421", "POST", "/reload/mod_block")]
    assert capsys.readouterr().out == "mod_block: taken (block.data=7)\n"


@pytest.mark.parametrize(
    ("answer", "status", "out", "err"),
    [
        ({"pid": 4711, "error": ""}, 0, "upgraded: process 4711 serves\n", ""),
        ({"pid": 0, "error": "no such file"}, 1, "", "not upgraded: no such file\n"),
        ({}, 1, "", "Error: what answers at 127.0.0.1:9421 knows no upgrade\n"),
        ({"error": "upgrade is not allowed"}, 1, "", "not upgraded: upgrade is not allowed\n"),
    ],
)
def test_an_upgrade_says_what_came_of_it(pages, capsys, answer, status, out, err):
    pages.add("/upgrade", answer)

    assert main(["upgrade", "--address", "127.0.0.1:9421"]) == status
    assert pages.asked == [("127.0.0.1:9421", "POST", "/upgrade")]
    assert capsys.readouterr() == (out, err)


def test_without_a_name_everything_is_reloaded(pages, capsys):
    pages.add("/reload", {"error": None, "released": ["rules/shop"]})

    assert main(["reload"]) == 0
    assert pages.asked == [("127.0.0.1:8421", "POST", "/reload")]
    assert capsys.readouterr().out.splitlines() == [
        "everything: taken",
        "rules/shop: had been rolled back; now it is used as it is on the disk again",
    ]


def test_a_reload_that_is_refused_says_why(pages, capsys):
    pages.add("/reload", {"error": "a.data:1:2: wrong"})

    assert main(["reload"]) == 1
    assert capsys.readouterr() == ("", "everything: refused: a.data:1:2: wrong\n")


def test_a_name_cannot_lead_to_another_page(pages):
    pages.add("/reload/..%2Fdump", {"error": "handler not exist"})

    assert main(["reload", "../dump"]) == 1


@pytest.mark.parametrize("address", ["8421", "host:", ":8421", "host:http"])
def test_an_address_that_is_none_is_a_wrong_use(address, capsys):
    assert main(["reload", "--address", address]) == 2
    assert "is not HOST:PORT" in capsys.readouterr().err


def test_nobody_there_is_a_line_with_a_hint(pages, capsys):
    pages.error = ConnectionRefusedError(111, "Connection refused")

    assert main(["status"]) == 1
    assert capsys.readouterr().err == (
        "Error: nothing answers at 127.0.0.1:8421: Connection refused\nIs `bfe-py run` running?\n"
    )


def test_something_else_that_answers_is_named():
    with pytest.raises(click.ClickException, match="is not bfe-py: '<html>'"):
        Page(200, b"<html>").decode(dict)


def test_a_broken_answer_is_a_line(pages, capsys):
    pages.error = http.client.BadStatusLine("")

    assert main(["status"]) == 1
    assert "nothing answers" in capsys.readouterr().err


def test_the_overview_says_what_serves_and_what_is_down(pages, capsys):
    pages.add("/dump/config-version", running())
    pages.add("/ready", {})
    pages.add("/dump/backends", [BACKEND, BACKEND | {"name": "web-2", "is_up": False}])
    pages.add("/dump/versions", {"in_use": 3, "held": ["rules/a", "rules/b"]})

    assert main(["status"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "serving, configuration 0123456789ab since 2026-01-01T00:00:00.000+00:00",
        "2 tenants, 2 hosts, 3 rules, 2 clusters, 4 backends, 1 certificates",
        "1 workers, all with that configuration",
        "3 reloads taken, 0 refused",
        "rolled back to version 3; newer on the disk, and not used: rules/a, rules/b",
        "down: web main web-2 10.0.0.1:80",
    ]


def test_the_overview_shows_why_a_reload_was_refused(pages, capsys):
    late = [{"worker": "1", "version": "f", "is_current": False}]
    pages.add("/dump/config-version", running(is_last_ok=False, workers=late, loaded_at=""))
    pages.add("/ready", {}, status=503)
    pages.add("/dump/backends", [])
    pages.add("/dump/versions", {})
    pages.add("/dump/errors", {"at": "2026-01-02", "errors": ["a.data:1:2: wrong"]})

    assert main(["status"]) == 1

    said = capsys.readouterr().out
    assert said.startswith("not ready, configuration 0123456789ab since -\n")
    assert "1 workers, behind: 1\n" in said
    assert said.endswith("the reload of 2026-01-02 was refused:\n  a.data:1:2: wrong\n")


@pytest.mark.parametrize(
    ("part", "page", "content", "lines"),
    [
        (
            "clusters",
            "/dump/backends",
            [BACKEND, BACKEND | {"name": "web-0", "is_up": False, "failures": 3}],
            [
                "cluster  sub-cluster  backend  address      weight  state  in flight  failures",
                "web      main         web-0    10.0.0.1:80       3  down           2         3",
                "web      main         web-1    10.0.0.1:80       3  up             2         0",
            ],
        ),
        (
            "workers",
            "/dump/config-version",
            running(
                workers=[
                    {"worker": "0", "version": "0123456789abcdef", "is_current": True},
                    {"worker": "1", "version": "", "is_current": False},
                ]
            ),
            [
                "worker  configuration  state",
                "0       0123456789ab   current",
                "1       -              behind",
            ],
        ),
    ],
)
def test_a_part_is_a_table(part, page, content, lines, pages, capsys):
    pages.add(page, content)

    assert main(["status", part]) == 0
    assert capsys.readouterr().out.splitlines() == lines
