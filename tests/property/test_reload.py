"""Whatever is saved in whatever order: every part is at its last good version, never half of one.

The model beside the reloader is what an operator would expect, in a few lines: a group is what its
files last said while all of them were good; a tenant what its document last said, unless somebody
else has its host.
"""

from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec.structs import replace

from bfe_py.config import Tree
from tests.kit.documents import (
    HOSTS,
    ROUTES,
    TABLE,
    Reloading,
    cluster_table,
    host_rule,
    route_rule,
    rules_document,
    shop_documents,
)

TENANTS = ("a", "b", "c")
HOST_NAMES = ("one.test", "two.test", "three.test")
BROKEN = (b"{", b"", b"[]", b'{"Version": 1}', b"\xff")
BROKEN_RULES = (b"hosts", b"\xff", b"", b"hosts x.test\nroute -> nowhere\n", b"cluster {")

GOOD, BAD = True, False


@dataclass
class Model:
    """What should be in use."""

    versions: dict[str, tuple[str, bool]] = field(default_factory=dict)
    """Document -> its version as saved, and whether it is good."""
    server: tuple[str, str] = ("1", "1")
    """Versions of host_rule and route_rule."""
    port: int = 80
    wanted: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Tenant -> hosts of its last good document."""
    used: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Tenant -> hosts that it has."""

    def settle_server(self) -> None:
        hosts, routes = self.versions[HOSTS], self.versions[ROUTES]
        if hosts[1] and routes[1]:
            self.server = hosts[0], routes[0]

    def settle_tenants(self) -> None:
        """Who may have what: whoever has it keeps it; then by name."""
        refused: set[str] = set()
        while True:
            held: dict[str, str] = {}
            for tenant, hosts in self.used.items():
                stays = hosts
                if tenant not in refused:
                    stays = tuple(set(hosts) & set(self.wanted.get(tenant, ())))
                held.update(dict.fromkeys(stays, tenant))
            more = set()
            for tenant in sorted(set(self.wanted) - refused):
                if any(held.get(host, tenant) != tenant for host in self.wanted[tenant]):
                    more.add(tenant)
                else:
                    held.update(dict.fromkeys(self.wanted[tenant], tenant))
            if not more:
                break
            refused |= more
        kept = {tenant: self.used[tenant] for tenant in refused if tenant in self.used}
        taken = {tenant: hosts for tenant, hosts in self.wanted.items() if tenant not in refused}
        self.used = {**kept, **taken}


class Reloads(RuleBasedStateMachine):
    """Saves, breaks, mends, removes and reloads."""

    @initialize()
    def start(self) -> None:
        documents = shop_documents()
        documents.write("rules/README", b"keeps the folder there, whoever comes and goes")
        self.reloading = Reloading(documents)
        self.model = Model({HOSTS: ("1", GOOD), ROUTES: ("1", GOOD)})
        self.saved = 1
        assert self.reloading.load().is_changed
        self.before: tuple[str, object] = (self.snapshot.version, self.contents)

    @property
    def snapshot(self):
        return self.reloading.reloader.snapshot

    @property
    def contents(self) -> Tree:
        """The tree without its version."""
        return replace(self.reloading.reloader.tree, version="")

    def _next(self) -> str:
        self.saved += 1
        return str(self.saved)

    # --- what people do to files; they count with the next load

    @rule()
    def save_hosts(self) -> None:
        version = self._next()
        hosts = {"shop": ["shop.test", f"v{version}.test"]}
        self.reloading.documents.write(HOSTS, host_rule(version, hosts))
        self.model.versions[HOSTS] = (version, GOOD)

    @rule()
    def save_routes(self) -> None:
        version = self._next()
        self.reloading.documents.write(ROUTES, route_rule(version, {"shop": "web"}))
        self.model.versions[ROUTES] = (version, GOOD)

    @rule(path=st.sampled_from([HOSTS, ROUTES]), content=st.sampled_from(BROKEN))
    def break_server(self, path: str, content: bytes) -> None:
        self.reloading.documents.write(path, content)
        self.model.versions[path] = ("", BAD)

    @rule()
    def break_routes_by_reference(self) -> None:
        self.reloading.documents.write(ROUTES, route_rule(self._next(), {"shop": "nowhere"}))
        self.model.versions[ROUTES] = ("", BAD)

    @rule(path=st.sampled_from([HOSTS, ROUTES]))
    def remove_server(self, path: str) -> None:
        self.reloading.documents.contents.pop(path, None)
        self.model.versions[path] = ("", BAD)

    @rule(tenant=st.sampled_from(TENANTS), hosts=st.sets(st.sampled_from(HOST_NAMES), min_size=1))
    def save_tenant(self, tenant: str, hosts: set[str]) -> None:
        names = tuple(sorted(hosts))
        self.reloading.documents.write(f"rules/{tenant}.rules", rules_document(*names))
        self._load_tenants(tenant, names)

    @rule(tenant=st.sampled_from(TENANTS), content=st.sampled_from(BROKEN_RULES))
    def break_tenant(self, tenant: str, content: bytes) -> None:
        self.reloading.documents.write(f"rules/{tenant}.rules", content)
        self._load_tenants(tenant, None)

    @rule(tenant=st.sampled_from(TENANTS))
    def remove_tenant(self, tenant: str) -> None:
        self.reloading.documents.contents.pop(f"rules/{tenant}.rules", None)
        self.model.wanted.pop(tenant, None)
        self.model.used.pop(tenant, None)
        self._load_tenants(tenant, None)

    def _load_tenants(self, tenant: str, hosts: tuple[str, ...] | None) -> None:
        if hosts is not None:
            self.model.wanted[tenant] = hosts
        self.load()

    # --- loads

    @rule(anew=st.booleans())
    def load(self, anew: bool = False) -> None:
        self.reloading.load(anew=anew)
        self.model.settle_server()
        self.model.settle_tenants()

    @rule()
    def load_server_alone(self) -> None:
        outcome = self.reloading.load(only="server_data_conf")
        self.model.settle_server()
        good = self.model.versions[HOSTS][1] and self.model.versions[ROUTES][1]
        assert outcome.is_ok is good

    @rule(port=st.integers(1, 65535))
    def move_the_backend(self, port: int) -> None:
        self.reloading.documents.write(TABLE, cluster_table(self._next(), port))
        assert self.reloading.load(only="gslb_data_conf").is_ok
        self.model.port = port

    # --- what must hold then

    @invariant()
    def every_part_is_at_its_last_good_version(self) -> None:
        versions = self.snapshot.versions
        assert (versions.host_rule, versions.route_rule) == self.model.server
        assert self.reloading.backend_port() == self.model.port
        expected = dict.fromkeys(["shop.test", f"v{self.model.server[0]}.test"], "shop")
        expected.pop("v1.test", None)
        for tenant, hosts in self.model.used.items():
            expected.update(dict.fromkeys(hosts, tenant))
        for host in ("shop.test", *HOST_NAMES, *expected):
            assert self.reloading.tenant_of(host) == expected.get(host)

    @invariant()
    def the_version_changes_exactly_when_the_tree_does(self) -> None:
        version, contents = self.before
        now = self.snapshot.version
        assert (now == version) == (self.contents == contents)
        assert now == self.reloading.reloader.tree.version
        self.before = now, self.contents


TestReloads = Reloads.TestCase
TestReloads.settings = settings(max_examples=100, stateful_step_count=25, deadline=None)
