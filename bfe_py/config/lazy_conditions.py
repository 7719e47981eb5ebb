"""LazyConditions: conditions by text, each compiled at its first use."""

from collections.abc import Callable
from typing import Protocol

from bfe_py.condition import Condition, Facts, Ref, compile_condition

_BODY = "req_body_json"
_RESPONSE = "res_"


class Conditions(Protocol):
    """Conditions by text; the same text gives the same condition."""

    def get(self, text: str) -> Condition:
        """The condition of `text`, which is known to compile."""


class LazyConditions:
    """Conditions of texts that were checked before.

    Workers take what the controller has checked, and most rules wait long for their first request:
    such a condition is compiled when it is first asked. Until then all that is known is its text,
    so `reads_body` and `reads_response` tell whether the names of primitives that do so occur
    anywhere in it; they may be true for a condition that only mentions them in a pattern. `node`
    is a `Ref` that has the text as its name.

    `is_eager`: compile at once, as a process without requests does; then everything is exact.
    """

    __slots__ = ("_is_eager", "_known", "_used")

    def __init__(self, *, is_eager: bool = False) -> None:
        self._is_eager = is_eager
        self._known: dict[str, Condition] = {}
        self._used: dict[str, Condition] = {}

    def get(self, text: str) -> Condition:
        """The condition of `text`; one object while somebody asks for it."""
        condition = self._used.get(text)
        if condition is None:
            condition = self._known.get(text) or self._make(text)
            self._used[text] = condition
        return condition

    def forget_unused(self) -> None:
        """Drop what nobody asked for since the last call; whoever holds it keeps it."""
        self._known, self._used = self._used, {}

    def __len__(self) -> int:
        return len(self._known.keys() | self._used.keys())

    def _make(self, text: str) -> Condition:
        if self._is_eager:
            return compile_condition(text)
        return Condition(
            text=text,
            matches=_defer(text),
            reads_body=_BODY in text,
            reads_response=_RESPONSE in text,
            node=Ref(text),
            warnings=(),
        )


def _defer(text: str) -> Callable[[Facts], bool]:
    compiled: Callable[[Facts], bool] | None = None

    def matches(facts: Facts) -> bool:
        nonlocal compiled
        if compiled is None:
            compiled = compile_condition(text).matches
        return compiled(facts)

    return matches
