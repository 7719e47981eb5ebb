"""The real process: tenants with `.rules` files keep what they have, whatever others do."""

import http.client
import shutil
from pathlib import Path

import pytest

from tests.kit.pages import page_backend
from tests.kit.process import Running, Tree, running, wait_until, write_json


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    folder.mkdir()
    return folder


def rules_of(host: str, backend: int) -> str:
    """A good document: everything of `host` goes to `backend`."""
    return f"hosts {host}\ncluster web {{\n    backend 127.0.0.1:{backend}\n}}\nroute -> web\n"


def arguments(rules: Path) -> tuple[str, ...]:
    return ("-r", str(rules), "-s", str(rules.parent / "state"))


def write_shared(tree: Tree, backend: int) -> None:
    """BFE's files with one tenant `bfe` for bfe.test."""
    tree.write([backend])
    data = tree.root / "server_data_conf"
    names = {"HostTags": {"bfe": ["tag"]}, "Hosts": {"tag": ["bfe.test"]}, "Version": "1"}
    write_json(data / "host_rule.data", names)
    routes = {"bfe": [{"Cond": "default_t()", "ClusterName": "web"}]}
    write_json(data / "route_rule.data", {"Version": "1", "ProductRule": routes})


def errors(proxy: Running) -> str:
    return proxy.monitor("/dump/errors")[1]


def test_a_tenant_with_broken_rules_keeps_its_last_good_ones(tree: Tree, rules: Path):
    with page_backend() as backend:
        write_shared(tree, backend)
        good = rules_of("shop.test", backend)
        (rules / "shop.rules").write_text(good)
        with running(tree, *arguments(rules)) as proxy:
            assert proxy.get()[0] == 200
            assert proxy.get(host="bfe.test")[0] == 200
            (rules / "shop.rules").write_text(good + "route mobile ->\n")
            wait_until(lambda: "shop.rules" in errors(proxy))
            assert proxy.get()[0] == 200
            (rules / "blog.rules").write_text(rules_of("blog.test", backend))
            wait_until(lambda: proxy.get(host="blog.test")[0] == 200)
        with running(tree, *arguments(rules)) as proxy:
            assert proxy.get()[0] == 200
            assert "shop.rules" in "".join(proxy.banner)


def test_a_host_stays_with_its_holder_over_a_restart(tree: Tree, rules: Path):
    with page_backend() as old, page_backend() as new:
        write_shared(tree, old)
        (rules / "b.rules").write_text(rules_of("shop.test", old))
        with running(tree, *arguments(rules)) as proxy:
            (rules / "a.rules").write_text(rules_of("shop.test", new))
            wait_until(lambda: "belongs to tenant b" in errors(proxy))
            assert proxy.get() == (200, f"{old} /\n")
            # A reload of something else is not about that.
            assert proxy.monitor("/reload/gslb_data_conf") == (200, '{"error":null}')
        with running(tree, *arguments(rules)) as proxy:
            assert proxy.get() == (200, f"{old} /\n")
            assert "belongs to tenant b" in "".join(proxy.banner)
            (rules / "b.rules").write_text(rules_of("other.test", old))
            wait_until(lambda: proxy.get() == (200, f"{new} /\n"))


def test_tenants_stay_while_their_folder_is_away(tree: Tree, rules: Path):
    with page_backend() as backend:
        write_shared(tree, backend)
        (rules / "shop.rules").write_text(rules_of("shop.test", backend))
        with running(tree, *arguments(rules)) as proxy:
            rules.rename(rules.with_name("aside"))
            wait_until(lambda: "cannot be read" in errors(proxy))
            assert proxy.get()[0] == 200
            shutil.copytree(rules.with_name("aside"), rules)
            (rules / "blog.rules").write_text(rules_of("blog.test", backend))
            wait_until(lambda: proxy.get(host="blog.test")[0] == 200)
            assert proxy.get()[0] == 200
            (rules / "shop.rules").unlink()
            wait_until(lambda: proxy.get()[0] == 500)
            assert not (rules.parent / "state/shop.rules").exists()


def test_a_state_folder_that_cannot_be_written_costs_one_warning(tree: Tree, rules: Path):
    with page_backend() as backend:
        write_shared(tree, backend)
        (rules / "shop.rules").write_text(rules_of("shop.test", backend))
        (tree.root.parent / "file").write_text("")
        state = tree.root.parent / "file/state"
        with running(tree, "-r", str(rules), "-s", str(state)) as proxy:
            (line,) = [line for line in proxy.banner if str(state) in line]
            assert line.startswith("warning: ")
            assert proxy.get()[0] == 200


def test_a_tenant_reaches_nothing_of_the_proxy_itself(tree: Tree, rules: Path):
    with page_backend() as backend:
        write_shared(tree, backend)
        for tenant, port in (("shop", backend), ("a", tree.monitor), ("b", tree.http)):
            (rules / f"{tenant}.rules").write_text(rules_of(f"{tenant}.test", port))
        (rules / "c.rules").write_text(
            rules_of("c.test", backend).replace(
                "\n}", f'\n    check http "/reload/name_conf" host "c.test:{tree.monitor}"\n}}'
            )
        )
        with running(tree, *arguments(rules)) as proxy:
            assert proxy.get()[0] == 200
            found = errors(proxy)
            for tenant, line in (("a", 3), ("b", 3), ("c", 4)):
                assert f"rules/{tenant}.rules:{line}:" in found
                assert proxy.get(host=f"{tenant}.test")[0] != 200
            assert found.count("this proxy listens there itself") == 3


def test_a_tenant_has_the_files_of_its_own_folder_only(tree: Tree, rules: Path):
    with page_backend() as backend:
        write_shared(tree, backend)
        secret = rules.parent / "secret.pem"
        secret.write_text("not for tenants")
        (rules / "a").mkdir()
        (rules / "a/link.pem").symlink_to(secret)
        (rules / "a/own.pem").write_text("own")
        for tenant, name in (("a", "link.pem"), ("b", str(secret)), ("c", "../../secret.pem")):
            tls = f'\n    tls authority "{name}"\n}}'
            text = rules_of(f"{tenant}.test", backend).replace("\n}", tls)
            (rules / f"{tenant}.rules").write_text(text)
        with running(tree, *arguments(rules)) as proxy:
            found = errors(proxy)
            assert 'the file \\"link.pem\\" cannot be read' in found
            assert all(f"rules/{tenant}.rules:4:" in found for tenant in "abc")
            assert "not for tenants" not in found + "".join(proxy.banner)


def test_what_a_proxy_passed_on_does_not_reload(tree: Tree, rules: Path):
    with page_backend() as backend:
        write_shared(tree, backend)
        with running(tree, *arguments(rules)):
            host = f"127.0.0.1:{tree.monitor}"
            assert ask(tree.monitor, {"Host": host}) == '{"error":null}'
            for extra in ({"X-Forwarded-For": "192.0.2.1"}, {"Via": "1.1 bfe"}):
                assert "came through a proxy" in ask(tree.monitor, {"Host": host, **extra})
            for odd in ({"Host": "shop.test"}, {"Host": host, "Origin": "http://shop.test"}):
                assert "not allowed" in ask(tree.monitor, odd)


def ask(port: int, headers: dict[str, str]) -> str:
    """The answer to a reload with these fields."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/reload/name_conf", headers=headers)
        return connection.getresponse().read().decode()
    finally:
        connection.close()
