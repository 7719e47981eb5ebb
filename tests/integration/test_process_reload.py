"""The real process: reload: files that change while it serves."""

import json
import shutil
import signal
import threading
from pathlib import Path

from tests.kit.pages import page_backend
from tests.kit.process import Running, Tree, resident_kib, running, wait_until, write_json


def wait_for_table(proxy: Running, version: str) -> None:
    """Wait until the controller has that version of the cluster table."""
    wanted = f'"ClusterTableConfVer":"{version}"'
    wait_until(lambda: wanted in proxy.monitor("/monitor/bal_table_version")[1])


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
                wait_for_table(proxy, str(round_number))
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
            wait_until(
                lambda: '"GslbConfTimeStamp":"2"' in proxy.monitor("/monitor/bal_table_version")[1]
            )
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
            _, text = proxy.monitor(f"/reload/server_data_conf?path={other}")
            assert "route_rule.data" in text
            assert proxy.get(host="elsewhere.test")[0] == 200


def write_elsewhere(tree: Tree, folder: Path, host: str) -> None:
    """The files of server_data_conf in another folder, for another host."""
    folder.mkdir(exist_ok=True)
    for file in (tree.root / "server_data_conf").iterdir():
        (folder / file.name).write_text(file.read_text().replace("shop.test", host))


def test_a_hangup_reads_everything_again_even_what_did_not_change(tree: Tree):
    with page_backend() as backend:
        tree.write([backend])
        with running(tree) as proxy:
            other = tree.root.parent / "other"
            write_elsewhere(tree, other, "elsewhere.test")
            proxy.monitor(f"/reload/server_data_conf?path={other}")
            wait_until(lambda: proxy.get()[0] == 500)
            proxy.process.send_signal(signal.SIGHUP)
            wait_until(lambda: proxy.get()[0] == 200)
            assert proxy.get(host="elsewhere.test")[0] == 500


def test_reloads_from_all_sides_at_once_end_with_what_is_there(tree: Tree):
    with page_backend() as one, page_backend() as two:
        tree.write([one])
        with running(tree, "--workers", "2") as proxy:
            other = tree.root.parent / "other"
            write_elsewhere(tree, other, "elsewhere.test")
            answers: list[tuple[int, str]] = []

            def ask(path: str) -> None:
                answers.extend([proxy.monitor(path) for _ in range(15)])

            asking = [
                threading.Thread(target=ask, args=[f"/reload/{path}"])
                for path in (
                    "server_data_conf",
                    f"server_data_conf?path={other}",
                    "gslb_data_conf",
                )
            ]
            for thread in asking:
                thread.start()
            for number in range(15):
                tree.write_backends([two if number % 2 == 0 else one], str(number))
                tree.write_hosts(str(number), ["shop.test", f"n{number}.test"])
                proxy.process.send_signal(signal.SIGHUP)
            for thread in asking:
                thread.join()
            tree.write_hosts("last", ["shop.test", "last.test"])
            wait_until(lambda: proxy.get(host="last.test") == (200, f"{two} /\n"))
            wait_until(lambda: proxy.get() == (200, f"{two} /\n"))
            versions = json.loads(proxy.monitor("/dump/config-version")[1])
            assert [worker["is_current"] for worker in versions["workers"]] == [True, True]
            assert len(answers) == 45


def test_documents_outside_of_the_root_are_followed(tree: Tree):
    with page_backend() as one, page_backend() as two:
        outside = tree.root.parent / "outside/cluster_table.data"
        tree.server = f"ClusterTableConf = {outside}"
        tree.write([one])
        outside.parent.mkdir()
        table = tree.root / "cluster_conf/cluster_table.data"
        table.rename(outside)
        with running(tree) as proxy:
            assert proxy.get() == (200, f"{one} /\n")
            tree.write_backends([two], "2")
            table.replace(outside)
            wait_until(lambda: proxy.get() == (200, f"{two} /\n"))
            shutil.rmtree(outside.parent)
            outside.parent.mkdir()
            tree.write_backends([one], "3")
            table.replace(outside)
            wait_until(lambda: proxy.get() == (200, f"{one} /\n"))


def test_a_root_that_is_swapped_for_another_is_followed(tree: Tree):
    with page_backend() as backend:
        tree.write([backend])
        with running(tree) as proxy:
            for number in range(3):
                fresh, old = tree.root.with_name(f"fresh{number}"), f"old{number}"
                shutil.copytree(tree.root, fresh)
                rules = fresh / "server_data_conf/host_rule.data"
                text = rules.read_text().replace('"1"', f'"{number + 2}"')
                rules.write_text(text.replace("shop.test", f"n{number}.test", 1))
                tree.root.rename(tree.root.with_name(old))
                fresh.rename(tree.root)
                wait_until(lambda n=number: proxy.get(host=f"n{n}.test")[0] == 200)
                tree.write_hosts("1", ["shop.test"])
                wait_until(lambda: proxy.get()[0] == 200)


def test_links_are_swapped_as_kubernetes_does(tree: Tree):
    with page_backend() as backend:
        tree.write([backend])
        data = tree.root / "server_data_conf"
        publish(data, "1", {file.name: file.read_text() for file in data.iterdir()})
        rules = (data / "host_rule.data").read_text()
        with running(tree) as proxy:
            for number in range(2, 6):
                files = {file.name: file.read_text() for file in data.iterdir() if file.is_file()}
                files["host_rule.data"] = rules.replace("shop.test", f"n{number}.test")
                publish(data, str(number), files)
                wait_until(lambda n=number: proxy.get(host=f"n{n}.test")[0] == 200)


def publish(folder: Path, version: str, files: dict[str, str]) -> None:
    """Make `files` appear in `folder` in one step, behind the link ``..data``."""
    fresh = folder / f"..{version}"
    fresh.mkdir()
    for name, content in files.items():
        (fresh / name).write_text(content)
    (folder / "..data_tmp").symlink_to(fresh.name)
    old = (folder / "..data").readlink() if (folder / "..data").is_symlink() else None
    (folder / "..data_tmp").replace(folder / "..data")
    for name in files:
        if not (folder / name).is_symlink():
            (folder / name).unlink()
            (folder / name).symlink_to(f"..data/{name}")
    if old is not None:
        shutil.rmtree(folder / old)


def test_fifty_reloads_leave_the_memory_of_a_worker_as_it_was(tree: Tree):
    with page_backend() as backend:
        tree.write([backend])
        path = tree.root / "server_data_conf/route_rule.data"
        rules = [
            {
                "Cond": f'req_path_prefix_in("/p{n}", false) && req_method_in("GET")',
                "ClusterName": "web",
            }
            for n in range(2000)
        ]
        with running(tree) as proxy:
            worker = proxy.worker(0)
            sizes = []
            write_json(path, {"Version": "", "ProductRule": {"shop": rules}})
            wait_until(lambda: proxy.get("/none")[0] == 500)
            for number in range(50):
                rules[number] = {"Cond": f'req_path_in("/v{number}", false)', "ClusterName": "web"}
                write_json(path, {"Version": str(number), "ProductRule": {"shop": rules}})
                wait_until(lambda n=number: proxy.get(f"/v{n}")[0] == 200)
                assert proxy.get("/none")[0] == 500  # asks every condition
                sizes.append(resident_kib(worker))
            assert sizes[-1] - sizes[9] < 2 * 1024
