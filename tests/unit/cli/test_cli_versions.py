"""`bfe-py rollback`, `status versions` and `reload --dry-run`, asked of a listener in memory."""

import http.client

import pytest

from bfe_py.cli import main
from tests.kit.management import ManagementPages


@pytest.fixture
def pages(monkeypatch) -> ManagementPages:
    served = ManagementPages()
    monkeypatch.setattr(http.client, "HTTPConnection", served.connect)
    return served


BACK = {
    "before": 4,
    "number": 3,
    "digest": "3fa2c1d4e5f60718",
    "changes": ["tenant shop: -1 route"],
    "held": [],
    "error": "",
}


@pytest.mark.parametrize(
    ("words", "path"),
    [([], "/rollback"), (["7"], "/rollback?version=7"), (["a&b"], "/rollback?version=a%26b")],
)
def test_a_rollback_is_asked_for(pages, capsys, words, path):
    pages.add("/rollback", BACK)

    assert main(["rollback", *words]) == 0
    assert pages.asked == [("127.0.0.1:8421", "POST", path)]
    assert capsys.readouterr().out.splitlines() == [
        "rolled back from version 4 to 3 (3fa2c1d4e5f6)",
        "  tenant shop: -1 route",
        "It is what is on the disk: nothing is held back.",
    ]


def test_a_rollback_says_what_still_is_newer_on_the_disk(pages, capsys):
    pages.add("/rollback", BACK | {"held": ["gslb_data_conf", "rules/shop"]})

    assert main(["rollback"]) == 0
    assert capsys.readouterr().out.splitlines()[2:] == [
        "The files on the disk still are the newer ones. These are not used again before they",
        "are changed, or `bfe-py reload` is asked for:",
        "  gslb_data_conf",
        "  rules/shop",
    ]


@pytest.mark.parametrize(
    ("answer", "err"),
    [
        ({"error": "none is kept"}, "not rolled back: none is kept\n"),
        ({"number": 3, "error": "a.data: x"}, "not rolled back to version 3: a.data: x\n"),
        ({}, "Error: what answers at 127.0.0.1:8421 knows no rollback\n"),
    ],
)
def test_a_rollback_that_cannot_be_is_an_error(pages, capsys, answer, err):
    pages.add("/rollback", answer, status=409)

    assert main(["rollback"]) == 1
    assert capsys.readouterr() == ("", err)


# --- reload --dry-run


def test_a_trial_says_what_would_change_and_what_would_be_refused(pages, capsys):
    refused = {"document": "rules/a.rules", "line": 2, "column": 10, "message": "no cluster x"}
    whole = {"document": "rules/b.rules", "line": 0, "column": 0, "message": "empty"}
    pages.add(
        "/reload",
        {
            "changes": ["tenant b: + host b.test"],
            "refused": [refused, whole | {"expected": "something"}],
        },
    )

    assert main(["reload", "--dry-run"]) == 1
    assert pages.asked == [("127.0.0.1:8421", "POST", "/reload?dry_run=1")]
    said = capsys.readouterr()
    assert said.out == "tenant b: + host b.test\n"
    assert said.err.splitlines() == [
        "would be refused: rules/a.rules:2:10: no cluster x",
        "would be refused: rules/b.rules: empty (expected: something)",
    ]


def test_a_trial_may_find_nothing(pages, capsys):
    pages.add("/reload/mod_block", {"changes": [], "refused": []})

    assert main(["reload", "mod_block", "--dry-run"]) == 0
    assert capsys.readouterr().out == "nothing would change\n"


def test_a_trial_that_nobody_may_ask_for_is_an_error(pages, capsys):
    pages.add("/reload/none", {"error": "handler not exist"})

    assert main(["reload", "none", "--dry-run"]) == 1
    assert capsys.readouterr().err == "Error: handler not exist\n"


# --- status


RUNNING = {
    "version": "b",
    "loaded_at": "",
    "is_last_ok": True,
    "reloads_total": 1,
    "refused_total": 0,
    "workers": [],
    "files": {"host_rule": "h-1", "vip_rule": ""},
    "modules": {"mod_block": "b-1"},
    "counts": {},
}


def kept(number: int, **changes: object) -> dict[str, object]:
    whole = {
        "number": number,
        "digest": f"{number}3fa2c1d4e5f60718",
        "at": f"2026-01-0{number}",
        "before": number - 1,
        "changes": ["first"],
        "is_in_use": False,
    }
    return whole | changes


def test_versions_are_a_table_and_so_are_documents(pages, capsys):
    pages.add(
        "/dump/versions",
        {
            "in_use": 2,
            "since": "2026-02-02",
            "held": ["rules/a"],
            "kept": [kept(1), kept(2, is_in_use=True), kept(3, changes=["a", "b", "c", "d"])],
        },
    )
    pages.add("/dump/config-version", RUNNING)

    assert main(["status", "versions"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "version  configuration  in use since  instead of  state                what changed",
        "      1  13fa2c1d4e5f   2026-01-01    -                                first",
        "      2  23fa2c1d4e5f   2026-02-02    1           in use, rolled back  first",
        "      3  33fa2c1d4e5f   2026-01-03    2                                a; b; c; ...",
        "rolled back to version 2; newer on the disk, and not used: rules/a",
        "",
        "document   version",
        "host_rule  h-1",
        "vip_rule   -",
        "mod_block  b-1",
    ]


@pytest.mark.parametrize(
    ("state", "where"), [("", "there is no state directory"), ("/state", "/state")]
)
def test_where_no_versions_are_kept_it_is_said(pages, capsys, state, where):
    pages.add("/dump/versions", {"state": state})
    pages.add("/dump/config-version", RUNNING)

    assert main(["status", "versions"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == f"no versions are kept ({where})"
