"""The real process: start, serve, reload, recover, end."""

import base64
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

    free_port,

    running,
    wait_until,
    write_json,
)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path / "conf")


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


def test_a_saved_file_is_live_without_a_failed_request(tree: Tree):
    with page_backend() as one, page_backend() as two:
        tree.write([one])
        with running(tree) as proxy:
            results: list[tuple[int, str]] = []
            done = threading.Event()

            def load() -> None:
                while not done.is_set():
                    results.append(proxy.get("/"))

            loader = threading.Thread(target=load)
            loader.start()
            for round_number in range(10):
                tree.write_backends([two if round_number % 2 == 0 else one], str(round_number))
                wanted = f'"ClusterTableConfVer":"{round_number}"'
                wait_until(lambda: wanted in proxy.monitor("/monitor/bal_table_version")[1])
            done.set()
            loader.join()
            assert {status for status, _ in results} == {200}
            assert {text for _, text in results} == {f"{one} /\n", f"{two} /\n"}


def test_a_broken_save_changes_nothing_and_is_reported(tree: Tree):
    with page_backend() as backend:
        tree.write([backend])
        with running(tree) as proxy:
            path = tree.root / "server_data_conf/host_rule.data"
            path.write_text(path.read_text().replace('"shop"', '"shop" oops'))
            wait_until(
                lambda: "bfe_config_last_reload_successful 0.0" in proxy.monitor("/metrics")[1]
            )
            assert "host_rule.data" in proxy.monitor("/dump/errors")[1]
            assert proxy.get()[0] == 200
            log = (tree.root.parent / "log/bfe-py.log").read_text()
            assert "host_rule.data" in log
            tree.write_hosts("2", ["shop.test", "other.test"])
            wait_until(lambda: proxy.get(host="other.test")[0] == 200)
            assert "bfe_config_last_reload_successful 1.0" in proxy.monitor("/metrics")[1]


def test_an_editor_that_writes_and_renames_is_followed(tree: Tree):
    with page_backend() as backend:
        tree.write([backend])
        with running(tree) as proxy:
            path = tree.root / "server_data_conf/host_rule.data"
            fresh = path.with_name("host_rule.data.tmp")
            fresh.write_text(path.read_text().replace("shop.test", "new.test"))
            fresh.replace(path)
            wait_until(lambda: proxy.get(host="new.test")[0] == 200)


def test_a_file_that_is_written_in_pieces_is_taken_when_it_is_whole(tree: Tree):
    with page_backend() as backend:
        tree.write([backend])
        with running(tree) as proxy:
            path = tree.root / "server_data_conf/host_rule.data"
            whole = path.read_text().replace("shop.test", "new.test")
            with path.open("w") as file:
                file.write(whole[:40])
                file.flush()
                wait_until(lambda: '"is_last_ok": false' in proxy.monitor("/dump/errors")[1])
                assert proxy.get()[0] == 200
                file.write(whole[40:])
            wait_until(lambda: proxy.get(host="new.test")[0] == 200)


def test_files_that_belong_together_are_taken_together(tree: Tree):
    with page_backend() as backend:
        tree.write([backend])
        with running(tree) as proxy:
            data = tree.root / "server_data_conf"
            rules = [{"Cond": "default_t()", "ClusterName": "api"}]
            write_json(data / "route_rule.data", {"Version": "2", "ProductRule": {"shop": rules}})
            write_json(data / "cluster_conf.data", {"Version": "2", "Config": {"api": {}}})
            table = [{"Name": "b", "Addr": "127.0.0.1", "Port": backend, "Weight": 1}]
            write_json(
                tree.root / "cluster_conf/cluster_table.data",
                {"Version": "2", "Config": {"api": {"sub": table}}},
            )
            gslb = {"Hostname": "", "Ts": "2", "Clusters": {"api": {"sub": 1}}}
            write_json(tree.root / "cluster_conf/gslb.data", gslb)
            wait_until(lambda: '"GslbConfTimeStamp":"2"' in proxy.monitor("/monitor/bal_table_version")[1])
            wait_until(lambda: proxy.get()[0] == 200)


def test_reload_by_name_answers_with_its_verdict(tree: Tree):
    with page_backend() as backend:
        tree.write([backend])
        with running(tree) as proxy:
            assert proxy.monitor("/reload/server_data_conf") == (200, '{"error":null}')
            assert proxy.monitor("/reload/gslb_data_conf", "POST") == (200, '{"error":null}')
            other = tree.root.parent / "other"
            other.mkdir()
            for file in (tree.root / "server_data_conf").iterdir():
                content = file.read_text().replace("shop.test", "elsewhere.test")
                (other / file.name).write_text(content)
            answer = proxy.monitor(f"/reload/server_data_conf?path={other}")
            assert answer == (200, '{"error":null}')
            assert proxy.get(host="elsewhere.test")[0] == 200
            (other / "route_rule.data").write_text("{")
            status, text = proxy.monitor(f"/reload/server_data_conf?path={other}")
            assert "route_rule.data" in text
            assert proxy.get(host="elsewhere.test")[0] == 200


def test_a_hangup_reads_everything_again(tree: Tree):
    with page_backend() as backend:
        tree.write([backend])
        with running(tree) as proxy:
            before = proxy.monitor("/metrics")[1].count("\n")
            proxy.process.send_signal(signal.SIGHUP)
            assert proxy.get()[0] == 200
            assert before > 0


def start_and_fail(*arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        command("run", *arguments), capture_output=True, text=True, timeout=20, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_every_mistake_is_shown_at_start_and_nothing_listens(tree: Tree):
    tree.write([1])
    data = tree.root / "server_data_conf"
    write_json(data / "vip_rule.data", {"Version": "", "Vips": {"shop": ["10.0.0.x"]}})
    rules = [{"Cond": "req_pth_in(\"/\", false)", "ClusterName": "wbe"}]
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


def test_an_exchange_that_runs_is_finished_before_the_end(tree: Tree):
    with socket.create_server(("127.0.0.1", 0)) as backend:
        backend.settimeout(10)
        tree.write([backend.getsockname()[1]])
        with running(tree) as proxy:
            answers: list[tuple[int, str]] = []
            asking = threading.Thread(target=lambda: answers.append(proxy.get()))
            asking.start()
            taken, _ = backend.accept()
            taken.recv(65536)
            proxy.process.send_signal(signal.SIGTERM)
            wait_until(lambda: not is_listening(tree.http))
            taken.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            asking.join(10)
            taken.close()
            assert answers == [(200, "ok")]
            assert proxy.process.wait(10) == 0


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_an_exchange_that_does_not_end_is_cut_and_the_status_says_so(tree: Tree):
    with socket.create_server(("127.0.0.1", 0)) as backend:
        tree.write([backend.getsockname()[1]])
        with running(tree) as proxy, socket.create_connection(("127.0.0.1", tree.http)) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n")
            backend.settimeout(10)
            taken, _ = backend.accept()
            proxy.process.send_signal(signal.SIGTERM)
            assert proxy.process.wait(10) == 3
            taken.close()


def test_a_worker_that_dies_is_replaced(tree: Tree):
    with page_backend() as backend:
        tree.write([backend])
        with running(tree) as proxy:
            before = proxy.children()
            os.kill(before[-1], signal.SIGKILL)
            wait_until(lambda: len(set(proxy.children()) - set(before)) == 1)
            wait_until(lambda: is_listening(tree.http) and proxy.get()[0] == 200)


def test_workers_serve_on_while_the_controller_is_replaced(tree: Tree):
    with page_backend() as backend:
        tree.write([backend])
        with running(tree) as proxy:
            before = proxy.children()
            os.kill(before[0], signal.SIGKILL)
            assert proxy.get()[0] == 200
            wait_until(lambda: len(set(proxy.children()) - set(before)) == 1)
            wait_until(lambda: is_listening(tree.monitor) and proxy.monitor("/ready")[0] == 200)
            tree.write_hosts("2", ["later.test"])
            wait_until(lambda: proxy.get(host="later.test")[0] == 200)


def test_a_backend_that_came_back_is_used_again(tree: Tree):
    port = free_port()
    check = {"Schem": "http", "Uri": "/health", "FailNum": 1, "CheckInterval": 50}
    tree.write([port], CheckConf=check)
    with running(tree) as proxy:
        assert proxy.get()[0] in (502, 503)
        assert proxy.get()[0] == 503
        with page_backend(port):
            wait_until(lambda: proxy.get()[0] == 200)


def certificate(folder: Path) -> tuple[Path, Path]:
    chain, key = folder / "a.crt", folder / "a.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-subj", "/CN=shop.test", "-addext", "subjectAltName=DNS:shop.test",
         "-days", "2", "-keyout", str(key), "-out", str(chain)],
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


def test_a_tenant_with_broken_rules_keeps_its_last_good_ones(tmp_path: Path):
    rules = tmp_path / "rules"
    rules.mkdir()
    with page_backend() as backend:
        good = (
            "hosts shop.test\n"
            f"cluster web {{\n    backend 127.0.0.1:{backend}\n}}\n"
            "route -> web\n"
        )
        (rules / "shop.rules").write_text(good)
        tree = Tree(tmp_path / "conf")
        tree.write([backend])
        tree.write_hosts("1", ["other.test"])
        names = {"HostTags": {"bfe": ["tag"]}, "Hosts": {"tag": ["other.test"]}, "Version": "1"}
        write_json(tree.root / "server_data_conf/host_rule.data", names)
        routes = {"bfe": [{"Cond": "default_t()", "ClusterName": "web"}]}
        write_json(
            tree.root / "server_data_conf/route_rule.data", {"Version": "1", "ProductRule": routes}
        )
        state = tmp_path / "state"
        arguments = ("-r", str(rules), "-s", str(state))
        with running(tree, *arguments) as proxy:
            assert proxy.get()[0] == 200
            assert proxy.get(host="other.test")[0] == 200
            (rules / "shop.rules").write_text(good + "route mobile ->\n")
            wait_until(lambda: "shop.rules" in proxy.monitor("/dump/errors")[1])
            assert proxy.get()[0] == 200
            (rules / "blog.rules").write_text(good.replace("shop.test", "blog.test"))
            wait_until(lambda: proxy.get(host="blog.test")[0] == 200)
        with running(tree, *arguments) as proxy:
            assert proxy.get()[0] == 200


def test_rules_alone_are_enough(tmp_path: Path):
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "shop.rules").write_text("hosts shop.test\nroute -> nowhere\n")
    code, output = start_and_fail("-r", str(rules))
    assert "nowhere" in output
    assert "Traceback" not in output


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
            before = peak_kib(worker)
            client.sendall(b"GET / HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n")
            got = 0
            while piece := client.recv(1 << 20):
                got += len(piece)
            assert got > size
            assert peak_kib(worker) - before < 16 * 1024
        serving.join()


def peak_kib(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1])
    raise AssertionError("no peak")


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
        (folder / "users").write_text("bob:{SHA}" + base64.b64encode(__import__("hashlib").sha1(b"pw").digest()).decode() + "\n")
        rule = {"Cond": "default_t()", "UserFile": str(folder / "users"), "Realm": "r"}
        write_json(folder / "a.data", {"Version": "1", "Config": {"shop": [rule]}})
        with running(tree) as proxy:
            assert proxy.get()[0] == 401


