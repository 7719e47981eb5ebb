import asyncio
import json
from dataclasses import replace

import pytest

from bfe_py.model import Fault, Kind
from bfe_py.observe import Registry

TEXT = b"text/plain; charset=utf-8"
HTML = b"text/html; charset=utf-8"

GOLDEN = [
    ("/monitor/host_table_version", '{"HostTag":"hr1","Vip":"vr1","ProductRoute":"rr1"}'),
    (
        "/monitor/bal_table_version",
        '{"ClusterTableConfVer":"ct1","GslbConfTimeStamp":"1","GslbConfSrc":"golden"}',
    ),
    (
        "/monitor/host_table_status",
        '{"HostTableSize":3,"HostTagTableSize":2,"VipTableSize":1,'
        '"ProductRouteTableSize":2,"ProductBasicRouteTableSize":1}',
    ),
    (
        "/monitor/bal_table_status",
        '{"Balancers":{"c0":{"SubClusters":{"s1":{"BackendNum":1},"s2":{"BackendNum":2}},'
        '"BackendNum":3},"c1":{"SubClusters":{"main":{"BackendNum":1}},"BackendNum":1}},'
        '"BackendNum":4}',
    ),
    ("/monitor/bal_table_status?cluster_name=c0", '{"status": "Exist"}'),
    ("/monitor/bal_table_status?cluster_name=nope", '{"status": "Not Exist"}'),
    ("/monitor/host_table_version?format=kv", "HostTag:hr1\nVip:vr1\nProductRoute:rr1\n"),
    ("/monitor/host_table_version?format=xml", '{"error":"invalid format:xml"}'),
    ("/monitor/nope", '{"error":"handler not exist, type[monitor], command[nope]"}'),
    ("/nope", '{"error":"invalid command [nope]"}'),
    ("/reload/server_data_conf", '{"error":null}'),
    ("/reload/gslb_data_conf", '{"error":null}'),
    ("/reload/tls_conf", '{"error":null}'),
    ("/monitor/server_stat", '{"total_bytes_body_buffer":0}'),
]


@pytest.mark.parametrize(("target", "content"), GOLDEN)
def test_pages_answer_as_bfe_does_byte_for_byte(compatible, target, content):
    reply = compatible.send(target, headers=[(b"Host", b"m")])

    assert reply.head.status == 200
    assert reply.body.decode() == content
    assert reply.has_ended
    assert [(name.lower(), value) for name, value in reply.head.headers] == [
        (b"content-type", TEXT),
        (b"content-length", str(len(content)).encode()),
    ]


def test_posting_reloads_too(compatible, observed):
    reply = compatible.send("/reload/gslb_data_conf", "POST", headers=[(b"Host", b"m")])

    assert reply.body == b'{"error":null}'
    assert observed.reloaded == [("gslb_data_conf", {})]


@pytest.mark.parametrize("path", ["/", "/monitor", "/reload", "/debug"])
def test_lists_are_html_with_version_and_start_time(client, path):
    reply = client.send(path)

    assert reply.head.status == 200
    assert reply.header(b"content-type") == HTML
    assert b"version: " in reply.body
    assert b"started: 20" in reply.body


def test_lists_name_what_there_is(client):
    index = client.send("/").body
    monitor = client.send("/monitor").body
    reload = client.send("/reload").body

    assert b'href="/metrics"' in index
    assert b'href="/monitor/proxy_state_diff"' in monitor
    assert b'href="/monitor/mod_http_code.diff"' in monitor
    assert b"mod_block" not in monitor
    assert b'href="/reload/tls_conf"' in reload


@pytest.mark.parametrize(
    ("target", "status", "error"),
    [
        ("/nope", 404, "invalid command [nope]"),
        ("/a/b", 404, "invalid command [a]"),
        ("/metrics/x", 404, "invalid command [metrics]"),
        ("/dump/x", 404, "not found [/dump/x]"),
        ("/debug/pprof", 200, "handler not exist, type[debug], command[pprof]"),
        ("/reload/x", 200, "handler not exist, type[reload], command[x]"),
        ("/monitor/", 200, "handler not exist, type[monitor], command[]"),
        (
            "/monitor/%22x%22",
            200,
            'handler not exist, type[monitor], command["x"]',
        ),
    ],
)
def test_an_unknown_path_is_refused(client, target, status, error):
    reply = client.send(target)

    assert reply.head.status == status
    assert json.loads(reply.body) == {"error": error}


def test_our_pages_are_only_read(client):
    reply = client.send("/metrics", "POST")

    assert reply.head.status == 405
    assert reply.header(b"allow") == b"GET, HEAD"


@pytest.mark.parametrize("path", ["/metrics", "/ready", "/monitor/proxy_state", "/", "/dump"])
def test_head_has_the_length_of_get_and_no_body(client, path):
    got = client.send(path)
    head = client.send(path, "HEAD")

    assert head.head.status == got.head.status == 200
    if path != "/metrics":
        assert head.header(b"content-length") == str(len(got.body)).encode()
    assert head.head.body_length == int(head.header(b"content-length"))
    assert head.body == b""
    assert head.has_ended


def test_the_whole_target_may_be_given(client):
    reply = client.send("http://127.0.0.1:8421/healthz", authority=b"127.0.0.1:8421")

    assert reply.head.status == 200


def test_the_first_of_two_parameters_counts(client):
    reply = client.send("/monitor/host_table_version?format=kv&format=xml")

    assert reply.body.startswith(b"HostTag:")


def test_a_failure_of_a_page_of_bfe_is_told_and_counted(observed, make_client):
    registry = Registry()
    observed.workers = RuntimeError('broken "pipe"')

    reply = make_client(registry=registry).send("/monitor/proxy_state")

    assert reply.head.status == 200
    assert json.loads(reply.body) == {"error": 'monitor panic:broken "pipe"'}
    assert counted(registry) == {"requests": 1, "refused": 0, "failures": 1}


def test_a_failure_of_a_page_of_ours_is_500(observed, make_client):
    observed.workers = RuntimeError("broken")

    reply = make_client().send("/metrics")

    assert reply.head.status == 500
    assert json.loads(reply.body) == {"error": "metrics failed: broken"}


def test_a_failure_of_a_reload_is_told(observed, client):
    observed.reload_answer = ValueError("no such file")

    reply = client.send("/reload/tls_conf")

    assert json.loads(reply.body) == {"error": "reload panic:no such file"}


def test_counting_goes_on_after_a_failure(make_client, observed, clock):
    registry = Registry()
    clock.now = 1_000_000.0
    waits = []

    async def sleep(seconds):
        waits.append(seconds)
        if len(waits) == 3:
            raise asyncio.CancelledError
        observed.workers = []
        clock.now += seconds

    observed.workers = OSError("channel closed")
    client = make_client(registry=registry)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(client.app.follow(sleep))

    assert waits == [1.0, 19.0, 20.0]
    assert counted(registry)["failures"] == 1


def counted(registry):
    prefix = "bfe_manage_"
    return {
        sample.name.removeprefix(prefix).removesuffix("_total"): sample.values[0][1]
        for sample in registry.read().samples
    }


class StubbornBody:
    """A body that is malformed, or does not end."""

    def __init__(self, fault=None):
        self.fault = fault

    async def read(self):
        return b""

    def trailers(self):
        return None

    async def drain(self):
        if self.fault is not None:
            raise self.fault
        return False


def test_a_body_without_end_closes_the_connection(client):
    reply = client.send("/healthz", body=StubbornBody())

    assert reply.head.status == 200
    assert reply.head.options == {b"close"}


def test_a_malformed_body_is_400(client):
    reply = client.send("/healthz", "POST", body=StubbornBody(Fault(Kind.BAD_BODY)))

    assert reply.head.status == 400
    assert reply.head.options == {b"close"}


def test_a_client_that_left_gets_nothing(client):
    reply = client.send("/healthz", body=StubbornBody(Fault(Kind.CLIENT_CLOSED)))

    assert reply.head is None
    assert reply.is_aborted


def test_a_large_answer_waits_for_a_slow_client(client, observed, make_status, make_reply):
    backend = make_status("c", "s", "n", "127.0.0.1:80", 1, is_up=True)
    observed.backend_list = [backend] * 1000

    reply = client.send("/dump/backends", reply=make_reply(is_blocked=True))

    assert reply.pieces == reply.waits >= 3
    assert len(json.loads(reply.body)) == 1000


def test_an_answer_is_cut_off_when_its_client_leaves(client, make_reply):
    slow = make_reply(is_blocked=True, fault=Fault(Kind.CLIENT_RESET))

    reply = client.send("/healthz", reply=slow)

    assert reply.is_aborted
    assert not reply.has_ended


def test_a_listed_module_name_is_escaped(client, observed):
    observed.reload_names = ("<x>",)

    assert b"&lt;x&gt;" in client.send("/reload").body


def test_draining_is_told_before_anything_else(client, observed):
    observed.is_draining = True
    observed.generation = replace(observed.generation, version="")

    reply = client.send("/ready")

    assert reply.head.status == 503
    assert json.loads(reply.body)["reason"] == "draining"
