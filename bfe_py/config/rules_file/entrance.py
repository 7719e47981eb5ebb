"""Entrance: which requests are a tenant's: hosts, virtual addresses, or whatever is left over."""

from dataclasses import dataclass, field

from lark import Token, Tree

from bfe_py.config.rules_file.hosts import read_host
from bfe_py.config.rules_file.remarks import Remarks, span_of
from bfe_py.config.rules_file.values import read_ip
from bfe_py.config.text import Span


@dataclass(slots=True)
class Entrance:
    """What the statements ``hosts``, ``vips`` and ``default`` of one file say."""

    remarks: Remarks
    hosts: dict[str, Span] = field(default_factory=dict)
    vips: dict[str, Span] = field(default_factory=dict)
    default: Span | None = None

    def read_hosts(self, tree: Tree[Token]) -> None:
        """``hosts``: names in lower case."""
        for token in _tokens(tree):
            host = read_host(token, self.remarks)
            if host is not None:
                self._add(self.hosts, "E103", host, span_of(token))

    def read_vips(self, tree: Tree[Token]) -> None:
        """``vips``: addresses in canonical form."""
        for token in _tokens(tree):
            vip = read_ip(token, self.remarks)
            if vip is not None:
                self._add(self.vips, "E700", vip, span_of(token))

    def read_default(self, tree: Tree[Token]) -> None:
        """``default``."""
        if self.default is not None:
            line = self.remarks.line(self.default[0])
            self.remarks.error("E700", span_of(tree), f"this stands twice; line {line} has it too")
        self.default = span_of(tree)

    def doubt(self) -> None:
        """Doubt a tenant that no request finds."""
        if not self.hosts and not self.vips and self.default is None:
            self.remarks.warning(
                "W700", (0, 0), "no request finds this tenant", "`hosts`, `vips` or `default`"
            )

    def _add(self, known: dict[str, Span], code: str, name: str, span: Span) -> None:
        first = known.setdefault(name, span)
        if first != span:
            line = self.remarks.line(first[0])
            self.remarks.error(code, span, f"{name} stands twice; line {line} has it too")


def _tokens(tree: Tree[Token]) -> list[Token]:
    return [child for child in tree.children if isinstance(child, Token)]
