"""LazyConditions: conditions by text, each compiled at its first use."""

from collections.abc import Callable
from sys import intern
from typing import Protocol
from weakref import WeakValueDictionary

from bfe_py.condition import Condition, Facts, Ref, compile_condition

_BODY = "req_body_json"
_RESPONSE = "res_"


class Conditions(Protocol):
    """Conditions by text; the same text gives the same condition."""

    def get(self, text: str) -> Condition:
        """The condition of `text`, which is known to compile."""


class EagerConditions:
    """Conditions that are compiled at once, so that everything about them is exact."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[str, Condition] = {}

    def get(self, text: str) -> Condition:
        """The condition of `text`.

        Raises:
            ConditionError: it does not compile.
        """
        condition = self._known.get(text)
        if condition is None:
            condition = self._known[text] = compile_condition(text)
        return condition


class LazyConditions:
    """Conditions of texts that were checked before.

    Workers take what the controller has checked, and most rules wait long for their first request:
    such a condition is compiled when it is first asked. Until then all that is known is its text,
    so `reads_body` and `reads_response` tell whether the names of primitives that do so occur
    anywhere in it; they may be true for a condition that only mentions them in a pattern. `node`
    is a `Ref` that has the text as its name.

    Equal texts share their text and what decides them, for as long as anything of any snapshot
    has that.
    """

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: WeakValueDictionary[str, Callable[[Facts], bool]] = WeakValueDictionary()

    def get(self, text: str) -> Condition:
        """The condition of `text`."""
        text = intern(text)
        matches = self._known.get(text)
        if matches is None:
            matches = self._known[text] = _defer(text)
        return Condition(
            text=text,
            matches=matches,
            reads_body=_BODY in text,
            reads_response=_RESPONSE in text,
            node=Ref(text),
            warnings=(),
        )

    def __len__(self) -> int:
        return len(self._known)


def mentions_body(packed: bytes) -> bool:
    """Whether a condition somewhere in this MessagePack may read the request body."""
    return _BODY.encode() in packed


def _defer(text: str) -> Callable[[Facts], bool]:
    compiled: Callable[[Facts], bool] | None = None

    def matches(facts: Facts) -> bool:
        nonlocal compiled
        if compiled is None:
            compiled = compile_condition(text).matches
        return compiled(facts)

    return matches
