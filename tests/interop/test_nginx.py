"""nginx behind the real process, on listeners that want a PROXY header."""

import http.client
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.kit.pki import own_certificate
from tests.kit.process import Tree, free_port, is_listening, running, wait_until

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")

SITE = """
    location / {
        return 200 "$proxy_protocol_addr $proxy_protocol_port $proxy_protocol_server_port $connection";
    }
"""


@dataclass
class Peer:
    """Ports of an nginx that runs."""

    clear: int
    secure: int


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path / "conf")


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[Peer]:
    folder = tmp_path / "nginx"
    (folder / "logs").mkdir(parents=True)
    certificate = own_certificate()
    (folder / "cert.pem").write_bytes(certificate.chain)
    (folder / "key.pem").write_bytes(certificate.key)
    found = Peer(free_port(), free_port())
    (folder / "nginx.conf").write_text(
        f"""
daemon off; master_process off; pid {folder}/pid; error_log {folder}/logs/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{found.clear} proxy_protocol; {SITE} }}
    server {{
        listen 127.0.0.1:{found.secure} ssl proxy_protocol;
        ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem; {SITE}
    }}
}}
"""
    )
    started = subprocess.Popen([str(NGINX), "-p", str(folder), "-c", str(folder / "nginx.conf")])
    try:
        wait_until(lambda: is_listening(found.clear) and is_listening(found.secure))
        yield found
    finally:
        started.terminate()
        started.wait(10)


def fetch(connection: http.client.HTTPConnection) -> list[str]:
    connection.request("GET", "/", headers={"Host": "shop.test"})
    response = connection.getresponse()
    assert response.status == 200
    return response.read().decode().split()


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("secure", [False, True])
def test_nginx_learns_who_the_client_is(tree: Tree, peer: Peer, version: str, secure: bool):
    cluster: dict[str, object] = {"BackendConf": {"ProxyProtocol": version}}
    if secure:
        cluster["BackendConf"] = {"ProxyProtocol": version, "Protocol": "https"}
        cluster["HTTPSConf"] = {"RSHost": "shop.test", "RSInsecureSkipVerify": True}
    tree.write([peer.secure if secure else peer.clear], **cluster)
    with running(tree):
        connections: set[str] = set()
        for _ in range(2):
            client = http.client.HTTPConnection("127.0.0.1", tree.http, timeout=10)
            for _ in range(2):
                address, port, own_port, connection = fetch(client)
                assert client.sock is not None
                assert (address, int(port)) == client.sock.getsockname()
                assert int(own_port) == tree.http
                connections.add(connection)
            client.close()
        assert len(connections) == 2


def test_a_tenant_may_ask_for_it_in_its_own_file(tmp_path: Path, tree: Tree, peer: Peer):
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "own.rules").write_text(
        "hosts shop.test\n"
        f"cluster web {{ backend 127.0.0.1:{peer.clear}\n proxy protocol v2\n }}\n"
        "route -> web\n"
    )
    tree.own += f"\nRulesDir = {rules}"
    tree.write([1])
    tree.write_hosts("2", ["other.test"])
    with running(tree):
        client = http.client.HTTPConnection("127.0.0.1", tree.http, timeout=10)
        assert fetch(client)[0] == "127.0.0.1"
        client.close()
