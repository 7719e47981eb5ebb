from pathlib import Path

from bfe_py.server import load_configuration
from bfe_py.server.pki import FilePki
from tests.kit.documents import rules_document
from tests.kit.process import Tree

CERTIFICATES = Path(__file__).parents[2] / "conformance/data/config_tree/tls_conf/certs"


def test_a_configuration_that_is_good_is_there_whole(tree: Tree, tmp_path: Path):
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "a.rules").write_bytes(rules_document("a.test"))
    loaded = load_configuration(tree.root, rules)
    assert loaded.report.ok
    assert loaded.site is not None
    assert loaded.tree is not None
    assert loaded.snapshot is not None
    assert loaded.snapshot.version == loaded.tree.version
    assert set(loaded.snapshot.clusters) == {"web", "a/web"}
    assert not (tmp_path / "state").exists()


def test_a_broken_file_leaves_the_site_alone(tree: Tree):
    (tree.root / "cluster_conf/gslb.data").write_text("{")
    loaded = load_configuration(tree.root, None)
    assert not loaded.report.ok
    assert loaded.site is not None
    assert loaded.tree is None
    assert loaded.snapshot is None


def test_a_broken_bfe_conf_leaves_nothing(tree: Tree):
    (tree.root / "bfe.conf").write_text("[Nonsense]\n")
    loaded = load_configuration(tree.root, None)
    assert not loaded.report.ok
    assert loaded.site is None


def test_strictly_a_warning_is_an_error(tree: Tree, tmp_path: Path):
    path = tree.root / "cluster_conf/gslb.data"
    path.write_text(path.read_text().replace('"Ts"', '"Odd": 1, "Ts"'))
    assert load_configuration(tree.root, None).report.ok
    assert not load_configuration(tree.root, None, is_strict=True).report.ok


def test_a_certificate_is_judged_by_the_library_that_will_serve_it():
    chain = (CERTIFICATES / "main.crt").read_bytes()
    key = (CERTIFICATES / "main.key").read_bytes()
    pki = FilePki()
    assert pki.verify_pair(chain, key) is None
    assert "golden.test" in (pki.names_of(chain) or [])
    assert pki.verify_pair(b"nonsense", key)
    # A chain whose other certificates are none of the library's
    bad = chain + b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    reason = pki.verify_pair(bad, key)
    assert reason is not None
