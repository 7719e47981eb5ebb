"""Known classes of attacks by way of logs, numbers, the management listener and configuration."""

import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.kit.pages import page_backend
from tests.kit.process import Running, Tree, fetch, running, start_and_fail, wait_until, write_json
from tests.kit.rules_files import read, read_cluster

HEADER_RULE = {
    "cond": "default_t()",
    "actions": [
        {"cmd": "REQ_HEADER_SET", "params": ["X-Page", "%bfe_request_host"]},
        {"cmd": "RSP_HEADER_SET", "params": ["X-Page", "%bfe_request_host"]},
    ],
    "last": True,
}
REDIRECT_RULE = {
    "Cond": 'req_path_in("/go", false)',
    "Actions": [{"Cmd": "URL_FROM_QUERY", "Params": ["url"]}],
    "Status": 302,
}
TEMPLATE = r"$request_line|$host|\"${User-Agent}req_header\"|$status_code|end"


@dataclass
class Site:
    """A proxy with modules, and where it logs."""

    proxy: Running
    log: Path

    def ask(self, raw: bytes) -> bytes:
        """All that comes back on one connection."""
        with socket.create_connection(("127.0.0.1", self.proxy.tree.http), 5) as client:
            client.sendall(raw)
            answer = b""
            while piece := client.recv(65536):
                answer += piece
            return answer

    def lines(self) -> list[bytes]:
        """Whole lines of exchanges in the log."""
        if not self.log.exists():
            return []
        return [line for line in self.log.read_bytes().split(b"\n")[:-1] if line != b"S"]


def write_modules(tree: Tree, log: Path) -> None:
    tree.modules = ("mod_access", "mod_header", "mod_redirect")
    root = tree.root
    write_json(
        root / "mod_header/mod_header.data", {"Version": "1", "Config": {"shop": [HEADER_RULE]}}
    )
    write_json(
        root / "mod_redirect/redirect.data", {"Version": "1", "Config": {"shop": [REDIRECT_RULE]}}
    )
    (root / "mod_header/mod_header.conf").write_text("[Basic]\n")
    (root / "mod_redirect/mod_redirect.conf").write_text("[Basic]\n")
    (root / "mod_access").mkdir()
    (root / "mod_access/mod_access.conf").write_text(
        f"[Log]\nLogFile = {log}\n[Template]\n"
        f'RequestTemplate = "{TEMPLATE}"\nSessionTemplate = "S"\n'
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    tree, log = Tree(folder / "conf"), folder / "access.log"
    with page_backend() as backend:
        write_modules(tree, log)
        tree.write([backend])
        with running(tree) as proxy:
            yield Site(proxy, log)


def request(target: bytes, *lines: bytes) -> bytes:
    fixed = [b"Host: shop.test", b"Connection: close"]
    return b"\r\n".join([b"GET " + target + b" HTTP/1.1", *fixed, *lines, b"", b""])


# --- injection into logs and numbers


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(request(b"/a", b"User-Agent: |200|end"), id="ends"),
        pytest.param(request(b"/%0a%0d%1b[31mGET|end"), id="target"),
        pytest.param(request(b"/a?b=%0d%0aGET|end"), id="query"),
        pytest.param(request(b"/a", b"User-Agent: a\tb"), id="tab"),
        pytest.param(request(b"/a", b'User-Agent: x" 200 "'), id="quotes"),
        pytest.param(request(b"/a", b"User-Agent: a\\"), id="backslash"),
        pytest.param(request(b"/a", b"User-Agent: \xe2\x80\xa8end"), id="lines"),
        pytest.param(request(b"/a", b"User-Agent: \x85end"), id="not utf-8"),
    ],
)
def test_log_injection_makes_no_line_and_no_field_of_its_own(site: Site, raw: bytes):
    before = site.lines()
    assert site.ask(raw).startswith(b"HTTP/1.1 200 ")
    wait_until(lambda: len(site.lines()) > len(before))
    (line,) = site.lines()[len(before) :]
    assert line.endswith(b"|200|end")
    assert line.isascii()
    assert line.decode().isprintable()
    assert len(re.findall(rb'(?<!\\)(?:\\\\)*"', line)) == 2


def test_metric_injection_finds_no_label_of_the_clients(site: Site):
    for raw in (
        request(b'/evil"}1', b'X-Evil: evil"} 1'),
        request(b"/evil").replace(b"shop.test", b"evil.test"),
        b"EVIL" + request(b"/"),
    ):
        site.ask(raw)
    assert "evil" not in site.proxy.monitor("/metrics")[1].lower()


@pytest.mark.parametrize("field", ["X-Page", "X-Evil"])
def test_config_injection_from_a_redirect_cannot_split_the_response(site: Site, field: str):
    target = f"/go?url=http://a/%0d%0a{field}:%20evil%0d%0a%0d%0aHTTP/1.1%20200%20OK"
    answer = site.ask(request(target.encode()))
    head, _, _ = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 302 ")
    assert f"\r\n{field}: evil".encode() not in head
    assert answer.count(b"HTTP/1.1 ") == 1


# --- the management listener


def test_admin_api_exposure_is_none_on_the_listeners_of_clients(site: Site):
    for path in ("/monitor", "/metrics", "/reload/tls_conf", "/dump/errors", "/debug"):
        status, text = site.proxy.get(path)
        assert (status, text.split()[1]) == (200, path)  # it went to the backend


@pytest.mark.parametrize("path", ["/monitor/proxy_state", "/metrics", "/dump/errors"])
def test_dns_rebinding_finds_the_management_listener_closed(site: Site, path: str):
    status, _ = fetch(site.proxy.tree.monitor, path, "evil.test")
    assert status == 403


# --- configuration of tenants


def test_config_injection_by_a_value_of_a_rule_is_refused_at_start(tmp_path: Path):
    tree = Tree(tmp_path / "conf")
    write_modules(tree, tmp_path / "access.log")
    action = {"cmd": "RSP_HEADER_SET", "params": ["X-Page", "a\r\nX-Evil: b"]}
    rule = {**HEADER_RULE, "actions": [action]}
    write_json(
        tree.root / "mod_header/mod_header.data", {"Version": "1", "Config": {"shop": [rule]}}
    )
    tree.write([1])
    code, output = start_and_fail("-c", str(tree.root), "-l", str(tmp_path / "log"))
    assert code == 1
    assert "mod_header.data" in output


@pytest.mark.parametrize(
    "text",
    [
        "hosts a.test\ncluster web { backend 10.0.0.1:1 }\nroute -> other/web\n",
        "hosts a.test\ncluster other/web { backend 10.0.0.1:1 }\nroute -> web\n",
        "hosts a.test\ncluster ../web { backend 10.0.0.1:1 }\nroute -> web\n",
    ],
    ids=["route", "cluster", "path"],
)
def test_config_injection_across_tenants_names_nothing_of_others(text: str):
    assert read(text).group is None


@pytest.mark.parametrize(
    "setting",
    [
        'check http "/a HTTP/1.1"',
        'check http "/a\\r\\nX-Evil: b"',
        'check http "/a" host "a b"',
        'hash header "X A"',
        'tls name "a b"',
    ],
)
def test_config_injection_by_a_text_of_a_tenant_is_refused(setting: str):
    assert read_cluster(setting).findings


@pytest.mark.parametrize(
    "setting",
    ['tls authority "/etc/passwd"', 'tls certificate "../../a" key "/etc/ssl/private/b"'],
)
def test_config_injection_by_files_of_others_is_refused(setting: str):
    assert read_cluster(setting).findings


def test_ssrf_by_the_address_of_a_backend_does_not_reach_the_management_listener(tmp_path: Path):
    tree = Tree(tmp_path / "conf")
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "evil.rules").write_text(
        "hosts evil.test\ncluster web {\n"
        f"    backend 127.0.0.1:{tree.monitor}\n    host backend\n}}\nroute -> web\n"
    )
    with page_backend() as backend:
        tree.write([backend])
        with running(tree, "-r", str(rules), "-s", str(tmp_path / "state")) as proxy:
            assert proxy.get()[0] == 200
            status, text = proxy.get("/metrics", "evil.test")
            assert "bfe_" not in text
            assert status != 200
