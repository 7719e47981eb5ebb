from dataclasses import replace

import pytest

from bfe_py.balance import (
    BLACKHOLE,
    Affinity,
    Backend,
    Balancer,
    Cluster,
    HashSource,
    LiveBackends,
    SubCluster,
)
from bfe_py.cli.explaining import Asked, AskedError, RefusedError, Story, make_exchange, tell
from bfe_py.cli.explaining.clusters import describe_cluster, likely_backend
from bfe_py.cli.explaining.effects import run_phase, run_session_phase
from bfe_py.cli.explaining.follow import follow
from bfe_py.condition import compile_condition
from bfe_py.model import ResponseHead
from bfe_py.observe import Registry
from bfe_py.pipeline import Chain, ChainCounters, Close, Phase, Respond
from bfe_py.route import PathRule, PathTable, RouteTable, Rule
from bfe_py.snapshot import Snapshot
from bfe_py.tenant import HostEntry, HostTable, TenantTable
from bfe_py.tls import Certificates

NOW = 1_767_225_600.0
WEB = Cluster("web", (SubCluster("main", 1, (Backend("web-1", "10.0.0.1", 80, 1),)),))


def exchange_of(url: str = "http://a.test/x", *fields: str, **others):
    return make_exchange(Asked("GET", url, fields, **others), NOW)


def chain_of(**handlers) -> Chain:
    named = {Phase[name]: tuple(those.items()) for name, those in handlers.items()}
    return Chain(named, Registry().family(ChainCounters))


def snapshot_of(
    cluster: Cluster | None = WEB, rules: tuple[str, ...] = ("default_t()",), **handlers
) -> Snapshot:
    compiled = [compile_condition(text) for text in rules]
    advanced = tuple(Rule(one.text, one.matches, "web") for one in compiled)
    basic = PathTable([PathRule(("a.test",), ("/basic",), "web")])
    clusters = {} if cluster is None else {"web": cluster}
    return Snapshot(
        version="1",
        tenants=TenantTable(HostTable([("a.test", HostEntry("t", "tag"))]), {}, None),
        routes={"t": RouteTable(basic, advanced)},
        clusters=clusters,
        balancers={name: Balancer(one, LiveBackends()) for name, one in clusters.items()},
        chain=chain_of(**handlers),
        certificates=Certificates(),
        body_phases={"t": Phase.TENANT} if "body" in str(rules) else {},
    )


# --- the request


@pytest.mark.parametrize(
    ("url", "host", "target"),
    [
        ("http://a.test", b"a.test", b"/"),
        ("http://a.test/x?y=1", b"a.test", b"/x?y=1"),
        ("http://a.test?y", b"a.test", b"/?y"),
        ("http://a.test#part", b"a.test", b"/"),
        ("http://a.test/x#part", b"a.test", b"/x"),
        ("HTTPS://a.test:8443/", b"a.test:8443", b"/"),
    ],
)
def test_a_url_is_a_host_and_a_target(url, host, target):
    exchange = exchange_of(url)

    assert exchange.client_host == host
    assert exchange.request.target == target


def test_a_host_field_wins_over_the_url():
    assert exchange_of("http://a.test/", "Host: b.test").client_host == b"b.test"


def test_a_request_over_tls_names_its_host():
    exchange = exchange_of("https://a.test:8443/")

    assert exchange.is_secure
    assert exchange.server_name == "a.test"


def test_a_path_alone_is_for_the_address_it_came_to():
    exchange = exchange_of("/x", vip="192.0.2.1")

    assert exchange.client_host == b"192.0.2.1"
    assert exchange.vip == 0xFFFF_C000_0201


@pytest.mark.parametrize(
    ("client", "shown"),
    [
        ("192.0.2.9", "192.0.2.9:50000"),
        ("192.0.2.9:7", "192.0.2.9:7"),
        ("2001:db8::1", "[2001:db8::1]:50000"),
        ("[2001:db8::1]", "[2001:db8::1]:50000"),
        ("[2001:db8::1]:7", "[2001:db8::1]:7"),
    ],
)
def test_the_client_may_come_from_anywhere(client, shown):
    assert str(exchange_of(client=client).session.peer) == shown


@pytest.mark.parametrize(
    ("url", "others", "said"),
    [
        ("/x", {}, "a path alone needs a host"),
        ("ftp://a.test/", {}, "is neither"),
        ("a.test/x", {}, "is neither"),
        ("http://a.test/", {"client": "nobody"}, '--from "nobody" is not an address'),
        ("http://a.test/", {"client": "1.2.3.4:x"}, "is not an address"),
        ("http://a.test/", {"vip": "300.1.1.1"}, '--vip "300.1.1.1" is not an address'),
    ],
)
def test_what_is_no_request_is_a_wrong_use(url, others, said):
    with pytest.raises(AskedError, match=said):
        exchange_of(url, **others)


def test_a_line_end_in_the_request_is_refused():
    with pytest.raises(RefusedError, match="answered with 400"):
        exchange_of("http://a.test/", "X: 1\r\n2")


# --- what modules do


def test_changes_are_told_line_by_line():
    def change(exchange):
        exchange.request.headers.set(b"X-New", b"1")
        exchange.request.headers.remove(b"x-old")
        exchange.rewrite(host=b"b.test", target=b"/y")
        exchange.tag("kind", "robot")
        exchange.note("seen", 1)
        exchange.client = None

    exchange = exchange_of("http://a.test/x", "X-Old: 0")
    effect, *rest = run_phase(chain_of(ROUTE={"mod_a": change}), Phase.ROUTE, exchange)

    assert rest == []
    assert (effect.phase, effect.module, effect.ends) == ("ROUTE", "mod_a", False)
    assert effect.changes == (
        "target /x -> /y",
        "host a.test -> b.test",
        "- X-Old: 0",
        "+ X-New: 1",
        "client 127.0.0.1 -> ",
        "tags {'kind': ['robot']}",
        "notes ['seen']",
    )


def test_changes_of_a_response_are_told():
    class Squeeze:
        pass

    def change(exchange):
        exchange.response.headers.add(b"X-Out", b"1")
        exchange.response.status = 404
        exchange.transforms = [Squeeze()]

    exchange = exchange_of()
    exchange.response = ResponseHead(200)
    (effect,) = run_phase(chain_of(RESPONSE={"mod_a": change}), Phase.RESPONSE, exchange)

    assert effect.changes == (
        "response + X-Out: 1",
        "status 200 -> 404",
        "body goes through Squeeze",
    )


def test_a_module_that_changes_nothing_is_not_told_of():
    chain = chain_of(ROUTE={"mod_a": lambda _: None})

    assert list(run_phase(chain, Phase.ROUTE, exchange_of())) == []


def test_a_verdict_ends_the_phase():
    handlers = {"mod_a": lambda _: Close("BLOCK"), "mod_b": lambda _: 1 / 0}

    (effect,) = run_phase(chain_of(TENANT=handlers), Phase.TENANT, exchange_of())

    assert effect.changes == ("closes the connection (BLOCK)",)
    assert effect.ends


def test_a_module_that_has_to_wait_is_passed_over():
    async def ask(_exchange):
        return Respond(ResponseHead(401))

    handlers = {"mod_a": ask, "mod_b": lambda _: Respond(ResponseHead(204))}
    waiting, answer = run_phase(chain_of(TENANT=handlers), Phase.TENANT, exchange_of())

    assert waiting.changes == ("has to wait for somebody else: not followed",)
    assert answer.changes == ("answers 204",)


def test_a_connection_may_be_trusted_or_closed():
    def trust(session):
        session.is_trusted = True

    handlers = {"mod_a": trust, "mod_b": lambda _: Close("BLOCK"), "mod_c": lambda _: 1 / 0}
    trusted, closed = run_session_phase(chain_of(ACCEPT=handlers), Phase.ACCEPT, exchange_of())

    assert trusted.changes == ("the peer is trusted",)
    assert closed.ends


# --- clusters


def cluster_of(*sub_clusters: SubCluster, **others) -> Balancer:
    return Balancer(Cluster("web", sub_clusters, **others), LiveBackends())


def test_shares_are_percent_of_the_positive_weights():
    backends = (Backend("b-1", "10.0.0.1", 80, 3), Backend("b-2", "10.0.0.2", 80, -1))
    balancer = cluster_of(
        SubCluster("near", 3, backends), SubCluster(BLACKHOLE, 1, ()), SubCluster("off", 0, ())
    )

    part = describe_cluster(balancer, exchange_of())

    assert [(one.name, one.percent) for one in part.sub_clusters] == [
        ("near", 75.0),
        ("refused", 25.0),
        ("off", 0.0),
    ]
    assert [one.percent for one in part.sub_clusters[0].backends] == [100.0, 0.0]


@pytest.mark.parametrize(
    ("affinity", "words"),
    [
        (Affinity(), "client address"),
        (Affinity(HashSource.TARGET), "target"),
        (Affinity(HashSource.CLIENT_ID, header="X-Id"), "header X-Id"),
        (
            Affinity(HashSource.CLIENT_ID_OR_ADDRESS, cookie="sid"),
            "cookie sid, else client address",
        ),
    ],
)
def test_what_chooses_the_sub_cluster_is_named(affinity, words):
    balancer = cluster_of(SubCluster("a", 1, ()), SubCluster("b", 1, ()), affinity=affinity)

    assert describe_cluster(balancer, exchange_of()).key == words


def test_a_request_with_a_key_has_a_home_and_one_without_has_none():
    by_id = Affinity(HashSource.CLIENT_ID, cookie="sid")
    balancer = cluster_of(SubCluster("a", 1, ()), SubCluster("b", 1, ()), affinity=by_id)

    with_id = describe_cluster(balancer, exchange_of("http://a.test/", "Cookie: sid=1"))
    without = describe_cluster(balancer, exchange_of())

    assert sum(one.is_home for one in with_id.sub_clusters) == 1
    assert not any(one.is_home for one in without.sub_clusters)


def test_a_sticky_cluster_chooses_backends_by_hash():
    assert (
        describe_cluster(
            cluster_of(SubCluster("a", 1, ()), affinity=Affinity(is_sticky=True)), exchange_of()
        ).policy
        == "hash"
    )


def test_a_cluster_without_weight_has_neither_home_nor_backend():
    part = describe_cluster(
        cluster_of(SubCluster("a", 0, (Backend("b-1", "10.0.0.1", 80, 1),))), exchange_of()
    )

    assert not part.sub_clusters[0].is_home
    assert likely_backend(part) is None


# --- the whole way


def test_a_request_is_followed_to_its_backend():
    story = follow(snapshot_of(), exchange_of())

    assert (story.tenant, story.how, story.tag) == ("t", "host", "tag")
    assert (story.cluster_name, story.source, story.rule) == ("web", "advanced", 1)
    assert [looked.text for looked in story.looked_at][-1] == "default_t()"
    assert story.end == ""
    assert "as if web-1 had been chosen" in story.remarks[-1]


def test_a_basic_rule_leaves_the_conditions_alone():
    story = follow(snapshot_of(), exchange_of("http://a.test/basic"))

    assert (story.source, story.rule) == ("basic", 0)
    assert [looked.trace for looked in story.looked_at] == [None, None]


def test_every_condition_that_was_looked_at_has_its_trace():
    rules = ('req_path_in("/y", false)', 'req_path_in("/x", false)', "default_t()")
    story = follow(snapshot_of(rules=rules), exchange_of())

    looked = [one for one in story.looked_at if one.trace is not None]
    assert [(one.text, one.is_match) for one in looked] == [(rules[0], False), (rules[1], True)]
    assert story.rule == 2


@pytest.mark.parametrize(
    ("url", "changes", "end"),
    [
        (
            "http://b.test/",
            {},
            "answered with 500 (BK_FIND_PRODUCT): the host belongs to no tenant",
        ),
        (
            "http://a.test/",
            {"rules": ('req_path_in("/y", false)',)},
            "answered with 500 (BK_FIND_LOCATION): no rule match",
        ),
        (
            "http://a.test/",
            {"cluster": None},
            "answered with 503 (BK_NO_CLUSTER): web is not configured",
        ),
        (
            "http://a.test/",
            {"cluster": Cluster("web", (SubCluster("main", 0, ()),))},
            "answered with 503 (BK_NO_BACKEND): no backend has a weight above 0",
        ),
        (
            "http://a.test/%zz",
            {},
            "answered with 400 (CLIENT_BAD_REQUEST): bad percent escape in the path",
        ),
        (
            "http://a.test/",
            {"ACCEPT": {"mod_a": lambda _: Close("BLOCK")}},
            "mod_a closes the connection (BLOCK)",
        ),
        (
            "https://a.test/",
            {"HANDSHAKE": {"mod_a": lambda _: Close("BLOCK")}},
            "mod_a closes the connection (BLOCK)",
        ),
        (
            "http://a.test/",
            {"REQUEST": {"mod_a": lambda _: Respond(ResponseHead(200))}},
            "mod_a answers 200",
        ),
    ],
)
def test_where_a_request_ends_early_the_story_says_why(url, changes, end):
    assert follow(snapshot_of(**changes), exchange_of(url)).end == end


def test_a_tenant_without_routes_ends_it():
    snapshot = snapshot_of()
    snapshot.routes.clear()

    assert follow(snapshot, exchange_of()).end.endswith("the tenant has no routes")


def test_paths_are_brought_into_canonical_form_unless_they_are_kept():
    canonical = follow(snapshot_of(), exchange_of("http://a.test/b/../basic"))
    kept = follow(snapshot_of(), exchange_of("http://a.test/b/../basic"), has_paths_as_sent=True)

    assert canonical.remarks[0] == "the target is brought into canonical form: /basic"
    assert canonical.source == "basic"
    assert kept.source == "advanced"


def test_an_ambiguous_path_is_refused():
    assert "answered with 400" in follow(snapshot_of(), exchange_of("http://a.test/a%2Fb")).end


def test_a_trusted_peer_says_who_the_client_is():
    def trust(session):
        session.is_trusted = True

    rules = ('req_cip_range("192.0.2.1", "192.0.2.1")',)
    snapshot = snapshot_of(rules=rules, ACCEPT={"mod_a": trust})

    assert follow(snapshot, exchange_of("http://a.test/", "X-Real-Ip: 192.0.2.1")).rule == 1


def test_rules_that_look_at_bodies_are_pointed_out():
    rules = ('req_body_json_in("a", "b", false)', "default_t()")

    assert "look at the body" in follow(snapshot_of(rules=rules), exchange_of()).remarks[0]


# --- the text


def test_a_story_is_told_in_the_order_of_the_way():
    def add(exchange):
        exchange.request.headers.add(b"X-One", b"1")
        exchange.request.headers.add(b"X-Two", b"2")

    rules = ('req_path_in("/y", false) && default_t()', 'req_path_in("/x", false)')
    sub_clusters = (
        SubCluster("near", 3, (Backend("web-1", "10.0.0.1", 80, 1),)),
        SubCluster("far", 1, (Backend("web-2", "10.0.0.2", 80, 1),)),
    )
    cluster = Cluster("web", sub_clusters, affinity=Affinity(HashSource.TARGET))
    snapshot = snapshot_of(cluster, rules, ROUTE={"mod_a": add, "mod_b": add})

    told = tell(follow(snapshot, exchange_of()))

    assert told.splitlines() == [
        "GET /x, host a.test",
        "",
        "tenant    t, by its host (tag tag)",
        "route     web, by advanced rule 2",
        "          yes host a.test",
        "          no  path /x",
        "          no  wildcard path",
        '          no  req_path_in("/y", false) && default_t()',
        '                false req_path_in("/y", false)  ("/x" equals none of the patterns)',
        "                -     default_t()  (not evaluated)",
        '          yes req_path_in("/x", false)  ("/x" equals "/x")',
        "cluster   web: http, WRR; connect 2 s, response head 60 s; retries 2 here, 0 across",
        "          75 % near, this request's by target",
        "              100 % web-1 10.0.0.1:80",
        "          25 % far",
        "              100 % web-2 10.0.0.2:80",
        "modules   ROUTE     mod_a               + X-One: 1",
        "                                        + X-Two: 2",
        "                    mod_b               + X-One: 1",
        "                                        + X-Two: 2",
        "note      modules are shown as if web-1 had been chosen and answered 200, text/html",
    ]


def test_a_story_without_a_route_says_none():
    told = tell(follow(snapshot_of(rules=('req_path_in("/y", false)',)), exchange_of()))

    assert "route     none\n" in told
    assert told.endswith("no rule match")


@pytest.mark.parametrize(("how", "words"), [("vip", "the address"), ("default", "the default")])
def test_how_the_tenant_was_found_is_told(how, words):
    assert words in tell(Story(request="GET /", tenant="t", how=how))


def test_a_cluster_without_a_limit_says_so():
    limits = replace(WEB.timeouts, response_header=None)
    story = follow(snapshot_of(replace(WEB, timeouts=limits)), exchange_of())

    assert "response head without limit" in tell(story)
