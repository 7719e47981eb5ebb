"""Sample requests: made from conditions, read from files, and where they would go."""

import http.client
from pathlib import Path

import pytest

from bfe_py.cli import main
from bfe_py.cli.comparing import SampleError, SideError, read_samples
from bfe_py.cli.comparing import samples as samples_module
from bfe_py.cli.comparing.sides import find_roots
from bfe_py.cli.comparing.witness import find_witnesses
from bfe_py.control import VersionCounters, Versions, VersionStore
from tests.kit.management import ManagementPages
from tests.kit.process import Tree, write_json


def requests(condition: str) -> list[str]:
    return [
        " ".join([one.method or "GET", one.url("h.test"), *one.lines()])
        for one in find_witnesses(condition)
    ]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("default_t()", ["GET http://h.test/"]),
        ('req_host_in("a.test|b.test")', ["GET http://a.test/", "GET http://b.test/"]),
        ('req_host_suffix_in(".a.test|b.test")', ["GET http://a.a.test/", "GET http://b.test/"]),
        ('req_path_in("/x y", false)', ["GET http://h.test/x%20y"]),
        ('req_path_suffix_in(".php", false)', ["GET http://h.test/.php"]),
        ('req_method_in("POST")', ["POST http://h.test/"]),
        ('req_query_value_in("q", "1", false)', ["GET http://h.test/?q=1"]),
        ('req_header_value_in("X-A", "v", false)', ["GET http://h.test/ X-A: v"]),
        ('req_header_key_in("X-A")', ["GET http://h.test/ X-A: 1"]),
        ('req_cookie_value_in("c", "v", false)', ["GET http://h.test/ Cookie: c=v"]),
        ('req_cookie_key_in("c") && req_query_key_in("q")', ["GET http://h.test/?q= Cookie: c=1"]),
        ("req_proto_secure()", ["GET https://h.test/"]),
        ('!req_path_in("/a", false)', ["GET http://h.test/"]),
        ("named", ["GET http://h.test/"]),
        ("not a condition (", ["GET http://h.test/"]),
        (
            'req_host_in("a.test") && (req_path_in("/x", false) || req_path_in("/y", false))',
            ["GET http://a.test/x", "GET http://a.test/y"],
        ),
        (
            'req_path_prefix_in("/a", false) && req_path_in("/a/b", false)',
            ["GET http://h.test/a/b"],
        ),
        (
            'req_path_prefix_in("/a", false) && req_path_contain("/z", false)',
            ["GET http://h.test/a", "GET http://h.test/z"],
        ),
    ],
)
def test_a_witness_is_what_its_condition_asks_for(condition: str, found: list[str]):
    assert sorted(requests(condition)) == sorted(found)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("GET http://a/", "GET http://a/"),
        ("POST http://a/ 'X-A: 1 2' X-B: 3", "POST http://a/ 'X-A: 1 2' 'X-B: 3'"),
        ("GET http://a/ Cookie: a=b; c=d", "GET http://a/ 'Cookie: a=b; c=d'"),
        ("GET http://a/ Host:b.test", "GET http://a/ Host:b.test"),
    ],
)
def test_samples_are_read_from_lines(line: str, found: str):
    (sample,) = read_samples(f"# a comment\n\n{line}\n")
    assert sample.line == found


@pytest.mark.parametrize("line", ["GET", "GET http://a/ nothing", "GET 'http://a/"])
def test_a_line_that_is_no_sample_is_named(line: str):
    with pytest.raises(SampleError, match="line 2: "):
        read_samples(f"\n{line}")


# --- the command


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Tree, Tree]:
    """Two configurations that are the same."""
    trees = Tree(tmp_path / "old/conf", 1, 2, 3), Tree(tmp_path / "new/conf", 1, 2, 3)
    for tree in trees:
        tree.server = "Modules = mod_block"
        tree.write([81])
        write_json(tree.root / "mod_block/block_rules.data", {"Version": "1", "Config": {}})
        (tree.root / "mod_block/mod_block.conf").write_text(
            "[Basic]\nProductRulePath = mod_block/block_rules.data\nIPBlocklistPath = ip\n"
        )
        (tree.root / "ip").write_text("")
    return trees


def write_routes(tree: Tree, *rules: tuple[str, str], **basic: object) -> None:
    routes = [{"Cond": condition, "ClusterName": cluster} for condition, cluster in rules]
    content = {"Version": "1", "ProductRule": {"shop": routes}, **basic}
    write_json(tree.root / "server_data_conf/route_rule.data", content)


def diff(folders: tuple[Tree, Tree], *words: str) -> int:
    return main(["diff", *[str(tree.root) for tree in folders], *words])


def test_what_is_the_same_ends_with_0(folders, capsys):
    assert diff(folders) == 0
    assert capsys.readouterr().out.splitlines()[1:] == ["nothing is different"]


def test_what_is_different_ends_with_1_and_says_what_goes_elsewhere(folders, capsys):
    _, new = folders
    write_routes(new, ('req_path_in("/api", false)', "none"), ("default_t()", "web"))
    write_json(new.root / "server_data_conf/cluster_conf.data", {
        "Version": "1", "Config": {"web": {}, "none": {}}
    })  # fmt: skip
    new.write_hosts("1", ["shop.test", "*.new.test"])

    assert diff(folders) == 1
    said = capsys.readouterr().out.splitlines()
    assert "  tenant shop: + host *.new.test: tag" in said
    assert '  tenant shop: + route req_path_in("/api", false) -> none' in said
    assert (
        "  GET http://a.new.test/: no tenant, answered with 500 (BK_FIND_PRODUCT): "
        "the host belongs to no tenant => tenant shop, cluster web"
    ).replace("500", "502") in [line.replace("500", "502").replace("404", "502") for line in said]


def test_rules_of_modules_move_requests_too(folders, capsys):
    _, new = folders
    rule = {
        "Action": {"Cmd": "CLOSE", "Params": []},
        "Name": "no",
        "Cond": 'req_path_in("/no", false)',
    }
    content = {"Version": "1", "Config": {"shop": [rule]}}
    write_json(new.root / "mod_block/block_rules.data", content)

    assert diff(folders) == 1
    said = capsys.readouterr().out
    assert "module mod_block: + document" in said
    assert "GET http://shop.test/no: tenant shop, cluster web => tenant shop, mod_block" in said


def test_path_rules_and_addresses_are_tried(folders, capsys):
    _, new = folders
    basic = {"shop": [{"Hostname": ["*"], "Path": ["/x*", "/y"], "ClusterName": "web"}]}
    write_routes(new, ("default_t()", "web"), BasicRule=basic)
    vips = {"Version": "1", "Vips": {"shop": ["192.0.2.1", "2001:db8::1"]}}
    write_json(new.root / "server_data_conf/vip_rule.data", vips)

    assert diff(folders) == 1
    said = capsys.readouterr().out
    assert "tenant shop: + path rule * /x*,/y: web" in said
    assert "GET http://192.0.2.1/ (to 192.0.2.1): no tenant" in said
    assert "GET http://[2001:db8::1]/ (to 2001:db8::1): no tenant" in said


def test_more_samples_than_may_be_are_cut_and_said(folders, capsys, monkeypatch):
    monkeypatch.setattr(samples_module, "MOST_SAMPLES", 3)
    _, new = folders
    write_routes(new, *[(f'req_path_in("/{n}", false)', "web") for n in range(9)])

    assert diff(folders) == 1
    assert "of 3 sample requests, of more would go elsewhere" in capsys.readouterr().out


def test_samples_of_the_user_are_tried_first(folders, capsys, tmp_path: Path):
    _, new = folders
    write_routes(new, ('req_header_value_in("X-A", "1", false)', "web"))
    file = tmp_path / "samples"
    file.write_text("GET http://shop.test/mine X-A: 2\nGET http://shop.test/bad%2 X: 1\n")
    assert diff(folders, "--samples", str(file)) == 1
    said = capsys.readouterr().out
    assert "GET http://shop.test/mine 'X-A: 2': tenant shop, cluster web => tenant shop, a" in said
    file.write_text("GET nowhere\n")
    assert diff(folders, "--samples", str(file)) == 2
    assert '--samples: "nowhere" is neither' in capsys.readouterr().err


def test_a_configuration_that_cannot_be_used_is_trouble(folders, capsys):
    (folders[1].root / "server_data_conf/route_rule.data").write_text("{")
    assert diff(folders) == 2
    said = capsys.readouterr().err
    assert "cannot be used:" in said
    assert "route_rule.data" in said


@pytest.mark.parametrize("word", ["./none", "."])
def test_folders_that_are_none_are_trouble(tmp_path: Path, monkeypatch, capsys, word):
    monkeypatch.chdir(tmp_path)
    assert main(["diff", word, word]) == 2
    assert word in capsys.readouterr().err


def test_nobody_to_ask_is_trouble(capsys):
    assert main(["diff", "--address", "127.0.0.1:1"]) == 2
    assert "nothing answers at 127.0.0.1:1" in capsys.readouterr().err


def test_a_folder_may_be_a_root_or_have_it_in_it(tmp_path: Path):
    (tmp_path / "conf").mkdir()
    assert find_roots(tmp_path) == (tmp_path / "conf", None)
    (tmp_path / "rules").mkdir()
    assert find_roots(tmp_path) == (tmp_path / "conf", tmp_path / "rules")
    (tmp_path / "rules/a.rules").write_text("")
    assert find_roots(tmp_path / "rules") == (None, tmp_path / "rules")
    (tmp_path / "conf/bfe.conf").write_text("")
    assert find_roots(tmp_path / "conf") == (tmp_path / "conf", None)
    (tmp_path / "none").mkdir()
    with pytest.raises(SideError, match=r"there is no bfe.conf, no .rules file"):
        find_roots(tmp_path / "none")


# --- versions that are kept


@pytest.fixture
def state(folders: tuple[Tree, Tree], tmp_path: Path) -> Path:
    """Two versions: the first without tenant `a`, and what is on the disk but for one backend."""
    old, _ = folders
    folder = tmp_path / "state"
    versions = Versions(VersionStore(folder, 10, 1 << 20), VersionCounters())
    table = "cluster_conf/cluster_table.data"
    gslb = {path: (old.root / path).read_bytes() for path in ("cluster_conf/gslb.data", table)}
    versions.note({"gslb_data_conf": gslb}, "aaaa1111", 1.0, [])
    gslb = {**gslb, table: gslb[table].replace(b"81", b"82")}
    versions.note({"gslb_data_conf": gslb}, "bbbb2222", 2.0, [])
    return folder


def test_versions_are_compared_from_the_state_directory(folders, state: Path, capsys):
    words = ["-s", str(state), "-c", str(folders[0].root)]
    assert main(["diff", "1", "bbbb", *words]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "version 1 => version 2"
    assert said[1].startswith("  BFE's files: - cluster web backends.sub[b81]")
    assert main(["diff", "1", *words]) == 0
    assert capsys.readouterr().out.startswith("version 1 => the files on the disk\n")
    assert main(["diff", *words]) == 1
    assert capsys.readouterr().out.startswith("version 2 => the files on the disk\n")


def test_versions_that_are_not_kept_are_trouble(folders, state: Path, tmp_path: Path, capsys):
    words = ["-c", str(folders[0].root), "-s"]
    assert main(["diff", "7", *words, str(state)]) == 2
    assert 'there is no version "7"; kept are 1, 2 (in use)' in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    assert main(["diff", "7", *words, str(tmp_path / "empty")]) == 2
    assert "no versions are kept in" in capsys.readouterr().err
    (state / "versions/2.version").unlink()
    assert main(["diff", *words, str(state)]) == 2
    assert "the version in use is not kept" in capsys.readouterr().err


@pytest.fixture
def pages(monkeypatch) -> ManagementPages:
    served = ManagementPages()
    monkeypatch.setattr(http.client, "HTTPConnection", served.connect)
    return served


def test_a_proxy_that_runs_says_where_things_are(folders, state: Path, pages, capsys):
    pages.add("/dump/versions", {"state": str(state), "conf": str(folders[0].root)})
    assert main(["diff"]) == 1
    assert capsys.readouterr().out.startswith("version 2 => the files on the disk\n")
    assert len(pages.asked) == 1


def test_without_a_proxy_to_ask_files_are_where_they_usually_are(
    folders, state: Path, monkeypatch, capsys
):
    monkeypatch.chdir(folders[0].root.parent)
    assert main(["diff", "1", "-s", str(state)]) == 0
    assert capsys.readouterr().out.startswith("version 1 => the files on the disk\n")


def test_a_proxy_without_a_state_directory_keeps_nothing(pages, capsys):
    pages.add("/dump/versions", {"state": "", "rules": "/rules"})
    assert main(["diff"]) == 2
    assert "the proxy has no state directory" in capsys.readouterr().err


def test_what_is_refused_or_rewritten_is_told(folders, capsys, tmp_path: Path):
    old, new = folders
    for tree, path in ((old, "/old"), (new, "/new")):
        rewrite = {
            "Cond": "default_t()",
            "Actions": [{"Cmd": "PATH_SET", "Params": [path]}],
            "Last": True,
        }
        write_json(
            tree.root / "mod_rewrite/rewrite.data",
            {"Version": "1", "Config": {"shop": [rewrite]}},
        )
        (tree.root / "mod_rewrite/mod_rewrite.conf").write_text(
            "[Basic]\nDataPath = mod_rewrite/rewrite.data\n"
        )
        conf = tree.root / "bfe.conf"
        text = conf.read_text()
        conf.write_text(text.replace("Modules = mod_block", "Modules = mod_rewrite"))
    file = tmp_path / "samples"
    file.write_text("G@T http://shop.test/x\n")
    assert diff(folders, "--samples", str(file)) == 1
    said = capsys.readouterr().out
    assert "1 of 3 sample requests would go elsewhere" in said
    assert "shop.test/: tenant shop, cluster web, as /old => tenant shop, cluster web, as /new" in (
        said
    )
