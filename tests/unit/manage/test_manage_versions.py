"""/rollback, /dump/versions, and reloads of everything or that are only tried."""

import json

import pytest

from bfe_py.manage import (
    KeptVersion,
    RefusedPlace,
    ReloadAnswer,
    RolledBack,
    TriedReload,
    VersionsStatus,
    wall_text,
)
from bfe_py.model import parse_address

REMOTE = parse_address("192.0.2.7", 999)


@pytest.mark.parametrize(
    ("target", "version"),
    [("/rollback", None), ("/rollback?version=", None), ("/rollback?version=3fa2", "3fa2")],
)
def test_a_rollback_is_answered_when_it_is_over(client, observed, target, version):
    observed.rolled_back = RolledBack(4, 3, "3fa2", ["tenant shop: -1 route"], ["rules/shop"])

    reply = client.send(target, "POST")

    assert reply.head.status == 200
    assert observed.wanted == [version]
    assert json.loads(reply.body) == {
        "before": 4,
        "number": 3,
        "digest": "3fa2",
        "changes": ["tenant shop: -1 route"],
        "held": ["rules/shop"],
        "error": "",
    }


def test_a_rollback_that_cannot_be_says_why(client, observed, caplog):
    observed.rolled_back = RolledBack(4, error="none is kept")

    reply = client.send("/rollback", "POST")

    assert reply.head.status == 409
    assert json.loads(reply.body)["error"] == "none is kept"
    assert "rollback refused peer=127.0.0.1:50000 error=none is kept" in caplog.text


def test_only_a_post_goes_back(client, observed):
    reply = client.send("/rollback")

    assert reply.head.status == 405
    assert reply.header(b"allow") == b"POST"
    assert observed.wanted == []


@pytest.mark.parametrize("target", ["/rollback", "/reload", "/reload?dry_run=1"])
def test_only_this_machine_may(make_client, observed, target):
    reply = make_client(peer=REMOTE).send(target, "POST")

    assert b"not allowed from [192.0.2.7:999]" in reply.body
    assert (observed.wanted, observed.reloaded) == ([], [])


def test_versions_are_shown(client, observed):
    kept = KeptVersion(1, "aa", wall_text(1.0), 0, ["first"], is_in_use=True)
    observed.versions = VersionsStatus(1, wall_text(1.5), ["rules/a"], [kept], "/c", "/r", "/s")

    reply = client.send("/dump/versions")

    shown = json.loads(reply.body)
    assert shown["kept"][0] == {
        "number": 1,
        "digest": "aa",
        "at": "1970-01-01T00:00:01.000+00:00",
        "before": 0,
        "changes": ["first"],
        "is_in_use": True,
    }
    assert (shown["in_use"], shown["since"]) == (1, "1970-01-01T00:00:01.500+00:00")
    assert (shown["held"], shown["conf"], shown["state"]) == (["rules/a"], "/c", "/s")
    assert wall_text(0.0) == ""


# --- reloads


def test_a_post_without_a_name_reloads_everything(client, observed, caplog):
    caplog.set_level("INFO")
    observed.reload_answer = ReloadAnswer(is_ok=True, released=("rules/a",))

    reply = client.send("/reload", "POST")

    assert observed.reloaded == [(None, {})]
    assert json.loads(reply.body) == {"error": None, "released": ["rules/a"]}
    assert "reload taken name=everything" in caplog.text


@pytest.mark.parametrize(
    ("target", "name"), [("/reload?dry_run=1", None), ("/reload/mod_tag?dry_run=true", "mod_tag")]
)
def test_a_reload_is_tried_without_being_done(client, observed, target, name):
    refused = RefusedPlace("rules/a.rules", 2, 10, "there is no cluster x")
    observed.tried = TriedReload(["tenant b: + host b.test"], [refused])

    reply = client.send(target, "POST")

    assert (observed.wanted, observed.reloaded) == ([name], [])
    assert json.loads(reply.body) == {
        "changes": ["tenant b: + host b.test"],
        "refused": [
            {
                "document": "rules/a.rules",
                "line": 2,
                "column": 10,
                "message": "there is no cluster x",
                "expected": "",
            }
        ],
    }


@pytest.mark.parametrize("value", ["", "0", "False"])
def test_a_trial_has_to_be_wanted(client, observed, value):
    client.send(f"/reload?dry_run={value}", "POST")
    assert len(observed.reloaded) == 1


def test_a_name_that_is_none_is_not_tried(client, observed):
    reply = client.send("/reload/mod_none?dry_run=1", "POST")

    assert b"handler not exist" in reply.body
    assert observed.wanted == []
