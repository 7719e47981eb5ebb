"""ConditionCache: condition texts compiled once, however often they are written."""

from bfe_py.condition import Condition, ConditionError, compile_condition, format_node

_LIMIT = 200_000


class ConditionCache:
    """Compiled conditions and errors by text; forgets the oldest beyond `limit`."""

    __slots__ = ("_canonical", "_known", "_limit")

    def __init__(self, limit: int = _LIMIT) -> None:
        self._known: dict[str, Condition | ConditionError] = {}
        self._canonical: dict[str, str | None] = {}
        self._limit = limit

    def compile(self, text: str) -> Condition:
        """`text` compiled.

        Raises:
            ConditionError: it does not compile.
        """
        known = self._known.get(text)
        if known is None:
            known = self._known[text] = self._compile(text)
            if len(self._known) > self._limit:
                del self._known[next(iter(self._known))]
        if isinstance(known, ConditionError):
            raise known.with_traceback(None)
        return known

    def canonical(self, text: str) -> str | None:
        """Canonical text of a route's condition of which there is nothing to say; else None."""
        if text not in self._canonical:
            self._canonical[text] = self._canonical_of(text)
            if len(self._canonical) > self._limit:
                del self._canonical[next(iter(self._canonical))]
        return self._canonical[text]

    @staticmethod
    def _canonical_of(text: str) -> str | None:
        try:
            condition = compile_condition(text)
        except ConditionError:
            return None
        if condition.warnings or condition.reads_response:
            return None
        return format_node(condition.node)

    def __len__(self) -> int:
        return len(self._known)

    @staticmethod
    def _compile(text: str) -> Condition | ConditionError:
        try:
            return compile_condition(text)
        except ConditionError as error:
            return error.with_traceback(None)
