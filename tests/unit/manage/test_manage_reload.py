import json

import pytest

from bfe_py.manage import ReloadAnswer
from bfe_py.manage.app import Settings
from bfe_py.model import UNIX_PEER, parse_address

REMOTE = parse_address("192.0.2.7", 999)


def test_parameters_are_handed_on(client, observed):
    client.send("/reload/server_data_conf?path=/etc/bfe/next&enable=a")

    assert observed.reloaded == [("server_data_conf", {"path": "/etc/bfe/next", "enable": "a"})]


def test_a_refused_reload_says_why_in_escaped_json(client, observed):
    observed.reload_answer = ReloadAnswer(is_ok=False, error_text='rule "x":\nline 3')

    reply = client.send("/reload/server_data_conf")

    assert reply.head.status == 200
    assert json.loads(reply.body) == {"error": 'rule "x":\nline 3'}


@pytest.mark.parametrize(
    ("name", "version", "content"),
    [
        ("mod_tag", "tag.data=v1", b'{"error":null,"version":"tag.data=v1"}'),
        ("mod_tag", "", b'{"error":null}'),
        ("tls_conf", "tls_rule_conf.data=v1", b'{"error":null}'),
    ],
)
def test_some_names_answer_with_the_version(client, observed, name, version, content):
    observed.reload_answer = ReloadAnswer(is_ok=True, version=version)

    assert client.send(f"/reload/{name}").body == content


@pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD", "OPTIONS"])
def test_other_methods_do_not_reload(client, observed, method):
    reply = client.send("/reload/tls_conf", method)

    assert reply.head.status == 405
    assert reply.header(b"allow") == b"GET, POST"
    assert observed.reloaded == []


def test_a_unix_socket_is_this_machine(make_client, observed):
    make_client(peer=UNIX_PEER, local=UNIX_PEER).send("/reload/tls_conf")

    assert observed.reloaded == [("tls_conf", {})]


def test_a_client_that_left_before_its_address_was_known_is_not_this_machine(make_client, observed):
    make_client(peer=UNIX_PEER).send("/reload/tls_conf")

    assert observed.reloaded == []


@pytest.mark.parametrize(
    "field",
    [
        (b"X-Forwarded-For", b"192.0.2.7"),
        (b"x-forwarded-for", b""),
        (b"X-Forwarded-Host", b"shop.example"),
        (b"X-Forwarded-Proto", b"https"),
        (b"X-Real-Ip", b"127.0.0.1"),
        (b"Forwarded", b"for=127.0.0.1"),
        (b"Via", b"1.1 bfe"),
        (b"X-Bfe-Log-Id", b"1"),
        (b"X-Bfe-Ip", b"127.0.0.1"),
    ],
)
@pytest.mark.parametrize(
    "settings", [Settings(), Settings(is_compatible=True), Settings(token="secret")]
)
def test_what_came_through_a_proxy_does_not_reload(make_client, observed, settings, field):
    fields = [field, (b"Authorization", b"Bearer secret")]

    reply = make_client(settings).send("/reload/tls_conf", headers=fields)

    name = field[0].decode().title()
    assert json.loads(reply.body) == {
        "error": f"reload is not allowed for what came through a proxy [{name}]"
    }
    assert observed.reloaded == []


@pytest.mark.parametrize("path", ["/metrics", "/monitor/host_table_version", "/reload", "/ready"])
def test_what_came_through_a_proxy_may_be_read(client, path):
    reply = client.send(path, headers=[(b"X-Forwarded-For", b"192.0.2.7"), (b"Via", b"1.1 x")])

    assert reply.head.status == 200


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ((b"Origin", b"https://evil.example"), "reload is not allowed for a page of [https://evil"),
        ((b"Origin", b"null"), "reload is not allowed for a page of [null]"),
        ((b"Sec-Fetch-Site", b"cross-site"), "reload is not allowed for a page that is cross-site"),
    ],
)
def test_as_bfe_any_name_is_let_in_but_no_page_elsewhere(compatible, observed, field, message):
    reply = compatible.send("/reload/tls_conf", headers=[(b"Host", b"m"), field])

    assert json.loads(reply.body)["error"].startswith(message)
    assert observed.reloaded == []

    compatible.send("/reload/tls_conf", headers=[(b"Host", b"m"), (b"Origin", b"http://m")])

    assert observed.reloaded == [("tls_conf", {})]


@pytest.mark.parametrize("site", [b"cross-site", b"same-site"])
def test_a_page_elsewhere_cannot_make_a_browser_reload(client, observed, site):
    reply = client.send("/reload/tls_conf", headers=[(b"Sec-Fetch-Site", site)])

    assert json.loads(reply.body)["error"].startswith("reload is not allowed for a page")
    assert observed.reloaded == []


def test_a_page_elsewhere_may_link_to_what_is_only_read(client):
    reply = client.send("/monitor", headers=[(b"Sec-Fetch-Site", b"cross-site")])

    assert reply.head.status == 200


@pytest.mark.parametrize(
    ("authorization", "is_allowed"),
    [
        (b"Bearer secret", True),
        (b"bearer  secret", True),
        (b"Bearer other", False),
        (b"Basic secret", False),
        (b"Bearer", False),
        (b"", False),
        (b"Bearer s\xffcret", False),
    ],
)
def test_with_a_token_a_reload_may_come_from_anywhere_that_shows_it(
    make_client, observed, authorization, is_allowed
):
    client = make_client(Settings(token="secret"), peer=REMOTE)

    reply = client.send("/reload/tls_conf", headers=[(b"Authorization", authorization)])

    expected = None if is_allowed else "reload needs its token"
    assert json.loads(reply.body) == {"error": expected}
    assert bool(observed.reloaded) == is_allowed


def test_without_its_token_this_machine_does_not_reload_either(make_client, observed):
    make_client(Settings(token="secret")).send("/reload/tls_conf")

    assert observed.reloaded == []
