"""One `cluster` with its block: settings, backends, and sub-clusters with their weights."""

from dataclasses import dataclass, field

from lark import Token, Tree

from bfe_py.balance import BLACKHOLE, Reach
from bfe_py.config.dynamic import BackendEntry, ClusterEntry
from bfe_py.config.rules_file.parse import Place, parse_statement
from bfe_py.config.rules_file.remarks import Remarks, span_of
from bfe_py.config.rules_file.setting_parts import read_setting
from bfe_py.config.rules_file.settings import Settings
from bfe_py.config.rules_file.statements import Statement
from bfe_py.config.rules_file.values import read_address, read_identifier, read_weight
from bfe_py.config.text import Span

OWN_SUB_CLUSTER = "main"
"""Name of the sub-cluster of backends that stand in no `sub`."""


@dataclass(frozen=True, slots=True)
class ClusterBlock:
    """A cluster as BFE's three files have it: cluster_conf, gslb and cluster_table."""

    entry: ClusterEntry
    weights: dict[str, int]
    backends: dict[str, list[BackendEntry | None] | None]


@dataclass(slots=True)
class _SubCluster:
    """A sub-cluster that is being read."""

    weight: int
    backends: list[BackendEntry] = field(default_factory=list)
    addresses: dict[tuple[str, int], Span] = field(default_factory=dict)


class ClusterReader:
    """Reads the block of one cluster, whose backends are where `reach` allows."""

    def __init__(self, remarks: Remarks, reach: Reach) -> None:
        self._remarks = remarks
        self._reach = reach
        self._settings = Settings(remarks)
        self._own = _SubCluster(1)
        self._subs: dict[str, _SubCluster] = {}

    def read(self, statement: Statement, span: Span) -> ClusterBlock:
        """What the block of `statement` says; `span` is where an empty one is reported."""
        errors = self._remarks.error_count
        for inner in statement.body or ():
            tree = parse_statement(inner, Place.CLUSTER, self._remarks)
            if inner.body is not None and inner.pieces[0].text == "sub":
                self._read_sub(inner, tree)
            elif tree is not None:
                self._read_line(tree)
        if errors == self._remarks.error_count:
            self._check(span)
            self._check_probes()
        subs = self._subs or {OWN_SUB_CLUSTER: self._own}
        return ClusterBlock(
            entry=self._settings.entry(),
            weights={name: sub.weight for name, sub in subs.items()},
            backends={name: [*sub.backends] for name, sub in subs.items() if name != BLACKHOLE},
        )

    def _read_line(self, tree: Tree[Token]) -> None:
        if tree.data == "backend":
            self._read_backend(tree, self._own)
        elif tree.data == "blackhole":
            self._add_sub(BLACKHOLE, tree, span_of(tree))
        else:
            read_setting(tree, self._settings)

    def _read_sub(self, statement: Statement, header: Tree[Token] | None) -> None:
        sub = _SubCluster(1)
        errors = self._remarks.error_count
        if header is not None:
            name = header.children[0]
            assert isinstance(name, Token)
            span = span_of(name)
            if read_identifier(name, self._remarks) == BLACKHOLE:
                self._remarks.error("E700", span, "this name is kept for `blackhole`")
            sub = self._add_sub(str(name), header, span)
        for inner in statement.body or ():
            tree = parse_statement(inner, Place.SUB_CLUSTER, self._remarks)
            if tree is not None:
                self._read_backend(tree, sub)
        if header is not None and errors == self._remarks.error_count:
            self._check_backends(sub, span, f"the sub-cluster {name}")

    def _add_sub(self, name: str, header: Tree[Token], span: Span) -> _SubCluster:
        weight = header.children[-1]
        assert weight is None or isinstance(weight, Token)
        if name in self._subs:
            self._remarks.error("E700", span, "this stands twice in the cluster")
        sub = self._subs[name] = _SubCluster(read_weight(weight, self._remarks))
        return sub

    def _read_backend(self, tree: Tree[Token], sub: _SubCluster) -> None:
        first, second, weight = tree.children
        assert isinstance(first, Token)
        target = second if isinstance(second, Token) else first
        address = read_address(target, self._remarks)
        name = None if target is first else read_identifier(first, self._remarks)
        assert weight is None or isinstance(weight, Token)
        own_weight = read_weight(weight, self._remarks)
        if address is None:
            return
        host, port = address
        self._check_reach(
            host, port, f"`{target}` cannot be a backend of a tenant", span_of(target)
        )
        known = sub.addresses.setdefault(address, span_of(target))
        if known != span_of(target):
            line = self._remarks.line(known[0])
            message = f"this backend stands twice; line {line} has it too"
            self._remarks.error("E700", span_of(target), message)
        sub.backends.append(
            BackendEntry(name=name or f"{host}:{port}", host=host, port=port, weight=own_weight)
        )

    def _check_reach(self, host: str, port: int, what: str, span: Span) -> bool:
        """Report `what` if a tenant's backend may not be there; whether it may."""
        reason = self._reach.find_refusal(host, port)
        if reason is not None:
            expected = "another address or port"
            self._remarks.error("E701", span, f"{what}: {reason}", expected)
        return reason is None

    def _check_probes(self) -> None:
        """Report probes that go to another port than the backends', where none may go."""
        port, span = self._settings.find_probe_port()
        for sub in (self._own, *self._subs.values()):
            for host, _ in sub.addresses if port else ():
                what = f"probes would go to `{host}:{port}`"
                if not self._check_reach(host, port, what, span):
                    return

    def _check(self, span: Span) -> None:
        """Report a cluster from which no request would get an answer."""
        if not self._subs:
            self._check_backends(self._own, span, "the cluster")
        elif self._own.backends:
            message = "the cluster has backends beside its sub-clusters"
            self._remarks.error("E700", span, message, "all backends in a `sub`, or none")
        elif not any(sub.weight for sub in self._subs.values()):
            message = "no sub-cluster has a weight above 0: nothing could be sent"
            self._remarks.error("E502", span, message)
        elif set(self._subs) == {BLACKHOLE}:
            self._remarks.error(
                "E504", span, "the cluster has no backends", "a `sub` with backends"
            )

    def _check_backends(self, sub: _SubCluster, span: Span, name: str) -> None:
        if not sub.backends:
            self._remarks.error("E504", span, f"{name} has no backends", "`backend host:port`")
        elif not any(backend.weight for backend in sub.backends):
            self._remarks.error("E503", span, f"no backend of {name} has a weight above 0")
