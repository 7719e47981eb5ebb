import pytest

from bfe_py.control import Seen
from tests.kit.documents import (
    CLUSTERS,
    GSLB,
    HOSTS,
    ROUTES,
    TABLE,
    VIPS,
    Reloading,
    cluster_table,
    host_rule,
    route_rule,
    rules_document,
)


@pytest.fixture
def loaded() -> Reloading:
    reloading = Reloading()
    assert reloading.load().is_changed
    return reloading


def test_the_first_load_takes_everything_in():
    reloading = Reloading()
    outcome = reloading.load()
    assert (outcome.is_ok, outcome.is_changed, outcome.text) == (True, True, "")
    assert outcome.changes == (
        "first configuration: 1 tenant, 1 host, 1 route, 1 cluster, 1 backend",
    )
    reloader = reloading.reloader
    assert reloader.snapshot.version == reloader.tree.version != ""
    assert reloader.counts.tenants == 1
    assert reloader.history.taken == 1
    assert reloader.history.loaded_at == reloading.clock.wall()
    assert reloader.names == ("server_data_conf", "gslb_data_conf", "name_conf")


def test_nothing_new_changes_nothing(loaded: Reloading):
    snapshot = loaded.reloader.snapshot
    outcome = loaded.load()
    assert (outcome.is_ok, outcome.is_changed) == (True, False)
    assert loaded.load(anew=True).is_changed is False
    assert loaded.load(only="gslb_data_conf").is_changed is False
    assert loaded.reloader.snapshot is snapshot
    assert loaded.reloader.history.taken == 1
    assert len(loaded.compiled) == 1


def test_what_changed_is_taken_and_told(loaded: Reloading):
    loaded.documents.write(HOSTS, host_rule("2", {"shop": ["shop.test", "new.test"]}))
    outcome = loaded.load()
    assert outcome.is_changed
    assert outcome.changes == ("tenant shop: +1 host",)
    assert loaded.tenant_of("new.test") == "shop"
    assert loaded.reloader.history.taken == 2


def test_a_first_load_that_is_not_whole_is_none_and_may_become_whole():
    reloading = Reloading()
    whole = reloading.documents.contents.pop(GSLB)
    outcome = reloading.load()
    assert (outcome.is_ok, outcome.is_changed) == (False, False)
    assert GSLB in outcome.text
    assert reloading.reloader.history.refused == 1
    with pytest.raises(AssertionError):
        _ = reloading.reloader.snapshot
    reloading.documents.contents[GSLB] = whole
    assert reloading.load().is_changed
    assert reloading.backend_port() == 80


def test_a_broken_part_stays_as_it_was_and_the_others_go_on(loaded: Reloading):
    loaded.documents.write(HOSTS, b"{")
    loaded.documents.write(TABLE, cluster_table("2", 81))
    loaded.documents.write("rules/a.rules", rules_document("a.test"))
    outcome = loaded.load()
    assert (outcome.is_ok, outcome.is_changed) == (False, True)
    assert HOSTS in outcome.text
    assert loaded.tenant_of("shop.test") == "shop"
    assert loaded.tenant_of("a.test") == "a"
    assert loaded.backend_port() == 81
    history = loaded.reloader.history
    assert (history.is_last_ok, history.refused, history.taken) == (False, 1, 2)
    assert len(history.last_errors) == 1


def test_a_group_is_taken_whole_or_not_at_all(loaded: Reloading):
    loaded.documents.write(HOSTS, host_rule("2", {"shop": ["new.test"]}))
    loaded.documents.write(ROUTES, route_rule("2", {"shop": "nowhere"}))
    assert not loaded.load().is_ok
    assert loaded.tenant_of("shop.test") == "shop"
    assert loaded.tenant_of("new.test") is None
    loaded.documents.write(ROUTES, route_rule("3", {"shop": "web"}))
    assert loaded.load().is_ok
    assert loaded.tenant_of("new.test") == "shop"


def test_what_was_mended_by_undoing_it_is_good_again(loaded: Reloading):
    good = loaded.documents.contents[HOSTS]
    loaded.documents.write(HOSTS, b"{")
    loaded.load()
    assert not loaded.reloader.history.is_last_ok
    loaded.documents.contents[HOSTS] = good
    outcome = loaded.load()
    assert (outcome.is_ok, outcome.is_changed) == (True, False)
    assert loaded.reloader.history.is_last_ok


def test_one_group_is_loaded_by_itself(loaded: Reloading):
    loaded.documents.write(HOSTS, host_rule("2", {"shop": ["new.test"]}))
    loaded.documents.write(TABLE, cluster_table("2", 81))
    loaded.documents.write("rules/a.rules", rules_document("a.test"))
    assert loaded.load(only="gslb_data_conf").is_changed
    assert loaded.backend_port() == 81
    assert loaded.tenant_of("new.test") is None
    assert loaded.tenant_of("a.test") is None
    assert loaded.load().is_changed
    assert loaded.tenant_of("new.test") == "shop"
    assert loaded.tenant_of("a.test") == "a"


def write_elsewhere(loaded: Reloading, hosts: object) -> None:
    for path in (VIPS, ROUTES, CLUSTERS):
        name = path.rpartition("/")[2]
        loaded.documents.contents[f"other/{name}"] = loaded.documents.contents[path]
    loaded.documents.write("other/host_rule.data", hosts)


def test_a_group_that_was_loaded_from_elsewhere_stays_until_its_own_files_change(
    loaded: Reloading,
):
    write_elsewhere(loaded, host_rule("9", {"shop": ["else.test"]}))
    assert loaded.load(only="server_data_conf", path="other").is_changed
    assert loaded.tenant_of("else.test") == "shop"
    loaded.documents.write(TABLE, cluster_table("2", 81))
    assert loaded.load().is_changed
    assert loaded.tenant_of("else.test") == "shop"
    loaded.documents.write(HOSTS, host_rule("2", {"shop": ["own.test"]}))
    assert loaded.load().is_changed
    assert loaded.tenant_of("own.test") == "shop"


def test_everything_anew_undoes_a_load_from_elsewhere(loaded: Reloading):
    write_elsewhere(loaded, host_rule("9", {"shop": ["else.test"]}))
    loaded.load(only="server_data_conf", path="other")
    assert loaded.load(anew=True).is_changed
    assert loaded.tenant_of("shop.test") == "shop"


def test_a_load_from_elsewhere_that_is_wrong_changes_nothing(loaded: Reloading):
    write_elsewhere(loaded, b"{")
    outcome = loaded.load(only="server_data_conf", path="other")
    assert not outcome.is_ok
    assert "other/host_rule.data" in outcome.text
    assert loaded.tenant_of("shop.test") == "shop"


# --- tenants beside BFE's files


def test_a_host_of_bfes_files_is_not_given_away_and_neither_is_that_of_a_tenant(
    loaded: Reloading,
):
    loaded.documents.write("rules/a.rules", rules_document("shop.test"))
    assert not loaded.load().is_ok
    assert loaded.tenant_of("shop.test") == "shop"
    loaded.documents.write("rules/a.rules", rules_document("a.test"))
    assert loaded.load().is_ok
    loaded.documents.write(HOSTS, host_rule("2", {"shop": ["shop.test", "a.test"]}))
    outcome = loaded.load()
    assert outcome.text == "server_data_conf:1:1: the host a.test belongs to tenant a already"
    assert loaded.tenant_of("a.test") == "a"
    assert loaded.tenant_of("shop.test") == "shop"


def test_a_refused_tenant_is_no_matter_of_other_reloads(loaded: Reloading):
    loaded.documents.write("rules/a.rules", rules_document("shop.test"))
    assert not loaded.load().is_ok
    assert loaded.load(only="gslb_data_conf").is_ok
    loaded.documents.write(TABLE, cluster_table("2", 81))
    assert loaded.load().is_ok


def test_shared_hosts_that_are_refused_are_told_when_they_are_reloaded(loaded: Reloading):
    loaded.documents.write("rules/a.rules", rules_document("a.test"))
    loaded.load()
    loaded.documents.write(HOSTS, host_rule("2", {"shop": ["a.test"]}))
    assert not loaded.load().is_ok
    assert not loaded.load(only="server_data_conf").is_ok
    assert loaded.load(only="name_conf").is_ok


# --- what passes the checks and fails


def test_what_does_not_compile_is_refused_and_the_one_before_stays(
    loaded: Reloading, caplog: pytest.LogCaptureFixture
):
    before = loaded.reloader.snapshot
    loaded.documents.write(HOSTS, host_rule("2", {"shop": ["new.test"]}))
    loaded.documents.write("rules/a.rules", rules_document("a.test"))
    loaded.failure = KeyError("odd")
    outcome = loaded.load()
    assert (outcome.is_ok, outcome.is_changed) == (False, False)
    assert outcome.text == "configuration: this proxy failed on it: KeyError: 'odd'"
    assert loaded.reloader.snapshot is before
    assert loaded.reloader.tree.version == before.version
    assert "configuration not compiled" in caplog.text


def test_what_did_not_compile_is_not_tried_again_with_something_else(loaded: Reloading):
    loaded.documents.write(HOSTS, host_rule("2", {"shop": ["new.test"]}))
    loaded.documents.write("rules/a.rules", rules_document("a.test"))
    loaded.failure = KeyError("odd")
    loaded.load()
    loaded.documents.write(TABLE, cluster_table("2", 81))
    assert loaded.load().is_ok
    assert loaded.backend_port() == 81
    assert loaded.tenant_of("new.test") is None
    assert loaded.tenant_of("a.test") is None


def test_one_group_that_does_not_compile_leaves_tenants_alone(loaded: Reloading):
    loaded.documents.write("rules/a.rules", rules_document("a.test"))
    loaded.load()
    loaded.documents.write(HOSTS, host_rule("2", {"shop": ["new.test"]}))
    loaded.failure = KeyError("odd")
    assert not loaded.load(only="server_data_conf").is_ok
    loaded.documents.write(TABLE, cluster_table("2", 81))
    loaded.load()
    assert loaded.tenant_of("a.test") == "a"


def test_what_workers_do_not_take_is_refused_and_the_one_before_stays(loaded: Reloading):
    before = loaded.reloader.snapshot
    loaded.documents.write(HOSTS, host_rule("2", {"shop": ["new.test"]}))
    loaded.refusal = "worker 1: no space"
    outcome = loaded.load()
    assert (outcome.is_ok, outcome.is_changed) == (False, False)
    assert outcome.text == (
        "configuration: worker 1: no space; all workers go on with the version before"
    )
    assert [finding.code for finding in outcome.report.errors] == ["E801"]
    assert loaded.reloader.snapshot is before
    loaded.documents.write(HOSTS, host_rule("3", {"shop": ["other.test"]}))
    assert loaded.load().is_changed
    assert loaded.tenant_of("other.test") == "shop"


def test_what_workers_take_back_is_taken_back_here(loaded: Reloading):
    before = loaded.backend_port()
    loaded.documents.write(TABLE, cluster_table("2", before + 1))
    loaded.late_refusal = "worker 1: address taken"
    outcome = loaded.load()
    assert (outcome.is_ok, outcome.is_changed) == (False, False)
    assert loaded.backend_port() == before
    assert loaded.reloader.tree.version == loaded.reloader.snapshot.version


def test_a_first_version_that_workers_take_back_leaves_none():
    first = Reloading(late_refusal="worker 1: address taken")
    assert not first.load().is_ok
    assert first.reloader.tree.version == ""
    assert first.load(anew=True).is_changed


def test_what_fails_here_is_forgotten_there(loaded: Reloading):
    loaded.documents.write(TABLE, cluster_table("2", 82))
    loaded.failure = KeyError("odd")
    loaded.load()
    assert loaded.abandoned == 1


# --- for whoever comes next


def test_what_is_in_use_is_the_same_for_another_reloader(loaded: Reloading):
    loaded.documents.write("rules/a.rules", rules_document("a.test"))
    loaded.load()
    loaded.documents.write("rules/a.rules", b"hosts")
    loaded.documents.write(HOSTS, b"{")
    loaded.load()
    seen = loaded.reloader.seen
    assert isinstance(seen, Seen)
    other = Reloading()
    other.documents.contents = dict(seen.contents)
    assert other.load().is_ok
    assert other.reloader.tree.version == loaded.reloader.tree.version


def test_the_version_of_a_modules_document_is_told():
    from bfe_py import modules as built_in
    from bfe_py.config import default_settings
    from bfe_py.pipeline import load_modules

    block = load_modules(built_in)["mod_block"]
    reloading = Reloading(
        modules={"mod_block": block}, settings={"mod_block": default_settings(block)}
    )
    reloading.documents.write("mod_block/block_rules.data", {"Version": "7", "Config": {}})
    reloading.documents.write("mod_block/ip_blocklist.data", b"")
    assert reloading.load().version == ""
    name = "mod_block.product_rule_table"
    assert reloading.load(only=name).version == "block_rules.data=7"
    reloading.documents.write("other/rules", {"Version": "8", "Config": {}})
    assert reloading.load(only=name, path="other/rules").version == "rules=8"
    reloading.documents.write("other/rules", {"Version": "", "Config": {}})
    assert reloading.load(only=name, path="other/rules").version == ""
    assert reloading.load(only=name, path="nowhere").version == ""
    assert reloading.load(only="gslb_data_conf").version == ""
