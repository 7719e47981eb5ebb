"""Follows a request through a snapshot: the way of `bfe_py.proxy` without backends and bodies."""

from collections.abc import Iterator

from bfe_py.cli.explaining.clusters import describe_cluster, likely_backend
from bfe_py.cli.explaining.effects import run_phase, run_session_phase
from bfe_py.cli.explaining.story import Effect, Looked, Story
from bfe_py.condition import compile_condition, explain_condition
from bfe_py.model import (
    AmbiguousTarget,
    Attempt,
    Exchange,
    Headers,
    Kind,
    ResponseHead,
    canonical_target,
    client_address,
)
from bfe_py.pipeline import Phase
from bfe_py.route import RouteTable
from bfe_py.snapshot import Snapshot

_RESPONSE_STATUS = 200


def follow(snapshot: Snapshot, exchange: Exchange, *, has_paths_as_sent: bool = False) -> Story:
    """What becomes of `exchange`, which is changed on the way.

    `has_paths_as_sent`: paths are not brought into canonical form.
    """
    request = exchange.request
    line = b"%b %b" % (request.method, request.target)
    host = exchange.client_host.decode("utf-8", "replace")
    story = Story(request=f"{line.decode('utf-8', 'replace')}, host {host or '-'}")
    _Walk(snapshot, exchange, story).go(has_paths_as_sent=has_paths_as_sent)
    return story


class _Walk:
    """One request on its way; each step answers whether it goes on."""

    def __init__(self, snapshot: Snapshot, exchange: Exchange, story: Story) -> None:
        self._snapshot = snapshot
        self._exchange = exchange
        self._story = story

    def go(self, *, has_paths_as_sent: bool) -> None:
        if not self._connect() or not self._begin(has_paths_as_sent=has_paths_as_sent):
            return
        if self._find_tenant() and self._find_cluster() and self._forward():
            self._respond()

    def _connect(self) -> bool:
        exchange, chain = self._exchange, self._snapshot.chain
        phases = [Phase.ACCEPT, Phase.HANDSHAKE] if exchange.is_secure else [Phase.ACCEPT]
        for phase in phases:
            if not self._take(run_session_phase(chain, phase, exchange)):
                return False
        if exchange.session.is_trusted:
            exchange.client = client_address(exchange.session, exchange.request.headers)
        return True

    def _begin(self, *, has_paths_as_sent: bool) -> bool:
        exchange = self._exchange
        if exchange.has_bad_target:
            return self._refuse(Kind.BAD_REQUEST, "bad percent escape in the path")
        if not has_paths_as_sent:
            try:
                canonical = canonical_target(exchange.upstream_target)
            except AmbiguousTarget as error:
                return self._refuse(Kind.BAD_REQUEST, str(error))
            if canonical != exchange.upstream_target:
                shown = canonical.decode("utf-8", "replace")
                self._story.remarks.append(f"the target is brought into canonical form: {shown}")
                exchange.rewrite(target=canonical)
        return self._run(Phase.REQUEST)

    def _find_tenant(self) -> bool:
        exchange, story = self._exchange, self._story
        found = self._snapshot.tenants.find(exchange.host, exchange.vip)
        if found is None:
            return self._refuse(Kind.NO_TENANT, "the host belongs to no tenant")
        exchange.tenant, exchange.host_tag = found.tenant, found.tag
        story.tenant, story.how, story.tag = found.tenant, found.how, found.tag
        if found.tenant in self._snapshot.body_phases:
            story.remarks.append("rules look at the body of such requests; here it is empty")
        return self._run(Phase.TENANT)

    def _find_cluster(self) -> bool:
        exchange, story = self._exchange, self._story
        table = self._snapshot.routes.get(exchange.tenant)
        if table is None:
            return self._refuse(Kind.NO_ROUTE, "the tenant has no routes")
        explanation = table.explain(exchange.host, exchange.path, exchange)
        route = explanation.route
        asked = len(table.rules)
        if route is not None:
            asked = 0 if route.index is None else route.index + 1
        basic = explanation.steps[: len(explanation.steps) - asked]
        steps = [Looked(step.looked_at, step.is_match) for step in basic]
        story.looked_at = (*steps, *_traces(table, asked, exchange))
        if route is None:
            return self._refuse(Kind.NO_ROUTE, explanation.reason)
        exchange.cluster = route.cluster
        story.cluster_name, story.source, story.rule = route.cluster, route.source, asked
        if route.cluster not in self._snapshot.clusters:
            return self._refuse(Kind.NO_CLUSTER, f"{route.cluster} is not configured")
        story.cluster = describe_cluster(self._snapshot.balancers[route.cluster], exchange)
        return self._run(Phase.ROUTE)

    def _forward(self) -> bool:
        """As if a backend that has a share had been chosen."""
        exchange, cluster = self._exchange, self._story.cluster
        assert cluster is not None
        chosen = likely_backend(cluster)
        if chosen is None:
            return self._refuse(Kind.NO_BACKEND, "no backend has a weight above 0")
        sub_cluster, backend = chosen
        host, _, port = backend.address.rpartition(":")
        exchange.sub_cluster = sub_cluster.name
        exchange.attempt = Attempt(
            cluster.name, sub_cluster.name, backend.name, host, int(port), cluster.protocol
        )
        self._story.remarks.append(
            f"modules are shown as if {backend.name} had been chosen and answered 200, text/html"
        )
        return self._run(Phase.FORWARD)

    def _respond(self) -> None:
        fields = [(b"Content-Type", b"text/html; charset=utf-8"), (b"Content-Length", b"4096")]
        self._exchange.response = ResponseHead(_RESPONSE_STATUS, Headers(fields), body_length=4096)
        self._run(Phase.RESPONSE)

    def _run(self, phase: Phase) -> bool:
        return self._take(run_phase(self._snapshot.chain, phase, self._exchange))

    def _take(self, effects: Iterator[Effect]) -> bool:
        for effect in effects:
            self._story.effects.append(effect)
            if effect.ends:
                self._story.end = f"{effect.module} {effect.changes[-1]}"
        return not self._story.end

    def _refuse(self, kind: Kind, why: str) -> bool:
        status = kind.value.bfe_status if self._exchange.compatible else kind.value.status
        self._story.end = f"answered with {status} ({kind.value.code}): {why}"
        return False


def _traces(table: RouteTable, count: int, exchange: Exchange) -> Iterator[Looked]:
    for rule in table.rules[:count]:
        trace = explain_condition(compile_condition(rule.condition_text), exchange)
        yield Looked(rule.condition_text, trace.result is True, trace)
