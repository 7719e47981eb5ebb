"""read_rules: a `.rules` file to the tables that BFE's files have for the same tenant."""

from collections.abc import Iterable

from lark import Token, Tree

from bfe_py.balance import Reach
from bfe_py.config.conditions import ConditionCache
from bfe_py.config.dynamic import (
    AdvancedRule,
    BalanceGroup,
    ClusterTable,
    GslbConf,
    TenantGroup,
)
from bfe_py.config.findings import Report
from bfe_py.config.rules_file.cluster_block import ClusterBlock, ClusterReader
from bfe_py.config.rules_file.entrance import Entrance
from bfe_py.config.rules_file.named import NamedConditions
from bfe_py.config.rules_file.parse import Place, find_route, parse_statement
from bfe_py.config.rules_file.remarks import Remarks, span_of
from bfe_py.config.rules_file.routes import CATCH_ALL, Routes
from bfe_py.config.rules_file.statements import Statement, read_statements
from bfe_py.config.rules_file.values import is_identifier, read_identifier
from bfe_py.config.text import Span, read_text
from bfe_py.pipeline import GLOBAL


def read_rules(
    tenant: str,
    content: bytes,
    document: str,
    report: Report,
    reach: Reach | None,
    conditions: ConditionCache | None,
) -> TenantGroup | None:
    """See `parse_rules`."""
    text = read_text(content, document, report)
    if text is None:
        return None
    remarks = Remarks(text, report)
    if not is_identifier(tenant) or tenant == GLOBAL:
        expected = "a file name of letters, digits, `_`, `.` and `-` in front of .rules"
        remarks.error("E700", (0, 0), f'"{tenant}" cannot be the name of a tenant', expected)
    statements = read_statements(text.text, remarks)
    definitions = _definition_lines(statements, remarks)
    cache = ConditionCache() if conditions is None else conditions
    named = NamedConditions(remarks, definitions, cache)
    reader = _Reader(tenant, remarks, named, reach or Reach())
    for statement in statements:
        reader.read(statement)
    reader.check()
    return None if remarks.error_count else reader.group()


def _definition_lines(statements: Iterable[Statement], remarks: Remarks) -> dict[str, int]:
    """Line of every named condition."""
    lines: dict[str, int] = {}
    for statement in statements:
        if statement.pieces[0].text == "let" and len(statement.pieces) > 1:
            name = statement.pieces[1]
            lines.setdefault(name.text, remarks.line(name.start))
    return lines


class _Reader:
    """Takes in the statements of one file, in order."""

    def __init__(
        self, tenant: str, remarks: Remarks, conditions: NamedConditions, reach: Reach
    ) -> None:
        self._tenant = tenant
        self._reach = reach
        self._remarks = remarks
        self._entrance = Entrance(remarks)
        self._conditions = conditions
        self._routes = Routes(remarks)
        self._clusters: dict[str, ClusterBlock] = {}
        self._readers = {
            "hosts": self._entrance.read_hosts,
            "vips": self._entrance.read_vips,
            "default": self._entrance.read_default,
            "let": self._read_let,
            "route": self._read_route,
        }

    def read(self, statement: Statement) -> None:
        """Take in one statement with its block."""
        route = find_route(statement)
        if route is not None:
            self._add_route(*route)
            return
        tree = parse_statement(statement, Place.FILE, self._remarks)
        if statement.body is not None:
            self._read_cluster(statement, tree)
        elif tree is not None:
            self._readers[str(tree.data)](tree)

    def _read_cluster(self, statement: Statement, tree: Tree[Token] | None) -> None:
        """A cluster; of one that cannot be read, whatever of it can be is looked at."""
        name = statement.pieces[min(1, len(statement.pieces) - 1)]
        self._routes.add_cluster(name.text, name.span)
        if tree is not None:
            token = tree.children[0]
            assert isinstance(token, Token)
            read_identifier(token, self._remarks)
        if statement.pieces[0].text == "cluster":
            block = ClusterReader(self._remarks, self._reach).read(statement, name.span)
            self._clusters[f"{self._tenant}/{name.text}"] = block

    def _read_let(self, tree: Tree[Token]) -> None:
        name, condition = tree.children
        assert isinstance(name, Token)
        assert isinstance(condition, Token)
        self._conditions.define(name, condition)

    def _read_route(self, tree: Tree[Token]) -> None:
        condition, cluster = tree.children
        assert condition is None or isinstance(condition, Token)
        assert isinstance(cluster, Token)
        self._add_route(span_of(tree), condition, cluster)

    def _add_route(self, span: Span, condition: Token | None, cluster: Token) -> None:
        text = CATCH_ALL if condition is None else self._conditions.inline(condition)
        self._routes.add(span, text, cluster)

    def check(self) -> None:
        """Report what no single statement shows; doubts only where everything could be read."""
        self._routes.check()
        if not self._remarks.error_count:
            self._entrance.doubt()
            self._routes.doubt()
            self._conditions.doubt()

    def group(self) -> TenantGroup:
        """What the file says; there is no error in it."""
        return TenantGroup(
            tenant=self._tenant,
            hosts=list(self._entrance.hosts),
            vips=list(self._entrance.vips),
            is_default=self._entrance.default is not None,
            rules=[
                AdvancedRule(condition=route.condition, cluster=f"{self._tenant}/{route.cluster}")
                for route in self._routes.routes
            ],
            clusters={name: block.entry for name, block in self._clusters.items()},
            balance=BalanceGroup(
                gslb=GslbConf(
                    clusters={name: block.weights for name, block in self._clusters.items()}
                ),
                table=ClusterTable(
                    clusters={name: block.backends for name, block in self._clusters.items()}
                ),
            ),
        )
