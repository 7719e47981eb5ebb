"""The real process: start, mistakes at start, serving."""

import base64
import ctypes
import hashlib
import os
import signal
import socket
import ssl
import subprocess
import threading
from pathlib import Path

import pytest

from tests.kit.pages import page_backend
from tests.kit.process import (
    Tree,
    command,
    fetch,
    is_listening,
    read_banner,
    resident_kib,
    running,
    start_and_fail,
    starting,
    wait_until,
    write_json,
)


def test_it_says_where_it_listens_and_what_it_loaded(tree: Tree):
    with page_backend() as backend:
        tree.write([backend])
        with running(tree) as proxy:
            banner = "".join(proxy.banner)
            assert f"127.0.0.1:{tree.http}" in banner
            assert f"127.0.0.1:{tree.monitor}" in banner
            assert "1 tenant" in banner
            assert "shop" in banner
            assert proxy.get("/x") == (200, f"{backend} /x\n")
            assert proxy.monitor("/ready")[0] == 200
            assert proxy.stop() == 0


def test_every_mistake_is_shown_at_start_and_nothing_listens(tree: Tree):
    tree.write([1])
    data = tree.root / "server_data_conf"
    write_json(data / "vip_rule.data", {"Version": "", "Vips": {"shop": ["10.0.0.x"]}})
    rules = [{"Cond": 'req_pth_in("/", false)', "ClusterName": "wbe"}]
    write_json(data / "route_rule.data", {"Version": "1", "ProductRule": {"shop": rules}})
    code, output = start_and_fail("-c", str(tree.root))
    assert code == 1
    for word in ("10.0.0.x", "req_pth_in", "req_path_in", "wbe", "route_rule.data:", "^"):
        assert word in output
    assert "Traceback" not in output


@pytest.mark.parametrize("missing", ["bfe.conf", "server_data_conf/host_rule.data"])
def test_a_missing_file_is_named_at_start(tree: Tree, missing: str):
    tree.write([1])
    (tree.root / missing).unlink()
    code, output = start_and_fail("-c", str(tree.root))
    assert code == 1
    assert missing in output
    assert "Traceback" not in output


def test_a_port_in_use_is_one_clear_line(tree: Tree):
    with page_backend() as backend:
        tree.write([backend])
        with running(tree):
            code, output = start_and_fail("-c", str(tree.root))
            assert code == 1
            (line,) = [line for line in output.splitlines() if "cannot listen" in line]
            assert str(tree.http) in line
            assert "in use" in line
            assert "Traceback" not in output


def certificate(folder: Path) -> tuple[Path, Path]:
    chain, key = folder / "a.crt", folder / "a.key"
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-subj",
            "/CN=shop.test",
            "-addext",
            "subjectAltName=DNS:shop.test",
            "-days",
            "2",
            "-keyout",
            str(key),
            "-out",
            str(chain),
        ],
        check=True,
        capture_output=True,
    )
    return chain, key


def test_tls_ends_here_behind_a_proxy_header_or_without_one(tree: Tree, tmp_path: Path):
    chain, _ = certificate(tmp_path)
    folder = tree.root / "tls_conf"
    tree.own, tree.server = "", 'Layer4LoadBalancer = "PROXY"'
    tree.modules = ("mod_header",)
    with page_backend() as backend:
        tree.write([backend])
        write_json(tree.root / "mod_header/mod_header.data", {"Version": "1", "Config": {}})
        (tree.root / "mod_header/mod_header.conf").write_text("[Basic]\n")
        (folder / "client_crl").mkdir(parents=True)
        entry = {"ServerCertFile": str(chain), "ServerKeyFile": str(tmp_path / "a.key")}
        write_json(
            folder / "server_cert_conf.data",
            {"Version": "1", "Config": {"Default": "a", "CertConf": {"a": entry}}},
        )
        write_json(
            folder / "tls_rule_conf.data",
            {"Version": "1", "DefaultNextProtos": ["http/1.1"], "Config": {}},
        )
        with running(tree) as proxy:
            context = ssl.create_default_context(cafile=str(chain))
            for preamble, address in (
                (b"PROXY TCP4 203.0.113.9 192.0.2.1 4711 443\r\n", "203.0.113.9"),
                (b"", "127.0.0.1"),
            ):
                with socket.create_connection(("127.0.0.1", tree.https)) as plain:
                    for byte in preamble:
                        plain.sendall(bytes([byte]))
                    with context.wrap_socket(plain, server_hostname="shop.test") as secure:
                        secure.sendall(
                            b"GET / HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n"
                        )
                        answer = b""
                        while piece := secure.recv(65536):
                            answer += piece
                assert b"200 OK" in answer
                assert f"'X-Real-Ip': '{address}'".encode() in answer
            assert "bfe_tls_succeeded_total 2.0" in proxy.monitor("/metrics")[1]


def test_a_log_folder_that_cannot_be_written_is_one_clear_line(tree: Tree):
    tree.write([1])
    (tree.root.parent / "file").write_text("")
    log = tree.root.parent / "file/log"
    code, output = start_and_fail("-c", str(tree.root), "-l", str(log))
    assert (code, output) == (1, f"error: cannot log to {log}: Not a directory\n")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give up a capability")
def test_a_port_that_is_not_permitted_is_one_clear_line(tree: Tree):
    limit = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
    if int(limit.read_text()) <= 80:
        pytest.skip("everybody may listen on port 80 here")
    tree.http = 80
    tree.write([1])
    log = str(tree.root.parent / "log")
    done = subprocess.run(
        command("run", "-c", str(tree.root), "-l", log),
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
        preexec_fn=give_up_low_ports,
    )
    assert done.returncode == 1
    assert done.stdout.startswith("error: cannot listen on 127.0.0.1:80 (http): Permission denied")
    assert done.stdout.count("\n") == 1


def give_up_low_ports() -> None:
    """Drop CAP_NET_BIND_SERVICE for good: prctl(PR_CAPBSET_DROP)."""
    assert ctypes.CDLL(None).prctl(24, 10, 0, 0, 0) == 0


def test_rules_alone_are_enough_and_a_broken_tenant_is_left_out(tmp_path: Path):
    if is_listening(8080) or is_listening(8421):
        pytest.skip("somebody listens on the ports that rules alone are served on")
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "blog.rules").write_text("hosts blog.test\nroute -> nowhere\n")
    with page_backend() as backend:
        cluster = f"cluster web {{\n    backend 127.0.0.1:{backend}\n}}\n"
        (rules / "shop.rules").write_text(f"hosts shop.test\n{cluster}route -> web\n")
        with starting(tmp_path, "-r", str(rules)) as started:
            output = "".join(read_banner(started))
            assert "nowhere" in output
            assert "Traceback" not in output
            assert fetch(8080, "/", "shop.test")[0] == 200
            assert fetch(8080, "/", "blog.test")[0] == 500


def test_a_gibibyte_passes_with_flat_memory(tree: Tree):
    size = 1 << 30
    with socket.create_server(("127.0.0.1", 0)) as backend:
        tree.write([backend.getsockname()[1]])

        def serve() -> None:
            taken, _ = backend.accept()
            with taken:
                taken.recv(65536)
                taken.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
                piece = b"x" * (1 << 20)
                for _ in range(size // len(piece)):
                    taken.sendall(piece)

        serving = threading.Thread(target=serve)
        serving.start()
        with running(tree) as proxy, socket.create_connection(("127.0.0.1", tree.http)) as client:
            worker = proxy.children()[-1]
            before = resident_kib(worker, "VmHWM")
            client.sendall(b"GET / HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n")
            got = 0
            while piece := client.recv(1 << 20):
                got += len(piece)
            assert got > size
            assert resident_kib(worker, "VmHWM") - before < 16 * 1024
        serving.join()


def test_the_access_log_has_a_line_for_each_exchange(tree: Tree):
    log = tree.root.parent / "access.log"
    tree.modules = ("mod_access",)
    with page_backend() as backend:
        tree.write([backend])
        (tree.root / "mod_access").mkdir()
        (tree.root / "mod_access/mod_access.conf").write_text(
            f'[Log]\nLogFile = {log}\n[Template]\nRequestTemplate = "$host $status_code $error"\n'
            'SessionTemplate = "S $ses_keepalive_num"\n'
        )
        with running(tree) as proxy:
            proxy.get()
            proxy.get(host="other.test")
            wait_until(lambda: log.exists() and log.read_text().count("S ") == 2)
            lines = log.read_text().splitlines()
            assert lines[0] == "shop.test 200 -"
            assert lines[2].startswith("other.test 500 BK_FIND_PRODUCT")
            assert sum(proxy.metrics("bfe_log_lines_total").values()) == 4
            aside = log.with_suffix(".old")
            log.rename(aside)
            proxy.process.send_signal(signal.SIGUSR1)
            proxy.get()
            wait_until(lambda: log.exists() and "shop.test" in log.read_text())


def test_basic_credentials_are_checked(tree: Tree):
    pytest.importorskip("bcrypt")
    tree.modules = ("mod_auth_basic",)
    with page_backend() as backend:
        tree.write([backend])
        folder = tree.root / "mod_auth_basic"
        folder.mkdir()
        (folder / "mod_auth_basic.conf").write_text("[Basic]\nDataPath = mod_auth_basic/a.data\n")
        (folder / "users").write_text(
            "bob:{SHA}" + base64.b64encode(hashlib.sha1(b"pw").digest()).decode() + "\n"
        )
        rule = {"Cond": "default_t()", "UserFile": str(folder / "users"), "Realm": "r"}
        write_json(folder / "a.data", {"Version": "1", "Config": {"shop": [rule]}})
        with running(tree) as proxy:
            assert proxy.get()[0] == 401
